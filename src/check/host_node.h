/* What Node.js asks of an addon that dlopen has loaded, and which release of it is needed. */
#ifndef WILLRUN_CHECK_HOST_NODE_H
#define WILLRUN_CHECK_HOST_NODE_H

#include "check/host.h"

/* Does node refuse the addon (src/node_binding.cc, DLOpen)? As host_judge. */
void host_node_judge(const struct host_judging *judging);

/* Take off what a release as old as this host does not print. */
void host_node_words(const struct target *target, const struct process *process,
                     const struct host *host, struct words *words);

/* As host_advise. */
void host_node_advise(const struct host *host, const struct exec_result *exec,
                      struct findings *findings);

/* How to get a build for the target, where a package of npm had the addon at `path` built, or
 * downloaded, when it was installed; NULL: it did not. In `arena`. */
const char *host_node_rebuild(const char *path, struct arena *arena);

#endif
