/* What other parts of the library take from a context. */
#ifndef WILLRUN_CHECK_CONTEXT_H
#define WILLRUN_CHECK_CONTEXT_H

#include "base/err.h"
#include "file/file_facts.h"
#include "willrun/willrun.h"

/* Where a call that begins now puts its error: emptied. */
struct err *context_err(struct willrun *willrun);

/* The platform that was asked for, "linux/arm64"; NULL: none. */
const char *context_platform(const struct willrun *willrun);

/* Let subjects that the root has not pass without an error, or no more. */
void context_set_lenient(struct willrun *willrun, bool lenient);

/* Was any subject named, or --all? */
bool context_has_subjects(const struct willrun *willrun);

/* The facts of the root that a result was made on. */
struct facts *result_facts(const struct willrun_result *result);

#endif
