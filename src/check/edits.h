/* Fixes as lines of the Dockerfile. */
#ifndef WILLRUN_CHECK_EDITS_H
#define WILLRUN_CHECK_EDITS_H

#include "check/assembly.h"
#include "check/subject.h"
#include "verdict/findings.h"

/* The FROM of the target with an image of `release` ("debian:12", NULL: none is known). */
void edit_base(const struct assembly *assembly, const char *release, struct arena *arena,
               struct willrun_finding *finding);

/* `at` without its flag. */
void edit_without_flag(const struct assembly *assembly, const struct instruction *at,
                       const char *flag, struct willrun_finding *finding);

/* The line that mends a finding of a subject, where one does. */
void edit_finding(const struct assembly *assembly, const struct target *target,
                  const struct asked *asked, const struct willrun_subject *subject,
                  struct arena *arena, struct willrun_finding *finding);

#endif
