/* How far the work is, on standard error. */
#ifndef WILLRUN_CLI_PROGRESS_H
#define WILLRUN_CLI_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "cli/options.h"

struct progress {
    bool on;
    bool terminal;         /* one line, written over and over */
    bool shown;            /* that line is not empty */
    const char *what;      /* is told of; NULL: nothing yet */
    struct timespec begun; /* when that began */
    struct timespec last;  /* when it was written */
};

void progress_begin(struct progress *progress, enum when when);
void progress_tell(void *context, const char *what, size_t done,
                   size_t all); /* willrun_on_progress */
void progress_clear(struct progress *progress);

#endif
