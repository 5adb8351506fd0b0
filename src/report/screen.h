/* Text for people: colours, and names that cannot harm a terminal. */
#ifndef WILLRUN_REPORT_SCREEN_H
#define WILLRUN_REPORT_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

#include "willrun/willrun.h"

enum paint {
    PAINT_NONE,
    PAINT_GOOD,
    PAINT_BAD,
    PAINT_WARN,
    PAINT_ODD, /* not decided */
    PAINT_NOTE,
    PAINT_DIM,
    PAINT_STRONG,
};

struct screen {
    FILE *out;
    const struct willrun_style *style;
};

/* A text with control characters and broken UTF-8 escaped; NULL is nothing. */
void screen_put(const struct screen *screen, enum paint paint, const char *text);
/* The first `length` bytes of a text. */
void screen_part(const struct screen *screen, enum paint paint, const char *text, size_t length);
unsigned screen_columns(const char *text); /* that screen_put takes for it */
void screen_pad(const struct screen *screen, unsigned columns);

/* Text folded between words at the style's width. It begins at `column`; further
 * lines begin at `indent`. A word longer than a line is never broken, so that a
 * path can be copied. No newline at the end. */
void screen_fold(const struct screen *screen, unsigned column, unsigned indent, const char *text);

/* One of two texts of our own, as the style allows characters beyond ASCII. */
const char *screen_mark(const struct screen *screen, const char *unicode, const char *ascii);

#endif
