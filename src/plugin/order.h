/* Which plugins the configuration of a host has it load, in which order: a host that opens them
 * with RTLD_GLOBAL gives each the symbols of those before it. */
#ifndef WILLRUN_PLUGIN_ORDER_H
#define WILLRUN_PLUGIN_ORDER_H

#include "plugin/plugin.h"

struct plugin_load {
    const struct node *node; /* what is opened; NULL: nothing is there */
    const char *file;        /* of the configuration that says so */
    unsigned line;           /* there, from 1 */
    bool sure;               /* false: under a condition that files alone do not decide */
};

struct plugin_order {
    const char *config; /* the file, or folder, that the reading began with; NULL: there is none */
    const struct plugin_load *loads; /* in the order in which the host opens them */
    size_t count;
    bool gap; /* parts of the configuration could not be followed */
};

/* What the target's configuration has `host` load, for the plugin at `path`, by which the place of
 * the configuration may be told. In `arena`. */
void plugin_order_read(const struct plugin *plugin, const char *path,
                       const struct exec_result *host, struct facts *facts, struct arena *arena,
                       struct plugin_order *order);

/* The first load of the file at `node`; NULL: it is not loaded. */
const struct plugin_load *plugin_order_of(const struct plugin_order *order,
                                          const struct node *node);

#endif
