/* What every drawing of a tree asks of a subject. */
#ifndef WILLRUN_REPORT_TREE_WALK_H
#define WILLRUN_REPORT_TREE_WALK_H

#include <stddef.h>

#include "willrun/result.h"

/* The objects that hang on the subject itself, in an array that the caller
 * frees: what was preloaded, then its own needs. */
size_t *tree_roots(const struct willrun_subject *subject, size_t *count);

#endif
