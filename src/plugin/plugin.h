/* What kind of plugin a shared object is, and which program loads it: the table of
 * data/plugins.def. */
#ifndef WILLRUN_PLUGIN_PLUGIN_H
#define WILLRUN_PLUGIN_PLUGIN_H

#include "replay/replay.h"

enum plugin_id {
#define PLUGIN(id, name, what, paths, entries, versions, give) PLUGIN_##id,
#include "plugins.def"
};

struct plugin {
    enum plugin_id id;
    const char *name; /* "node-addon" */
    const char *what; /* "an addon of Node.js" */
    const char *paths, *entries;
    const char *versions; /* patterns of what its path tells of its host */
    const char *give;     /* what to give where the target has no host */
};

/* What a host itself looks at of a plugin, beside dlopen: once that has loaded it, as Node.js,
 * PHP, nginx, PostgreSQL, Apache and Perl, or where it has not, as a Java virtual machine. */
enum plugin_refusal {
    REFUSES_NOTHING,
    REFUSES_AS_NODE,
    REFUSES_AS_JAVA,
    REFUSES_AS_PHP,
    REFUSES_AS_NGINX,
    REFUSES_AS_POSTGRES,
    REFUSES_AS_APACHE,
    REFUSES_AS_PERL,
};

struct plugin_host {
    enum plugin_id plugin;
    const char *name;
    const char *commands;
    bool lazily;    /* it opens with RTLD_LAZY */
    bool globally;  /* … with RTLD_GLOBAL: its plugins see each other's symbols */
    bool alone;     /* it has nothing for the plugin but what that links */
    bool demanded;  /* what its configuration does not name may be loaded after that */
    bool real_path; /* … under the path that no link leads to */
    enum plugin_refusal refuses;
    const char *says; /* what it prints where dlopen fails: "%s" stands for dlerror's words, "%f"
                         for the plugin's path */
    int status;       /* its exit status then; -1: it lives on */
};

/* The kind of the shared object at `path`; NULL: none that is known. */
const struct plugin *plugin_of(const char *path, const struct elf_facts *elf);

/* The host of `plugin` that a program of this path is; NULL: none of the table. */
const struct plugin_host *plugin_host_called(const struct plugin *plugin, const char *path);

/* What a plugin's path tells of its host. */
struct place_of_host {
    const char
        *prefix; /* of the folders in which host and plugin lie, "/usr/local"; NULL: not told */
    const char *version; /* "3.12" */
};

/* What the path of a plugin tells of its host; false: nothing. */
bool plugin_place(const struct plugin *plugin, const char *path, struct arena *arena,
                  struct place_of_host *place);

/* `word` with the place's for its "%p" and "%v", in `arena`; NULL: one of them is not told. */
const char *plugin_fill(const char *word, const struct place_of_host *place, struct arena *arena);

enum { HOST_COMMANDS = 64 }; /* at most, of one host */

/* The place of a search for hosts, with NULL, 0 at its start. */
struct host_search {
    const struct plugin *plugin;
    const char *path; /* of the plugin; NULL: not known */
    struct facts *facts;
    const struct process *process;
    const char *const *started; /* commands that the target starts, NULL at the end; NULL: none */
    struct arena *arena;
    size_t row;  /* of the table of hosts */
    size_t step; /* in that row's commands */
    const char *commands[HOST_COMMANDS];
    size_t command_count;
    const struct plugin_host *host; /* whose program was found */
};

/* The next program of the target that loads such plugins: of each host what the target starts, then
 * what the plugin's path tells, then its commands in PATH and its usual paths. False: there is no
 * more. Scripts are passed over. */
bool plugin_next_host(struct host_search *search, struct exec_result *host);

/* What the program has opened before a plugin that is `elf`: paths parted by ":", in `arena`; NULL:
 * nothing. */
const char *plugin_brought(const struct plugin *plugin, const struct elf_facts *elf,
                           struct facts *facts, const struct exec_result *host,
                           struct arena *arena);

/* The host of plugins that any program may load; NULL: `plugin` is of another kind. */
const struct plugin_host *plugin_any_host(const struct plugin *plugin);

/* What the host prints where the plugin at `path` does not load, given the words of dlerror: lines
 * parted by '\n', in `arena`. */
const char *plugin_host_says(const struct plugin_host *host, const char *path, const char *words,
                             struct arena *arena);

#endif
