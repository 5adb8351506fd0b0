/* Names of files are bytes; what shows them needs characters. */
#ifndef WILLRUN_BASE_UTF8_H
#define WILLRUN_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_INVALID UINT32_MAX

/* The character at `text`, which is NUL-terminated and not empty; returns how
 * many bytes it takes. `*character` is UTF8_INVALID for a byte that begins no
 * well-formed character (Unicode 15, table 3-7). */
size_t utf8_next(const char *text, uint32_t *character);

/* One that a terminal or a reader could take for something else: C0 and C1
 * controls, line separators, and what turns the direction of writing. */
bool utf8_is_unsafe(uint32_t character);

/* A character in the form in which people may see it: as it is, or escaped. */
struct glyph {
    char text[12]; /* "a", "\n" as a backslash and an n, "\x1b", "\u202e" */
    size_t length; /* bytes of `text` */
    unsigned columns;
    size_t taken; /* bytes of the name that it stands for */
};

struct glyph utf8_glyph(const char *text);

#endif
