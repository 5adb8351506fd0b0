/* Which finding of the check accounts for a message, and which cause it is. */
#ifndef WILLRUN_EXPLAIN_CHOICE_H
#define WILLRUN_EXPLAIN_CHOICE_H

#include "check/context.h"
#include "explain/causes.h"

/* What is decided, and by what. */
struct deciding {
    struct willrun *willrun;
    const char *target; /* the options that name it */
    const struct reading *reading;
    int status;
    bool everything; /* every file of the root is judged */
    unsigned group;
    struct arena *arena;
    struct causes *causes;
    const struct willrun_result *check;
    const char *const *at; /* captures; never NULL */
};

/* One finding of the check, weighed. */
struct choice {
    const struct willrun_target *target;
    const struct willrun_subject *subject;
    const struct willrun_finding *finding;
    enum cause_id cause;
    unsigned marks;
};

/* Does the message name a library, a symbol or a version? */
bool names_a_part(const struct deciding *deciding);

/* Is it the same file, symbol or version, wherever it lies? */
bool is_same(const char *named, const char *found);

/* The line of the replay that the message is; NULL: none. */
const char *same_words(const struct deciding *deciding, const struct willrun_subject *subject);

/* Why a library is missing: it is of the other libc, elsewhere, of another version, or nowhere. */
enum cause_id missing_cause(const struct deciding *deciding, const struct choice *choice,
                            const char **evidence);

/* The finding that accounts best for the message; without a finding: none does. */
struct choice find_best(const struct deciding *deciding);

#endif
