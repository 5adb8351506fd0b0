/* One base image tried: which libraries it takes to make the artifacts run on it. */
#ifndef WILLRUN_PLAN_CANDIDATE_H
#define WILLRUN_PLAN_CANDIDATE_H

#include "plan/artifacts.h"
#include "willrun/plan.h"

struct trial {
    struct willrun_candidate candidate;
    struct VEC(struct willrun_copy_line) copies;
    struct VEC(const char *) packages;
    struct willrun_result *check; /* with the copies made; owned */
};

/**
 * Check the artifacts in `source`, with what copies of the stages they lack there, until they run
 * or nothing more can be brought. Texts are in `arena`.
 *
 * @param user who runs them
 * @return false with a sentence in `willrun` where the source itself cannot be read.
 */
bool candidate_try(struct willrun *willrun, const struct artifacts *artifacts, const char *image,
                   const char *source, const char *platform, const char *user, struct arena *arena,
                   struct trial *trial);

void trial_free(struct trial *trial);

#endif
