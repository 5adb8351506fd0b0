/* One target being checked: what its parts share. */
#ifndef WILLRUN_CHECK_CHECKING_H
#define WILLRUN_CHECK_CHECKING_H

#include "check/assembly.h"
#include "check/context.h"
#include "check/stages.h"
#include "check/subject.h"
#include "check/walk.h"

enum { SUBJECTS_A_THREAD = 8 }; /* fewer are not worth a thread's start */

/* A result and what it stands on. */
struct owned_result {
    struct willrun_result result; /* first: what the caller sees */
    struct arena arena;
    struct arena *worker_arenas;
    size_t worker_count;
    struct root *root;
    struct facts *facts;
    const struct image_facts *image; /* NULL: it is no image */
    struct owned_result *next; /* another target of the same image; its own result is a part of
                                  the first's */
    struct stages stages;
    struct assembly *assembly;      /* of a Dockerfile; NULL: none */
    struct VEC(struct root *) jars; /* what lay in them, laid over the root */
};

/* A subject as it was given. */
struct given {
    const char *path; /* inside the root */
    unsigned copy;    /* that laid it over the root; 0: it is in there */
};

struct checking {
    struct willrun *willrun;
    struct owned_result *owned;
    struct source *source;           /* the root's */
    const struct image_facts *image; /* NULL: it is no image */
    struct target target;
    struct stages *stages; /* the result's own, or those that checks share */
    struct VEC(struct given) given;
    struct asked_list asked;
    size_t passed_over; /* files of node_modules that nothing loads in this target (choices.h) */
    size_t strays;      /* scripts of packages that nothing starts (strays.h) */
    struct assembly *assembly; /* the result's */
};

/* Make the root of checking->source with all that is copied over it, and find its libc, its
 * platform and the process that is started in it. False with an error in the context. */
bool checking_open_target(struct checking *checking);

/* As many threads as were asked for, or as this process may run on. */
size_t willrun_threads(const struct willrun *willrun);

/* How many of them are left beside those that verify the sources at the moment. */
size_t checking_threads(const struct checking *checking);

/* Judge checking->asked, in parallel; `subjects` has room for as many, in the same order. False
 * with an error in the context: it was cancelled, and not all are judged. */
bool checking_judge_all(struct checking *checking, const struct willrun_target *target,
                        struct willrun_subject *subjects);

#endif
