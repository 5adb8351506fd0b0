/* Of a plugin that lacks symbols: what the configuration of its host has that load before it. */
#ifndef WILLRUN_CHECK_LOAD_ORDER_H
#define WILLRUN_CHECK_LOAD_ORDER_H

#include "check/host.h"
#include "plugin/order.h"

enum load_order_state {
    ORDER_NOT_GIVEN, /* the target has no configuration of the host, or the plugin lacks nothing */
    ORDER_LOADS,     /* it loads the plugin, and `process` has opened what comes before */
    ORDER_PERHAPS,   /* … so, but some of it may be loaded or not */
    ORDER_LOADS_NOT, /* it does not load the plugin */
};

struct load_order {
    enum load_order_state state;
    const char *config; /* the configuration's main file; NULL: there is none */
    const char *file;   /* where it loads the plugin; NULL: nowhere */
    unsigned line;
};

/* Let `process` have opened what the configuration loads before the plugin of `exec`, whose replay
 * leaves symbols unbound. True: that is to be replayed again. */
bool load_order_apply(const struct target *target, const struct host *host,
                      const struct replay *replay, const struct exec_result *exec,
                      struct process *process, struct arena *arena, struct load_order *order);

#endif
