/* What is odd in an archive, but no reason to refuse it. */
#ifndef WILLRUN_SOURCE_NOTES_H
#define WILLRUN_SOURCE_NOTES_H

#include "base/arena.h"
#include "base/vec.h"
#include "source/source.h"

enum { NOTES_MOST = 20 }; /* of one kind; more are counted alone */

struct notes {
    struct arena arena;
    struct VEC(struct source_note) list;
    size_t counts[ODDITIES]; /* of each kind, told or not */
};

/* `sentence` is about `path`; texts are copied. */
void notes_add(struct notes *notes, enum oddity kind, const char *path, const char *sentence, ...)
    __attribute__((format(printf, 4, 5)));
void notes_free(struct notes *notes);

#endif
