#include "cli/output.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/complain.h"

static bool cannot_write(const char *path, int error)
{
    complain("cannot write to %s: %s", path != NULL ? path : "standard output", strerror(error));
    return false;
}

/* A stream forgets the errno of a write that failed long before its end. */
static ssize_t write_all(void *cookie, const char *bytes, size_t size)
{
    struct output *output = cookie;
    for (size_t done = 0; done < size && output->error == 0;) {
        ssize_t count = write(output->fd, bytes + done, size - done);
        if (count >= 0)
            done += (size_t)count;
        else if (errno != EINTR)
            output->error = errno;
    }
    if (output->copies)
        vec_append(&output->copy, bytes, size);
    return output->error == 0 ? (ssize_t)size : 0;
}

void output_copy(struct output *output)
{
    fflush(output->stream);
    output->copies = true;
    output->copy.count = 0;
}

struct span output_copied(struct output *output)
{
    fflush(output->stream);
    output->copies = false;
    return (struct span){(const unsigned char *)output->copy.at, output->copy.count};
}

static bool open_stream(struct output *output)
{
    output->stream = fopencookie(output, "w", (cookie_io_functions_t){.write = write_all});
    return output->stream != NULL || cannot_write(output->path, errno);
}

static bool open_in_place(struct output *output)
{
    output->fd = open(output->path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (output->fd < 0)
        return cannot_write(output->path, errno);
    return open_stream(output);
}

/* "dir/.name.XXXXXX": in the same folder, for rename works in one filesystem only. */
static char *temporary_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    int folder = slash != NULL ? (int)(slash + 1 - path) : 0;
    size_t size = strlen(path) + sizeof "..XXXXXX";
    char *name = malloc(size);
    /* a long name leaves no room for more: its beginning will do */
    if (name != NULL)
        snprintf(name, size, "%.*s.%.64s.XXXXXX", folder, path, path + folder);
    return name;
}

/* The mode of the file that is replaced, else what the umask leaves. */
static mode_t mode_for(const struct stat *old)
{
    if (old != NULL)
        return old->st_mode & 07777;
    mode_t mask = umask(0);
    umask(mask);
    return 0666 & ~mask;
}

/* It is not there, or has its own name now. */
static void forget_temporary(struct output *output)
{
    unfinished_end(&output->unfinished);
    free(output->temporary);
    output->temporary = NULL;
}

static bool open_beside(struct output *output, const struct stat *old)
{
    output->temporary = temporary_name(output->path);
    if (output->temporary == NULL)
        return cannot_write(output->path, ENOMEM);
    output->unfinished.top = output->temporary;
    unfinished_begin(&output->unfinished);
    output->fd = mkostemp(output->temporary, O_CLOEXEC);
    if (output->fd < 0) {
        cannot_write(output->path, errno);
        forget_temporary(output);
        return false;
    }
    if (fchmod(output->fd, mode_for(old)) != 0)
        return cannot_write(output->path, errno);
    return open_stream(output);
}

static bool open_path(struct output *output, const char *path)
{
    struct stat old;
    bool exists = stat(path, &old) == 0;
    bool regular = !exists || S_ISREG(old.st_mode);
    /* the target of a symbolic link is replaced, not the link */
    output->path = exists && regular ? realpath(path, NULL) : strdup(path);
    if (output->path == NULL)
        return cannot_write(path, errno);
    return regular ? open_beside(output, exists ? &old : NULL) : open_in_place(output);
}

bool output_open(struct output *output, const char *path)
{
    *output = (struct output){.fd = -1};
    bool opened;
    if (path == NULL || strcmp(path, "-") == 0) {
        output->fd = STDOUT_FILENO;
        opened = open_stream(output);
    } else {
        opened = open_path(output, path);
    }
    if (!opened)
        output_drop(output);
    return opened;
}

bool output_keep(struct output *output)
{
    fflush(output->stream);
    /* some disks tell their troubles late */
    if (output->error == 0 && output->temporary != NULL && fsync(output->fd) != 0)
        output->error = errno;
    if (close(output->fd) != 0 && output->error == 0)
        output->error = errno;
    output->fd = -1;
    if (output->error == 0 && output->temporary != NULL) {
        if (rename(output->temporary, output->path) != 0)
            output->error = errno;
        else
            forget_temporary(output);
    }
    bool kept = output->error == 0;
    if (!kept)
        cannot_write(output->path, output->error);
    output_drop(output);
    return kept;
}

void output_drop(struct output *output)
{
    if (output->stream != NULL) {
        output->error =
            output->error != 0 ? output->error : ECANCELED; /* what is left goes nowhere */
        fclose(output->stream);
    }
    if (output->fd > STDERR_FILENO)
        close(output->fd);
    if (output->temporary != NULL)
        unfinished_remove(&output->unfinished);
    free(output->temporary);
    free(output->path);
    vec_free(&output->copy);
    *output = (struct output){.fd = -1};
}
