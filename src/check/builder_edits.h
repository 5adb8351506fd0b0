/* Lines that make what a stage builds fit the image that it is to run in. */
#ifndef WILLRUN_CHECK_BUILDER_EDITS_H
#define WILLRUN_CHECK_BUILDER_EDITS_H

#include "check/edits.h"

/* Another image of the builder's program or of the target's, or a setting of the compiler: the
 * least that brings both together. `glibc`: of the target; NULL: it has none, or it is not known.
 */
void edit_together(const struct assembly *assembly, const struct built *builder,
                   enum willrun_libc target, const char *glibc, struct arena *arena,
                   struct willrun_finding *finding);

#endif
