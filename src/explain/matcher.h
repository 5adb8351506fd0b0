/* Which forms of messages a line has, and what it names. */
#ifndef WILLRUN_EXPLAIN_MATCHER_H
#define WILLRUN_EXPLAIN_MATCHER_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/vec.h"
#include "explain/messages.h"

/* A line made plain (line.h). */
struct line {
    const char *text;   /* every quote is ', blanks are one space, none before a colon, a newline at
                           its end */
    const char *folded; /* the same in lower case: as many bytes */
    size_t length;
    const char *raw; /* as it was read: a part of the input, or the message of a JSON object */
    size_t raw_size;
    const char
        *shown;    /* as it was written, but for what stands before the message; NULL at first */
    size_t number; /* in the input, from 1 */
};

/* One form found in one line. */
struct reading {
    const struct form *form;
    const char *at[CAPTURES_KEPT]; /* what it names; NULL: it does not */
    struct line line;
    size_t literal;    /* bytes of the form that are fixed: how closely it fits */
    unsigned groups;   /* of all the forms in this line and those just before it */
    unsigned callers;  /* bits of enum speaker: runtimes that tell of a native part there */
    bool opened;       /* a runtime tells there that it opens the very library */
    bool needed;       /* or another one, which needs this one */
    bool tried;        /* one of the names that .NET makes of the one that it was given */
    bool beside_glibc; /* other lines: the same file asks for what is glibc's alone */
};

struct readings VEC(struct reading);

struct matcher; /* the forms, made ready */

struct matcher *matcher_new(void);
void matcher_free(struct matcher *matcher);

/* The offset behind `from` of the next byte of `text` at which a fixed part of some form may stand;
 * `size` where there is none. Linear. */
size_t matcher_next(const struct matcher *matcher, const char *text, size_t size, size_t from);

/* Put the English words in the place of what glibc and bash say in other languages. */
void matcher_translate(const struct matcher *matcher, struct line *line, struct arena *arena);

/* Append every form that `line` has. Captures are copied into `arena`.
 * @return whether it has words that matcher_translate knows. */
bool matcher_read(struct matcher *matcher, const struct line *line, struct arena *arena,
                  struct readings *readings);

#endif
