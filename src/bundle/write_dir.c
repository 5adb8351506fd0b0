#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bundle/writer.h"

struct writing {
    const struct closure *closure;
    const char *top; /* the temporary folder */
    int fd;          /* of it */
    struct timespec times[2];
    bool owns; /* owners can be given */
    struct err *err;
};

static char *temporary_for(const char *to, struct arena *arena)
{
    size_t end = strlen(to);
    while (end > 1 && to[end - 1] == '/')
        end--;
    const char *bare = arena_copy(arena, to, end), *slash = strrchr(bare, '/');
    int folder = slash != NULL ? (int)(slash + 1 - bare) : 0;
    return arena_format(arena, "%.*s.%.64s.XXXXXX", folder, bare, bare + folder);
}

const struct unfinished *bundle_begin(const struct closure *closure, const char *to,
                                      struct arena *arena, char **name)
{
    size_t count = closure->entries.count;
    const char **below = arena_array(arena, count, sizeof *below);
    struct unfinished *unfinished = arena_array(arena, 1, sizeof *unfinished);
    *name = temporary_for(to, arena);
    for (size_t i = 0; i < count; i++)
        below[i] = closure->entries.at[i].path;
    *unfinished = (struct unfinished){*name, below, count};
    unfinished_begin(unfinished);
    return unfinished;
}

/* Below the temporary folder; "." is itself. */
static const char *name_of(const struct closure_entry *entry)
{
    return entry->path[1] != 0 ? entry->path + 1 : ".";
}

static bool cannot_write(struct writing *writing, const struct closure_entry *entry)
{
    return err_set(writing->err, WILLRUN_EOUTPUT, "%s in the bundle cannot be written: %s",
                   entry->path, err_text(errno));
}

static bool write_all(int fd, struct span span)
{
    for (size_t done = 0; done < span.size;) {
        ssize_t part = write(fd, span.data + done, span.size - done);
        if (part >= 0)
            done += (size_t)part;
        else if (errno != EINTR)
            return false;
    }
    return true;
}

static bool write_bytes(struct writing *writing, const struct closure_entry *entry, int fd)
{
    const struct node *node = entry->node;
    struct file_bytes bytes;
    int error = root_bytes(writing->closure->root, node, &bytes);
    if (error != 0)
        return err_set(writing->err, WILLRUN_EINPUT, "%s cannot be read: %s", entry->path,
                       err_text(error));
    bool written = write_all(fd, bytes.span) &&
                   (!writing->owns || fchown(fd, node->uid, node->gid) == 0) &&
                   fchmod(fd, node->mode) == 0 && futimens(fd, writing->times) == 0;
    file_bytes_release(&bytes);
    return written || cannot_write(writing, entry);
}

static bool write_file(struct writing *writing, const struct closure_entry *entry, size_t index)
{
    const char *name = name_of(entry);
    if (entry->first != index) {
        const char *first = name_of(&writing->closure->entries.at[entry->first]);
        return linkat(writing->fd, first, writing->fd, name, 0) == 0 ||
               cannot_write(writing, entry);
    }
    int fd = openat(writing->fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return cannot_write(writing, entry);
    bool written = write_bytes(writing, entry, fd);
    return (close(fd) == 0 || cannot_write(writing, entry)) && written;
}

static bool write_link(struct writing *writing, const struct closure_entry *entry)
{
    const char *name = name_of(entry);
    const struct node *node = entry->node;
    bool written = symlinkat(node->target, writing->fd, name) == 0 &&
                   (!writing->owns ||
                    fchownat(writing->fd, name, node->uid, node->gid, AT_SYMLINK_NOFOLLOW) == 0) &&
                   utimensat(writing->fd, name, writing->times, AT_SYMLINK_NOFOLLOW) == 0;
    return written || cannot_write(writing, entry);
}

static bool write_entries(struct writing *writing)
{
    bool written = true;
    for (size_t i = 1; written && i < writing->closure->entries.count; i++) {
        const struct closure_entry *entry = &writing->closure->entries.at[i];
        if (entry->node->type == NODE_DIR)
            written =
                mkdirat(writing->fd, name_of(entry), 0700) == 0 || cannot_write(writing, entry);
        else if (entry->node->type == NODE_LINK)
            written = write_link(writing, entry);
        else
            written = write_file(writing, entry, i);
    }
    return written;
}

/* At last, for what is put into a folder changes its time, and its mode may forbid it. */
static bool finish_folders(struct writing *writing)
{
    bool written = true;
    for (size_t i = writing->closure->entries.count; written && i-- > 0;) {
        const struct closure_entry *entry = &writing->closure->entries.at[i];
        const struct node *node = entry->node;
        const char *name = name_of(entry);
        if (node->type != NODE_DIR)
            continue;
        written = ((!writing->owns || fchownat(writing->fd, name, node->uid, node->gid, 0) == 0) &&
                   utimensat(writing->fd, name, writing->times, 0) == 0 &&
                   fchmodat(writing->fd, name, node->mode, 0) == 0) ||
                  cannot_write(writing, entry);
    }
    return written;
}

const struct unfinished *bundle_write_dir(const struct closure *closure, const char *to,
                                          int64_t time, struct arena *arena, struct err *err)
{
    char *top;
    const struct unfinished *unfinished = bundle_begin(closure, to, arena, &top);
    struct writing writing = {.closure = closure, .owns = geteuid() == 0, .err = err};
    writing.times[0].tv_sec = writing.times[1].tv_sec = (time_t)time;
    if (mkdtemp(top) == NULL) {
        unfinished_end(unfinished);
        err_set(err, WILLRUN_EOUTPUT, "no folder can be made beside %s: %s", to, err_text(errno));
        return NULL;
    }
    writing.fd = open(top, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool written = writing.fd >= 0 ? write_entries(&writing) && finish_folders(&writing)
                                   : err_set(err, WILLRUN_EOUTPUT, "%s cannot be opened: %s", top,
                                             err_text(errno));
    if (writing.fd >= 0)
        close(writing.fd);
    if (written)
        return unfinished;
    unfinished_remove(unfinished);
    return NULL;
}
