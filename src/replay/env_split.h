/* The words of `env -S TEXT` (GNU coreutils, src/env.c, since 8.30). */
#ifndef WILLRUN_REPLAY_ENV_SPLIT_H
#define WILLRUN_REPLAY_ENV_SPLIT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/vec.h"

struct words VEC(const char *);

/* Value of an environment variable for `${NAME}`; NULL: not set. */
typedef const char *env_value(const void *context, const char *name);

/* Append the words of `text` to `words`. NULL, or what env says of a text that
 * it refuses, without its name in front. */
const char *env_split(const char *text, env_value *value, const void *context, struct arena *arena,
                      struct words *words);

#endif
