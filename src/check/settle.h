/* What a Dockerfile leaves open, brought into the verdict on a subject. */
#ifndef WILLRUN_CHECK_SETTLE_H
#define WILLRUN_CHECK_SETTLE_H

#include "check/assembly.h"
#include "check/subject.h"

/* Nothing that rests on a gap stays as it was judged: an error that a RUN, a stage that was not
 * given or the rest of an image may cure becomes unknown, and so does a start that they may break.
 * Findings get their places in the Dockerfile. Any thread may. Texts are in `arena`. */
void settle_subject(const struct assembly *assembly, const struct target *target,
                    const struct asked *asked, struct arena *arena,
                    struct willrun_subject *subject);

/* The subject that was to be copied, and of which nothing is known. */
void settle_unknown(const struct assembly *assembly, const struct asked *asked, struct arena *arena,
                    struct willrun_subject *subject);

#endif
