/* The patterns of COPY: those of filepath.Match of Go's library. */
#ifndef WILLRUN_ROOT_GLOB_H
#define WILLRUN_ROOT_GLOB_H

#include <stdbool.h>
#include <stddef.h>

enum glob { GLOB_NO, GLOB_YES, GLOB_BAD };

/* Does `pattern` match the whole of `name`? `*` stands for any bytes but `/`, `?` for one
 * character but `/`, `[a-z]` and `[^a-z]` for one character (a `/`, too), `\` takes the
 * character behind it as it is. GLOB_BAD: no pattern; told only where the match comes to it. */
enum glob glob_match(const char *pattern, const char *name);

/* Is `pattern` well-formed? */
bool glob_is_valid(const char *pattern);

/* Has the part of a path in the first `length` bytes of `text` a `*`, `?` or `[` that no `\`
 * stands before? */
bool glob_has_wildcard(const char *text, size_t length);

#endif
