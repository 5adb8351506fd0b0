/* The plugins that another one needs to be loaded before it (mod_proxy_http needs mod_proxy). */
#ifndef WILLRUN_CHECK_COMPANION_H
#define WILLRUN_CHECK_COMPANION_H

#include "check/load_order.h"

/* Where other plugins of its folder define all that the plugin of `exec` lacks: the symbols are no
 * errors, and a finding says that whether the host loads those before it was not given. Where the
 * configuration loads it without them, they stay errors, with this cure. */
void companions_find(const struct target *target, const struct host *host,
                     const struct process *process, const struct exec_result *exec,
                     const struct load_order *order, struct findings *findings);

#endif
