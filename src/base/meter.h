/* What a piece of work has in common with who asked for it: how many bytes it has read, for who
 * shows how far it is, and whether it is to end. */
#ifndef WILLRUN_BASE_METER_H
#define WILLRUN_BASE_METER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct meter {
    /* Not from two threads at once; NULL: nobody asks. */
    void (*tell)(void *context, size_t done, size_t all);
    void *context;
    size_t all; /* bytes that there are; 0: not known */
    atomic_size_t done;
    atomic_flag telling;
    atomic_bool stopped; /* set from any thread, or by a signal; stays */
};

/* The meter of what this thread begins: what reads for it takes it along, to other threads, too.
 * NULL: nobody asks. */
extern _Thread_local struct meter *meter_here;

/* `meter` may be NULL. */
void meter_add(struct meter *meter, size_t bytes);
bool meter_stopped(const struct meter *meter);

/* The same for who reads `label`: then that is the error. */
bool meter_stops(const struct meter *meter, const char *label, struct err *err);

#endif
