/* Does a line have a form, and what stands in the place of its captures? */
#ifndef WILLRUN_EXPLAIN_FIT_H
#define WILLRUN_EXPLAIN_FIT_H

#include "explain/matcher.h"
#include "explain/pattern.h"

/* The pattern in the line, with its anchor at `at`, told as `*reading` with captures in `arena`.
 * From the anchored piece the others are looked for outwards, each at the nearest place: no piece
 * is tried twice.
 * @return false: it does not stand there. */
bool fit_line(const struct pattern *pattern, const struct line *line, size_t at,
              struct arena *arena, struct reading *reading);

#endif
