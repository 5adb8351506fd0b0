/* Files that artifacts look for when they run, and where stages have them. */
#ifndef WILLRUN_PLAN_WANTS_H
#define WILLRUN_PLAN_WANTS_H

#include "plan/artifacts.h"

/* A copy that does away with the finding, from the first stage that has what it asks for, in
 * `line`; false: the finding is of another kind, or no stage has it. */
bool wants_find(struct artifacts *artifacts, const struct willrun_finding *finding,
                struct willrun_copy_line *line);

/* What the program will look for in vain, "CA certificates"; NULL: the finding is of another kind.
 */
const char *wants_what(const struct willrun_finding *finding);

/* The package that has it, by the installer of the base; NULL: not known. */
const char *wants_package(const struct willrun_finding *finding, bool alpine);

#endif
