/* What a RUN does to a root, as far as that can be told without running it. */
#ifndef WILLRUN_CHECK_EFFECTS_H
#define WILLRUN_CHECK_EFFECTS_H

#include "check/assembly.h"

/* Do to built->root what the commands of the step surely do (mkdir, chmod, chown, ln, rm, touch,
 * users), note the packages that they install, and leave a gap for all else. */
void effects_apply(struct assembly *assembly, struct built *built, const struct step *step);

#endif
