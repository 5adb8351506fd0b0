/* What kind of plugin a shared object is, and which program loads it: the table of
 * data/plugins.def. */
#ifndef WILLRUN_PLUGIN_PLUGIN_H
#define WILLRUN_PLUGIN_PLUGIN_H

#include "replay/replay.h"

enum plugin_id {
#define PLUGIN(id, name, what, paths, entries, give) PLUGIN_##id,
#define HOST(plugin, name, commands, opens, says, status)
#include "plugins.def"
#undef PLUGIN
#undef HOST
};

struct plugin {
    enum plugin_id id;
    const char *name; /* "node-addon" */
    const char *what; /* "an addon of Node.js" */
    const char *paths, *entries;
    const char *give; /* what to give where the target has no host */
};

struct plugin_host {
    enum plugin_id plugin;
    const char *name;
    const char *commands;
    bool lazily;      /* it opens with RTLD_LAZY */
    const char *says; /* what it prints where dlopen fails: "%s" stands for dlerror's words */
    int status;       /* its exit status then; -1: it lives on */
};

/* The kind of the shared object at `path`; NULL: none that is known. */
const struct plugin *plugin_of(const char *path, const struct elf_facts *elf);

/* The host of `plugin` that a program of this path is; NULL: none of the table. */
const struct plugin_host *plugin_host_called(const struct plugin *plugin, const char *path);

/* The place of a search for hosts, with NULL, 0 at its start. */
struct host_search {
    const struct plugin *plugin;
    struct facts *facts;
    const struct process *process;
    const char *const *started; /* commands that the target starts, NULL at the end; NULL: none */
    struct arena *arena;
    size_t row;                     /* of the table of hosts */
    size_t step;                    /* in that row */
    const struct plugin_host *host; /* whose program was found */
};

/* The next program of the target that loads such plugins: of each host what the target starts, then
 * its commands in PATH, then its usual paths. False: there is no more. Scripts are passed over. */
bool plugin_next_host(struct host_search *search, struct exec_result *host);

/* What the host prints, given the words of dlerror: lines parted by '\n', in `arena`. */
const char *plugin_host_says(const struct plugin_host *host, const char *words,
                             struct arena *arena);

#endif
