/* The runtime stage of a Dockerfile. */
#ifndef WILLRUN_PLAN_STAGE_TEXT_H
#define WILLRUN_PLAN_STAGE_TEXT_H

#include "plan/artifacts.h"
#include "willrun/plan.h"

/* Its lines, in `arena`, or NULL with a sentence in `err`. `entrypoint`: a path; NULL: none. */
const char *stage_text(const struct willrun *willrun, const struct artifacts *artifacts,
                       const struct willrun_candidate *candidate, const char *user,
                       const char *entrypoint, struct arena *arena, struct err *err);

#endif
