/* Which of several builds of an addon its package takes: what names of packages and files tell of
 * their platform, and what package.json does. */
#ifndef WILLRUN_PLUGIN_NPM_H
#define WILLRUN_PLUGIN_NPM_H

#include "base/arena.h"
#include "file/file_facts.h"

/* A platform in npm's words: of a build what it is for, of a process what it is. */
struct npm_platform {
    const char *os, *cpu, *libc; /* "linux", "x64", "musl"; NULL: not told */
    unsigned armv;               /* version of the ARM architecture; 0: not told */
    unsigned abi;                /* NODE_MODULE_VERSION; 0: not told */
    bool napi;                   /* of a build: it is of Node-API */
    bool other_runtime;          /* of a build: for Electron */
};

/* What the words of `text` (parted by whatever is no letter or digit) tell, and in `rest` (as large
 * as the text) all other words, by which builds of the same thing are known. */
void npm_platform_of(const char *text, struct npm_platform *platform, char *rest);

/* Does a package for processes such as `process` take such a build? What either does not tell does
 * not matter. */
bool npm_fits(const struct npm_platform *build, const struct npm_platform *process);

/* Does it tell of any platform at all? */
bool npm_tells(const struct npm_platform *build);

/* "linux-x64 with musl" in `arena`. */
const char *npm_platform_text(const struct npm_platform *platform, struct arena *arena);

/* A package of node_modules by the path of a file in it. */
struct npm_place {
    const char *modules; /* "/app/node_modules" */
    const char *name;    /* "@img/sharp-linux-x64" */
    const char *folder;  /* "/app/node_modules/@img/sharp-linux-x64" */
    const char *inside;  /* "lib/sharp-linux-x64.node" */
};
bool npm_place_of(const char *path, struct arena *arena, struct npm_place *place);

/* What package.json in `folder` says. */
struct npm_package {
    bool limited;                     /* it has os, cpu or libc: it is for some platforms alone */
    bool fits;                        /* npm installs it for `process` */
    struct npm_platform build;        /* the first of each of its lists */
    const char *const *optionals;     /* optionalDependencies, NULL at the end */
    const char *name, *version;       /* NULL: not told */
    bool uses_pre_gyp, uses_bindings; /* among its dependencies */
    const char *module_name, *module_path; /* node-pre-gyp's "binary"; NULL: not told */
    const unsigned *apis;                  /* … and versions of Node-API */
    size_t api_count;
};
bool npm_package_read(struct facts *facts, const char *folder, const struct npm_platform *process,
                      struct arena *arena, struct npm_package *package);

#endif
