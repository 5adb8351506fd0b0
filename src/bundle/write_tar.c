#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/must.h"
#include "bundle/writer.h"

struct writing {
    const struct closure *closure;
    struct archive *archive;
    int64_t time;
    struct err *err;
};

static bool cannot_write(struct writing *writing)
{
    return err_set(writing->err, WILLRUN_EOUTPUT, "the bundle cannot be written: %s",
                   archive_error_string(writing->archive));
}

static bool write_bytes(struct writing *writing, const struct closure_entry *entry)
{
    struct file_bytes bytes;
    int error = root_bytes(writing->closure->root, entry->node, &bytes);
    if (error != 0)
        return err_set(writing->err, WILLRUN_EINPUT, "%s cannot be read: %s", entry->path,
                       err_text(error));
    la_ssize_t size = archive_write_data(writing->archive, bytes.span.data, bytes.span.size);
    bool written = size >= 0 && (size_t)size == bytes.span.size;
    file_bytes_release(&bytes);
    return written || cannot_write(writing);
}

static void describe(struct writing *writing, const struct closure_entry *from, bool again,
                     struct archive_entry *entry)
{
    static const mode_t types[] = {
        [NODE_FILE] = AE_IFREG, [NODE_DIR] = AE_IFDIR, [NODE_LINK] = AE_IFLNK};
    const struct node *node = from->node;
    archive_entry_set_pathname(entry, from->path[1] != 0 ? from->path + 1 : ".");
    archive_entry_set_filetype(entry, types[node->type]);
    archive_entry_set_perm(entry, node->mode);
    archive_entry_set_uid(entry, node->uid);
    archive_entry_set_gid(entry, node->gid);
    archive_entry_set_mtime(entry, writing->time, 0);
    if (node->type == NODE_LINK)
        archive_entry_set_symlink(entry, node->target);
    if (again)
        archive_entry_set_hardlink(entry, writing->closure->entries.at[from->first].path + 1);
    else if (node->type == NODE_FILE)
        archive_entry_set_size(entry, (la_int64_t)node->size);
}

static bool write_entry(struct writing *writing, size_t index)
{
    const struct closure_entry *from = &writing->closure->entries.at[index];
    bool again = from->first != index;
    struct archive_entry *entry = must_have(archive_entry_new());
    describe(writing, from, again, entry);
    bool written =
        archive_write_header(writing->archive, entry) == ARCHIVE_OK || cannot_write(writing);
    archive_entry_free(entry);
    if (!written || again || from->node->type != NODE_FILE)
        return written;
    return write_bytes(writing, from);
}

static bool write_archive(struct writing *writing, int fd)
{
    writing->archive = must_have(archive_write_new());
    archive_write_set_format_pax_restricted(writing->archive);
    bool written =
        archive_write_open_fd(writing->archive, fd) == ARCHIVE_OK || cannot_write(writing);
    for (size_t i = 0; written && i < writing->closure->entries.count; i++)
        written = write_entry(writing, i);
    /* in any case: behind an error archive_write_free() does not, and leaves memory */
    bool closed = archive_write_close(writing->archive) == ARCHIVE_OK;
    written = written && (closed || cannot_write(writing));
    archive_write_free(writing->archive);
    return written;
}

/* As a file that is made in the usual way. */
static bool open_mode(int fd)
{
    mode_t mask = umask(0);
    umask(mask);
    return fchmod(fd, 0666 & ~mask) == 0;
}

const struct unfinished *bundle_write_tar(const struct closure *closure, const char *to,
                                          int64_t time, struct arena *arena, struct err *err)
{
    struct writing writing = {.closure = closure, .time = time, .err = err};
    char *path;
    const struct unfinished *unfinished = bundle_begin(closure, to, arena, &path);
    int fd = mkostemp(path, O_CLOEXEC);
    if (fd < 0) {
        unfinished_end(unfinished);
        err_set(err, WILLRUN_EOUTPUT, "no file can be made beside %s: %s", to, err_text(errno));
        return NULL;
    }
    bool written = write_archive(&writing, fd);
    if ((!open_mode(fd) || close(fd) != 0) && written)
        written = err_set(err, WILLRUN_EOUTPUT, "%s cannot be written: %s", to, err_text(errno));
    if (written)
        return unfinished;
    unfinished_remove(unfinished);
    return NULL;
}
