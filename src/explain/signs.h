/* What the words of a message give away: data/clues.def. */
#ifndef WILLRUN_EXPLAIN_SIGNS_H
#define WILLRUN_EXPLAIN_SIGNS_H

#include "explain/matcher.h"

/* A row of the table. */
struct clue {
    bool (*shows)(const struct reading *reading);
    unsigned groups;
    enum cause_id cause;
    enum willrun_confidence confidence;
    const char *evidence;
    bool late; /* from the third place on */
};

extern const struct clue clues[];
extern const size_t clue_count;

/* The last part of a path. */
const char *sign_last_part(const char *path);

#endif
