/* The forms of data/messages.def, cut into fixed parts and captures. */
#ifndef WILLRUN_EXPLAIN_PATTERN_H
#define WILLRUN_EXPLAIN_PATTERN_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/vec.h"
#include "explain/messages.h"

enum { PIECES_MOST = 9 };

struct piece {
    enum capture capture; /* CAPTURE_NONE: fixed text */
    const char *text;     /* fixed, or what the capture begins or ends with; not ended by NUL */
    size_t length;
};

/* A form with one choice of its words (data/form-words.def). */
struct pattern {
    const struct form *form;
    const char *text; /* the form with the words put in */
    struct piece pieces[PIECES_MOST];
    size_t count;
    struct piece anchor; /* fixed text without a quote by which a line is found */
    size_t anchored;     /* index of the piece that begins with the anchor's text */
    size_t literal;      /* bytes of fixed text */
    size_t next;         /* pattern with the same anchor + 1; 0: none */
};

struct patterns VEC(struct pattern);

/* Append the patterns of every form. Texts are in `arena`. */
void patterns_make(struct arena *arena, struct patterns *patterns);

#endif
