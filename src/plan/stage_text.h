/* The runtime stage of a Dockerfile. */
#ifndef WILLRUN_PLAN_STAGE_TEXT_H
#define WILLRUN_PLAN_STAGE_TEXT_H

#include "plan/candidate.h"

/* Its lines, in trials->arena, or NULL with a sentence in the context. `program`: what is started
 * where the entry does not say; NULL: nothing. `packages`: install what packages bring. */
const char *stage_text(const struct trials *trials, const struct trial *trial, const char *program,
                       bool packages);

#endif
