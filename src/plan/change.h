/* Where no base fits: the least change of the build that would make one fit. */
#ifndef WILLRUN_PLAN_CHANGE_H
#define WILLRUN_PLAN_CHANGE_H

#include "plan/candidate.h"

/* One or two sentences, in trials->arena; `tried` are in order of their worth, at least one.
 * `asked`: the base was named, and is to stay. */
const char *change_least(const struct trials *trials, const struct trial *tried, size_t count,
                         bool asked);

#endif
