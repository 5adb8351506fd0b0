/* A text that grows: `struct text t = {0}; text_add(&t, "a", 1); vec_free(&t);`. It has no NUL at
 * its end (text_keep adds one). */
#ifndef WILLRUN_BASE_TEXT_H
#define WILLRUN_BASE_TEXT_H

#include <stdbool.h>
#include <string.h>

#include "base/arena.h"
#include "base/vec.h"

struct text VEC(char);

static inline void text_add(struct text *text, const char *bytes, size_t length)
{
    if (length == 0)
        return;
    while (text->room - text->count < length)
        text->at = vec_grow(text->at, text->room, &text->room, 1);
    memcpy(text->at + text->count, bytes, length);
    text->count += length;
}

/* A copy of it that `arena` owns, NUL-terminated. */
static inline char *text_keep(const struct text *text, struct arena *arena)
{
    return arena_copy(arena, text->count != 0 ? text->at : "", text->count);
}

/* Is the word of `length` bytes one of `words`, which are apart by blanks? */
static inline bool text_has_word(const char *words, const char *word, size_t length)
{
    for (const char *at = words; length != 0 && *at != 0; at += *at == ' ') {
        size_t own = strcspn(at, " ");
        if (own == length && memcmp(at, word, length) == 0)
            return true;
        at += own;
    }
    return false;
}

/* A copy of the first `length` bytes of `text`, those from A to Z in lower case. */
static inline char *text_lower(struct arena *arena, const char *text, size_t length)
{
    char *lower = arena_copy(arena, text, length);
    for (char *c = lower; *c != '\0'; c++)
        if (*c >= 'A' && *c <= 'Z')
            *c = (char)(*c + ('a' - 'A'));
    return lower;
}

#endif
