/* Files that a static program looks for when it runs, and the target lacks. */
#ifndef WILLRUN_CHECK_LATER_H
#define WILLRUN_CHECK_LATER_H

#include "check/subject.h"
#include "verdict/findings.h"

/* A note for each, of what the user brings or what an image starts. What the program's code can
 * reach shows, not what it does: its verdict is not touched. */
void later_notes(const struct target *target, const struct process *process,
                 const struct exec_result *exec, struct findings *findings);

#endif
