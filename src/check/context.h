/* A context: what was asked for, as the public API sets it, and what other parts of the library
 * take from it. */
#ifndef WILLRUN_CHECK_CONTEXT_H
#define WILLRUN_CHECK_CONTEXT_H

#include "base/err.h"
#include "base/meter.h"
#include "base/vec.h"
#include "file/file_facts.h"
#include "verdict/acceptances.h"
#include "willrun/willrun.h"

struct strings VEC(char *);

/* What is asked for. */
struct willrun {
    char *root, *user, *workdir, *host;
    char *dockerfile, *target_stage, *context_folder; /* NULL: not said */
    const struct platform *platform;
    char *platform_name; /* as it was given; NULL: none */
    int cpu_level;       /* 0: not said */
    int platform_level;  /* of the platform's name; 0: it says none */
    bool trail, all;
    bool lenient; /* a subject that is not there is no error */
    unsigned threads;
    struct strings env, stages, copies, subjects, commands, bases, build_args;
    struct stages *shared; /* opened already, in place of `stages`; borrowed; NULL: none */
    struct acceptances *acceptances; /* NULL: none */
    willrun_on_subject *on_subject;
    void *subject_context;
    willrun_on_progress *on_progress;
    void *progress_context;
    struct meter own_meter, *meter; /* its own, or that of the context it was made like */
    struct err err;
};

/* Where a call that begins now puts its error: emptied. */
struct err *context_err(struct willrun *willrun);

/* A call begins that may read much: it is counted, and may be cancelled. What is to be given back
 * at its end. */
struct meter *context_enter(struct willrun *willrun);
void context_leave(struct meter *before);

/* Did somebody cancel it? Then that is the context's error, whatever came of it. */
bool context_cancelled(struct willrun *willrun);

/* The platform that was asked for, "linux/arm64"; NULL: none. */
const char *context_platform(const struct willrun *willrun);

/* A new context for the same machine, process and host, in another root: without stages, copies,
 * subjects and calls. It is cancelled with `willrun`, which outlives it. */
struct willrun *context_like(const struct willrun *willrun);

/* Is a variable called `name` set for the process? */
bool context_has_env(const struct willrun *willrun, const char *name);

/* Let subjects that the root has not pass without an error, or no more. */
void context_set_lenient(struct willrun *willrun, bool lenient);

/* Was any subject named, or --all? */
bool context_has_subjects(const struct willrun *willrun);

/* The facts of the root that a result was made on. */
struct facts *result_facts(const struct willrun_result *result);

/* The values of --build-arg, "ARG" and its value; texts are in `arena`. */
struct variables;
void context_build_args(const struct willrun *willrun, struct arena *arena,
                        struct variables *given);

/* What the image says of the process, whose root a result was made on; NULL: it is none. */
const struct image_facts *result_image(const struct willrun_result *result);

#endif
