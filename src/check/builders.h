/* What a Dockerfile says of its builder stages by itself, before anything is built. */
#ifndef WILLRUN_CHECK_BUILDERS_H
#define WILLRUN_CHECK_BUILDERS_H

#include "check/assembly.h"
#include "check/subject.h"
#include "verdict/findings.h"

/* Builders of another libc family than the target, or of a newer glibc; platforms that a FROM
 * fixes; tags that move. */
void builders_judge(const struct assembly *assembly, const struct target *target,
                    struct findings *findings);

#endif
