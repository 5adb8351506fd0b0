/* What an image says of the process that is started from it. */
#ifndef WILLRUN_CHECK_START_H
#define WILLRUN_CHECK_START_H

#include "check/subject.h"
#include "source/source.h"
#include "verdict/rules.h"

/* Why no process starts at all: the runtime refuses before any execve; or whether it does is not
 * known, because willrun cannot read who the process is. */
struct refused_start {
    enum rule rule;
    const char *message, *fix;
    const char *runtime; /* its words; NULL: it is not known whether it refuses */
};

/* The environment: what `given` says, and what `image` says (NULL: nothing) of
 * the variables that `given` does not name; "K=V", NULL at the end, in `arena`. */
const char *const *start_env(const struct image_facts *image, char *const *given, size_t count,
                             struct arena *arena);

/* The USER and WORKDIR of `image` in `target`. Where the root has no such user,
 * or no folder there, target->refused is set. */
void start_user(const struct image_facts *image, struct arena *arena, struct target *target);
void start_workdir(const struct image_facts *image, struct arena *arena, struct target *target);

/* What is odd in `source`, and where the image says another platform than most of
 * the `subjects` are for, and how many files nothing loads (choices.h) or
 * starts there (strays.h): findings of the target, in `arena`. */
size_t target_findings(const struct source *source, const struct willrun_subject *subjects,
                       size_t count, const struct platform *platform, size_t passed_over,
                       size_t strays, struct arena *arena, const struct willrun_finding **findings);

#endif
