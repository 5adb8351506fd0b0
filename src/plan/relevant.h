/* Which of the subjects of a check decide whether a base fits. */
#ifndef WILLRUN_PLAN_RELEVANT_H
#define WILLRUN_PLAN_RELEVANT_H

#include "plan/artifacts.h"
#include "plan/entry.h"

/* Does subject `at` of the target decide? In a folder that comes along whole, scripts that nobody
 * starts do not, nor builds for other machines, nor one of several builds of the same plugin where
 * another runs. */
bool relevant(const struct artifacts *artifacts, const struct willrun_target *target, size_t at);

/* The relevant subject with the worst verdict. */
const struct willrun_subject *relevant_worst(const struct artifacts *artifacts,
                                             const struct willrun_target *target);

#endif
