/* One base image tried: what it takes to make the artifacts run on it. */
#ifndef WILLRUN_PLAN_CANDIDATE_H
#define WILLRUN_PLAN_CANDIDATE_H

#include "plan/entry.h"
#include "willrun/plan.h"

/* Copies of one stage into one folder (with a slash at the end), or of one file or folder. */
struct trial_copy {
    struct willrun_copy_line line;
    bool packaged; /* packages of the base's release would bring all of it */
};

struct trial {
    struct willrun_candidate candidate;
    const char *user; /* who runs it */
    struct VEC(struct trial_copy) copies;
    struct VEC(const char *) packages;
    struct VEC(const char *) installs; /* those of them that the base can install */
    struct VEC(const char *) lacks;
    struct willrun_result *check; /* with the copies made; owned */
};

/* What all trials share. */
struct trials {
    struct willrun *willrun;
    struct artifacts *artifacts;
    const struct entry *entry;
    const char *platform; /* NULL: not known yet */
    struct arena *arena;  /* of texts */
};

/**
 * Check the artifacts in `source`, with what copies of the stages they lack there, until they run
 * or nothing more can be brought.
 *
 * @return false with a sentence in the context where the source itself cannot be read.
 */
bool candidate_try(const struct trials *trials, const char *image, const char *source,
                   struct trial *trial);

void trial_free(struct trial *trial);

#endif
