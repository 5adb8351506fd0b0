/* What other parts of the library take from a context. */
#ifndef WILLRUN_CHECK_CONTEXT_H
#define WILLRUN_CHECK_CONTEXT_H

#include "base/err.h"
#include "willrun/willrun.h"

/* Where a call that begins now puts its error: emptied. */
struct err *context_err(struct willrun *willrun);

/* The platform that was asked for, "linux/arm64"; NULL: none. */
const char *context_platform(const struct willrun *willrun);

#endif
