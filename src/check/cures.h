/* Errors that the packages which a RUN installs cure. */
#ifndef WILLRUN_CHECK_CURES_H
#define WILLRUN_CHECK_CURES_H

#include "check/assembly.h"
#include "check/subject.h"
#include "verdict/findings.h"

enum cure_kind {
    CURE_NONE,  /* none of them has what is missing */
    CURE_SURE,  /* one has it, and the builder has the same of the same release */
    CURE_MAYBE, /* one may have it, or has it and what else it defines is not known */
};

struct cure {
    enum cure_kind kind;
    const char *package;          /* that has what is missing; NULL: which one is not known */
    const struct instruction *at; /* the RUN */
};

struct cure cure_of(const struct assembly *assembly, const struct willrun_subject *subject,
                    const struct willrun_finding *finding, struct arena *arena);

/* The note that tells of it. */
void cure_note(const struct assembly *assembly, const struct cure *cure,
               const struct willrun_finding *finding, struct findings *notes);

#endif
