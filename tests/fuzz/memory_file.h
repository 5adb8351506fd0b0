/* Bytes as a file that is only in memory, for readers that take a path. */
#ifndef TESTS_FUZZ_MEMORY_FILE_H
#define TESTS_FUZZ_MEMORY_FILE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

struct memory_file {
    int fd;
    char path[32];
};

static inline void memory_file_open(struct memory_file *file, const void *bytes, size_t size)
{
    file->fd = memfd_create("input", MFD_CLOEXEC);
    if (file->fd < 0)
        abort();
    for (size_t done = 0; done < size;) {
        ssize_t part = write(file->fd, (const char *)bytes + done, size - done);
        if (part <= 0)
            abort();
        done += (size_t)part;
    }
    snprintf(file->path, sizeof file->path, "/proc/self/fd/%d", file->fd);
}

static inline void memory_file_close(struct memory_file *file)
{
    close(file->fd);
}

/* Where what nobody reads is written. */
static inline FILE *nowhere(void)
{
    static FILE *file;
    if (file == NULL && (file = fopen("/dev/null", "w")) == NULL)
        abort();
    return file;
}

#endif
