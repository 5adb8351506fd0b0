/* .dockerignore: which files of a build context are not there for the build. */
#ifndef WILLRUN_SOURCE_IGNORE_H
#define WILLRUN_SOURCE_IGNORE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"
#include "base/vec.h"

struct ignore_pattern {
    const char *text; /* cleaned, without a slash at the front */
    bool except;      /* `!`: what it matches is there after all */
};

struct ignore VEC(struct ignore_pattern);

/* Read the file's text (github.com/moby/patternmatcher/ignorefile); texts are in `arena`, the
 * caller frees the list. */
void ignore_read(struct span text, struct arena *arena, struct ignore *ignore);

/* Is `path`, relative to the context, left out: by the last pattern that matches it or a folder
 * above it (MatchesOrParentMatches of github.com/moby/patternmatcher)? */
bool ignore_leaves_out(const struct ignore *ignore, const char *path);

/* May something below the folder `path`, which is left out, be there after all? */
bool ignore_may_except(const struct ignore *ignore, const char *path);

/* Does `pattern` match the whole of `path`? `*` and `?` stand for what is no slash, `**` for
 * anything, `[a-z]` for one character. */
bool ignore_matches(const char *pattern, const char *path);

#endif
