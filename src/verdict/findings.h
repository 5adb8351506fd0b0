/* Events turned into findings: what is wrong, and what to do about it. */
#ifndef WILLRUN_VERDICT_FINDINGS_H
#define WILLRUN_VERDICT_FINDINGS_H

#include "base/vec.h"
#include "replay/replay.h"
#include "verdict/advice.h"
#include "verdict/rules.h"

/* How a library that is missing can be had from a builder stage. */
struct supply {
    const char *name; /* as the loader looked for it */
    const char *fix;
    const struct willrun_copy_line *copies;
    size_t copy_count;
    const char *package; /* of the stage's database; NULL: not known */
};

struct supplies VEC(struct supply);

struct findings {
    struct VEC(struct willrun_finding) list;
    struct supplies supplies;
    struct arena *arena;         /* owns the texts */
    const struct advice *advice; /* of the target, for fixes */
};

/* Add one finding; the message is formatted. Returns it, for its other fields. */
struct willrun_finding *finding_add(struct findings *findings, enum rule rule, const char *format,
                                    ...) __attribute__((format(printf, 3, 4)));

/* Is there a finding of this rule? */
bool findings_have(const struct findings *findings, enum rule rule);

/* The first of the gravest findings of a subject: what makes it what it is. NULL: it has none. */
const struct willrun_finding *finding_deciding(const struct willrun_subject *subject);

/* What a failed execve means. `libc`: of the target's root, for the fix. */
void findings_of_exec(struct findings *findings, const struct exec_result *exec,
                      const char *subject, const struct platform *platform,
                      enum willrun_libc root_libc);

/* What a start's events mean. Where a library is missing, symbols that it may
 * define are not reported. */
void findings_of_start(struct findings *findings, const struct replay *replay, bool dlopen,
                       enum willrun_libc root_libc);

/* Builds for another libc, versions of one library and C++ libraries that meet in one process. */
void findings_of_mixes(struct findings *findings, const struct replay *replay);

/* What becomes of libraries that are opened when the process runs. */
void findings_of_opens(struct findings *findings, const struct replay *replay);

#endif
