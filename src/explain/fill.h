/* The texts of the tables, filled with what a message names. */
#ifndef WILLRUN_EXPLAIN_FILL_H
#define WILLRUN_EXPLAIN_FILL_H

#include "explain/matcher.h"

/* `text` with {capture}, or {capture|what is said where there is none}, and @TARGET as `target`.
 * `at`: by enum capture. In `arena`. */
const char *fill(const char *text, const char *const *at, const char *target, struct arena *arena);

#endif
