/* Errors as values: a code and one sentence, made where the most is known. */
#ifndef WILLRUN_BASE_ERR_H
#define WILLRUN_BASE_ERR_H

#include <stdbool.h>

#include "willrun/error.h"

struct err {
    enum willrun_err code; /* WILLRUN_OK while nothing failed */
    char text[768];        /* one sentence, no newline: which file, where, what was expected */
};

/* Fill `err` unless it is filled already. Always returns false, so that a
 * failing function can `return err_set(...)`. */
bool err_set(struct err *err, enum willrun_err code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The text of an errno value in the C locale's words ("No such file or directory"). */
const char *err_text(int sys);

/* The symbolic name of an errno value ("ENOENT"); NULL for one that willrun never reports. */
const char *err_symbol(int sys);

#endif
