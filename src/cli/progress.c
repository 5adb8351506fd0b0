#include "cli/progress.h"

#include <stdio.h>
#include <unistd.h>

/* Short work says nothing; long work does not flicker, nor fill a log. */
enum { TERMINAL_PAUSE_MS = 100, LOG_PAUSE_MS = 2000, FIRST_PAUSE_MS = 500 };

void progress_begin(struct progress *progress, enum when when)
{
    *progress = (struct progress){.terminal = isatty(STDERR_FILENO)};
    progress->on = when == WHEN_ALWAYS || (when == WHEN_AUTO && progress->terminal);
    if (!progress->on)
        return;
    clock_gettime(CLOCK_MONOTONIC, &progress->last);
    long wait = when == WHEN_ALWAYS ? -LOG_PAUSE_MS : FIRST_PAUSE_MS;
    progress->last.tv_sec += wait / 1000;
    progress->last.tv_nsec += wait % 1000 * 1000000;
}

static long milliseconds_since(const struct timespec *then, const struct timespec *now)
{
    return (long)(now->tv_sec - then->tv_sec) * 1000 + (now->tv_nsec - then->tv_nsec) / 1000000;
}

void progress_tell(void *context, const char *what, size_t done, size_t all)
{
    struct progress *progress = context;
    if (!progress->on)
        return;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (milliseconds_since(&progress->last, &now) <
        (progress->terminal ? TERMINAL_PAUSE_MS : LOG_PAUSE_MS))
        return;
    progress->last = now;
    progress->shown = progress->terminal;
    fprintf(stderr, progress->terminal ? "\r\033[K%s: %zu" : "willrun: %s: %zu", what, done);
    if (all != 0)
        fprintf(stderr, " of %zu", all);
    if (!progress->terminal)
        fputc('\n', stderr);
    fflush(stderr);
}

void progress_clear(struct progress *progress)
{
    if (!progress->shown)
        return;
    fputs("\r\033[K", stderr);
    fflush(stderr);
    progress->shown = false;
}
