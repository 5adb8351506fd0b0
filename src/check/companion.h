/* The plugins that another one needs to be loaded before it (mod_proxy_http needs mod_proxy). */
#ifndef WILLRUN_CHECK_COMPANION_H
#define WILLRUN_CHECK_COMPANION_H

#include "check/host.h"

/* Where other plugins of its folder define all that the plugin of `exec` lacks, the symbols it
 * lacks are no errors: whether the host loads those before it was not given, and a finding says so.
 */
void companions_find(const struct target *target, const struct host *host,
                     const struct process *process, const struct exec_result *exec,
                     struct findings *findings);

#endif
