/* Findings that the user knows of and takes as they are. */
#ifndef WILLRUN_VERDICT_ACCEPTANCES_H
#define WILLRUN_VERDICT_ACCEPTANCES_H

#include "base/arena.h"
#include "base/err.h"
#include "willrun/result.h"

struct acceptances;

struct acceptances *acceptances_new(void);
void acceptances_free(struct acceptances *acceptances); /* NULL: nothing */

/* Texts are copied. False with WILLRUN_EUSAGE where it names no rule, or a day that is none. */
bool acceptances_add(struct acceptances *acceptances, const struct willrun_acceptance *acceptance,
                     struct err *err);

/* The findings of an earlier check's report, JSON or JSON lines. */
bool acceptances_add_baseline(struct acceptances *acceptances, const char *path, struct err *err);

/* Mark what is accepted; any thread may. `acceptances` NULL: nothing is. Changed findings are in
 * `arena`. */
void acceptances_apply(struct acceptances *acceptances, struct arena *arena,
                       struct willrun_subject *subject);

/* The same for findings about a target as a whole; returns them. */
const struct willrun_finding *acceptances_mark(struct acceptances *acceptances, struct arena *arena,
                                               const char *path,
                                               const struct willrun_finding *findings,
                                               size_t count);

/* How each of them fared, in result->acceptances; texts are in `arena`. */
void acceptances_used(const struct acceptances *acceptances, struct arena *arena,
                      struct willrun_result *result);

#endif
