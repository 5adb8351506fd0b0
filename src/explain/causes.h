/* The causes that a message can come from, as its words tell. */
#ifndef WILLRUN_EXPLAIN_CAUSES_H
#define WILLRUN_EXPLAIN_CAUSES_H

#include "explain/matcher.h"

struct causes VEC(struct willrun_cause);

/* What the message is about: a library by its name, all else as it was written; NULL: it names
 * nothing. In `arena`. */
const char *cause_subject(const struct reading *reading, struct arena *arena);

/* Append the causes of a message, the likeliest first. `target`: the options that name it, for
 * commands. */
void causes_of_words(const struct reading *reading, const char *target, struct arena *arena,
                     struct causes *causes);

/* Append the causes of an exit status. `program`: what ended with it; NULL: that is not told. */
void causes_of_status(const struct exit_status *status, const char *program, const char *target,
                      struct arena *arena, struct causes *causes);

/* A cause with the texts of its class, filled with captures `at`. */
struct willrun_cause cause_make(enum cause_id id, enum willrun_confidence confidence,
                                const char *const *at, const char *target, struct arena *arena);

/* One more sentence of evidence. */
void cause_add_evidence(struct willrun_cause *cause, const char *sentence, struct arena *arena);

#endif
