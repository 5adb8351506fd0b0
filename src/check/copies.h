/* COPY and ADD, laid over a stage's root. */
#ifndef WILLRUN_CHECK_COPIES_H
#define WILLRUN_CHECK_COPIES_H

#include "check/assembly.h"

/* Lay over built->root what the step copies, and leave a gap for what is not known or not followed.
 * False with a sentence "FILE:LINE:COLUMN: …". */
bool copies_apply(struct assembly *assembly, struct built *built, const struct step *step,
                  struct err *err);

#endif
