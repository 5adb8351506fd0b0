/* Libraries that the target lacks and a builder stage has. */
#ifndef WILLRUN_CHECK_SUPPLY_H
#define WILLRUN_CHECK_SUPPLY_H

#include "check/stages.h"
#include "check/subject.h"
#include "verdict/findings.h"

/* For each library that `replay` of `exec` in the target did not find: the first stage in which a
 * start of the same file finds it, and the COPY lines that bring it from there. `replay` has every
 * path that was considered; texts are in its arena. */
void supplies_find(const struct target *target, const struct process *process,
                   const struct exec_result *exec, bool dlopen, const struct replay *replay,
                   struct supplies *supplies);

#endif
