/* How many bytes a piece of work has read, for who shows how far it is. */
#ifndef WILLRUN_BASE_METER_H
#define WILLRUN_BASE_METER_H

#include <stdatomic.h>
#include <stddef.h>

struct meter {
    void (*tell)(void *context, size_t done, size_t all); /* not from two threads at once */
    void *context;
    size_t all; /* bytes that there are; 0: not known */
    atomic_size_t done;
    atomic_flag telling;
};

/* The meter of what this thread begins: what reads for it takes it along, to other threads, too.
 * NULL: nobody asks. */
extern _Thread_local struct meter *meter_here;

/* `meter` may be NULL. */
void meter_add(struct meter *meter, size_t bytes);

#endif
