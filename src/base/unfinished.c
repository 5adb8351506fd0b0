#include "base/unfinished.h"

#include <fcntl.h>
#include <limits.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A report, and what it reports of; a library's user may write more at a time, without this aid. */
enum { MOST = 16 };

static const struct unfinished *_Atomic begun[MOST];

/* Put `to` where `from` was; was it there? */
static int replace(const struct unfinished *from, const struct unfinished *to)
{
    for (size_t i = 0; i < MOST; i++) {
        const struct unfinished *there = from;
        if (atomic_compare_exchange_strong(&begun[i], &there, to))
            return 1;
    }
    return 0;
}

void unfinished_begin(const struct unfinished *unfinished)
{
    replace(NULL, unfinished);
}

void unfinished_end(const struct unfinished *unfinished)
{
    replace(unfinished, NULL);
}

/* "" where it is too long to be there. */
static const char *path_of(const struct unfinished *unfinished, size_t i, char path[PATH_MAX])
{
    size_t top = strlen(unfinished->top), size = strlen(unfinished->below[i]) + 1;
    *path = 0;
    if (size <= PATH_MAX - top) {
        memcpy(path, unfinished->top, top);
        memcpy(path + top, unfinished->below[i], size);
    }
    return path;
}

static void take_away(const struct unfinished *unfinished)
{
    char path[PATH_MAX];
    if (unlink(unfinished->top) == 0)
        return;
    for (size_t i = 0; i < unfinished->count; i++) { /* a folder may forbid to take from it */
        int error = fchmodat(AT_FDCWD, path_of(unfinished, i, path), 0700, AT_SYMLINK_NOFOLLOW);
        (void)error; /* then it stays */
    }
    for (size_t i = unfinished->count; i-- > 0;)
        if (unlink(path_of(unfinished, i, path)) != 0)
            rmdir(path);
    rmdir(unfinished->top);
}

void unfinished_remove(const struct unfinished *unfinished)
{
    take_away(unfinished);
    unfinished_end(unfinished);
}

void unfinished_remove_all(void)
{
    for (size_t i = 0; i < MOST; i++) {
        const struct unfinished *unfinished = atomic_exchange(&begun[i], NULL);
        if (unfinished != NULL)
            take_away(unfinished);
    }
}
