#include "cli/progress.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Short work says nothing; long work does not flicker, nor fill a log. */
enum { TERMINAL_PAUSE_MS = 100, LOG_PAUSE_MS = 2000, FIRST_PAUSE_MS = 500, SURE_MS = 2000 };

void progress_begin(struct progress *progress, enum when when)
{
    *progress = (struct progress){.terminal = isatty(STDERR_FILENO)};
    progress->on = when == WHEN_ALWAYS || (when == WHEN_AUTO && progress->terminal);
    if (!progress->on)
        return;
    clock_gettime(CLOCK_MONOTONIC, &progress->begun);
    progress->last = progress->begun;
    long wait = when == WHEN_ALWAYS ? -LOG_PAUSE_MS : FIRST_PAUSE_MS;
    progress->last.tv_sec += wait / 1000;
    progress->last.tv_nsec += wait % 1000 * 1000000;
}

static long milliseconds_since(const struct timespec *then, const struct timespec *now)
{
    return (long)(now->tv_sec - then->tv_sec) * 1000 + (now->tv_nsec - then->tv_nsec) / 1000000;
}

/* Bytes in the unit that suits all of them. */
static void tell_amount(bool bytes, size_t done, size_t all)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB", "TB"};
    double divisor = 1;
    size_t unit = 0;
    for (; bytes && (double)(all != 0 ? all : done) / divisor >= 1000 && unit + 1 < 5; unit++)
        divisor *= 1000;
    int digits = unit > 2 ? 1 : 0;
    fprintf(stderr, "%.*f", digits, (double)done / divisor);
    if (all != 0)
        fprintf(stderr, " of %.*f", digits, (double)all / divisor);
    if (bytes)
        fprintf(stderr, " %s", units[unit]);
}

/* As long as the rest will take at the pace so far; nothing while that is a guess. */
static void tell_time_left(long elapsed, size_t done, size_t all)
{
    if (done == 0 || all <= done || elapsed < SURE_MS)
        return;
    double seconds = (double)elapsed / 1000 * (double)(all - done) / (double)done;
    if (seconds < 60)
        fprintf(stderr, ", %.0f s left", seconds + 0.5);
    else
        fprintf(stderr, ", %.0f min left", seconds / 60 + 0.5);
}

void progress_tell(void *context, const char *what, size_t done, size_t all)
{
    struct progress *progress = context;
    if (!progress->on)
        return;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    if (progress->what == NULL || strcmp(progress->what, what) != 0) {
        progress->what = what;
        progress->begun = now;
    }
    if (milliseconds_since(&progress->last, &now) <
        (progress->terminal ? TERMINAL_PAUSE_MS : LOG_PAUSE_MS))
        return;
    progress->last = now;
    progress->shown = progress->terminal;
    fprintf(stderr, progress->terminal ? "\r\033[K%s: " : "willrun: %s: ", what);
    tell_amount(strcmp(what, "reading") == 0, done, all);
    tell_time_left(milliseconds_since(&progress->begun, &now), done, all);
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
