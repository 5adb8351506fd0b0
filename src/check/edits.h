/* Fixes as lines of the Dockerfile. */
#ifndef WILLRUN_CHECK_EDITS_H
#define WILLRUN_CHECK_EDITS_H

#include "check/assembly.h"
#include "check/subject.h"
#include "verdict/findings.h"

/* Line `number` of the file without its end. */
const char *edit_text(const struct assembly *assembly, size_t number, struct arena *arena);

/* Line `line` becomes `text`; NULL: no edit. */
void edit_line(struct willrun_finding *finding, size_t line, const char *text);

/* The FROM `from` (NULL: none) with `image` (NULL: no edit). */
void edit_from(const struct assembly *assembly, const struct instruction *from, const char *image,
               struct arena *arena, struct willrun_finding *finding);

/* The FROM of the target with an image of `release` ("debian:12", NULL: none is known) that has no
 * more than the target's own has: of a program's image another of it. */
void edit_base(const struct assembly *assembly, const char *release, struct arena *arena,
               struct willrun_finding *finding);

/* `at` without its flag `name`. */
void edit_without_flag(const struct assembly *assembly, const struct instruction *at,
                       const char *name, struct willrun_finding *finding);

/* The line that mends a finding of a subject, where one does. */
void edit_finding(const struct assembly *assembly, const struct target *target,
                  const struct asked *asked, const struct willrun_subject *subject,
                  struct arena *arena, struct willrun_finding *finding);

#endif
