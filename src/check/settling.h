/* Which of a Dockerfile's gaps may change what a subject's start meets. */
#ifndef WILLRUN_CHECK_SETTLING_H
#define WILLRUN_CHECK_SETTLING_H

#include "check/settle.h"
#include "verdict/findings.h"

struct settling {
    const struct assembly *assembly;
    const struct built *built;
    const struct target *target;
    const struct asked *asked;
    struct arena *arena;
    struct willrun_subject *subject;
    struct willrun_finding *findings; /* those of the subject, and room for the notes before */
    size_t count;
    struct findings notes; /* that go before them */
};

/* Is the gap one of the whole root? */
bool gap_is_whole(const struct gap *gap);

/* The copy that brought what is at `path`; 0: none. */
unsigned settling_serial(const struct settling *settling, const char *path);

/* The gap that may have put something else at `path`; what is only added to takes nothing away.
 * NULL: none, and where `path` has no slash. */
const struct gap *settling_gap(const struct settling *settling, const char *path);

/* The gap that may break a start that goes well with what is known; NULL: none. */
const struct gap *settling_gap_of_start(const struct settling *settling);

#endif
