/* The patterns of `${V#p}`, `${V%p}` and `${V/p/x}`. */
#ifndef WILLRUN_DOCKERFILE_PATTERN_H
#define WILLRUN_DOCKERFILE_PATTERN_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

/* `value` without the shortest (`longest`: the longest) beginning or end that the pattern matches:
 * `*` is any characters, `?` one, neither of them a line end; `\` takes `*`, `?` and itself
 * literally, and vanishes before `}` and `/`. NULL with an error: another character behind a `\`,
 * or a value and a pattern that are too long for each other. */
const char *pattern_trim_start(const char *pattern, const char *value, bool longest,
                               struct arena *arena, struct err *err);
const char *pattern_trim_end(const char *pattern, const char *value, bool longest,
                             struct arena *arena, struct err *err);

/* `value` with the first match, or all matches, of the pattern replaced; the longest from the
 * leftmost place where there is one. */
const char *pattern_replace(const char *pattern, const char *value, const char *replacement,
                            bool all, struct arena *arena, struct err *err);

#endif
