/* Where builds leave what they make. */
#ifndef WILLRUN_PLAN_USUAL_H
#define WILLRUN_PLAN_USUAL_H

#include "root/root.h"

/* Is it what was looked for? */
typedef bool usual_call(void *context, const char *folder);

/* Call for each usual output folder of `root`, the likeliest first, until one is right; `workdir`
 * is the image's (NULL: none). */
bool usual_search(struct root *root, const char *workdir, usual_call *call, void *context);

/* Is a program of this name an output, and no tool of a builder image? */
bool usual_is_output(const char *name);

#endif
