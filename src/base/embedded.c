#include "base/embedded.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A row of embedded_files.S. */
struct embedded {
    const char *name;
    const unsigned char *start, *end;
};

extern const struct embedded embedded_files[],
    embedded_files_end[] __attribute__((visibility("hidden")));

struct span embedded_find(const char *name)
{
    for (const struct embedded *file = embedded_files; file < embedded_files_end; file++)
        if (strcmp(file->name, name) == 0)
            return (struct span){file->start, (size_t)(file->end - file->start)};
    return (struct span){NULL, 0};
}

int embedded_open(const char *name)
{
    struct span file = embedded_find(name);
    errno = ENOENT;
    int fd = file.data != NULL ? memfd_create(name, MFD_CLOEXEC) : -1;
    for (size_t done = 0; fd >= 0 && done < file.size;) {
        ssize_t wrote = pwrite(fd, file.data + done, file.size - done, (off_t)done);
        if (wrote > 0) {
            done += (size_t)wrote;
        } else if (wrote == 0 || errno != EINTR) {
            close(fd);
            return -1;
        }
    }
    return fd;
}
