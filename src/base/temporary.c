#include "base/temporary.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RESERVED_MOST = 16 * TEMPORARY_FILES };

static struct {
    int fd;
    const char *where;
} reserved[RESERVED_MOST];
static unsigned reserved_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static int open_in(const char *folder)
{
#ifdef O_TMPFILE
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
#endif
    char name[512];
    if ((size_t)snprintf(name, sizeof name, "%s/willrun-XXXXXX", folder) >= sizeof name)
        return -1;
    fd = mkostemp(name, O_CLOEXEC);
    if (fd >= 0)
        unlink(name);
    return fd;
}

static int open_new(const char **where)
{
    const char *wanted = getenv("TMPDIR");
    const char *folders[] = {wanted != NULL && *wanted != 0 ? wanted : "/var/tmp", "/tmp"};
    int fd = -1;
    for (size_t i = 0; fd < 0 && i < sizeof folders / sizeof *folders; i++) {
        *where = folders[i];
        fd = open_in(folders[i]);
    }
    return fd;
}

void temporary_reserve(unsigned count)
{
    pthread_mutex_lock(&lock);
    while (count-- > 0 && reserved_count < RESERVED_MOST) {
        const char *where;
        int fd = open_new(&where);
        if (fd < 0)
            break;
        reserved[reserved_count].fd = fd;
        reserved[reserved_count++].where = where;
    }
    pthread_mutex_unlock(&lock);
}

int temporary_open(const char **where)
{
    int fd = -1;
    pthread_mutex_lock(&lock);
    if (reserved_count > 0) {
        fd = reserved[--reserved_count].fd;
        *where = reserved[reserved_count].where;
    }
    pthread_mutex_unlock(&lock);
    return fd >= 0 ? fd : open_new(where);
}
