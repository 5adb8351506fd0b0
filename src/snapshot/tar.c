#include "snapshot/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/must.h"
#include "source/profile.h"

/* zstd's level: a profile is written once and read often. Attributes go by one
 * name alone, that GNU tar knows too. */
static const char options[] = "zstd:compression-level=19,pax:xattrheader=SCHILY";

struct tar {
    FILE *out;
    struct err *err;
    struct archive *archive;
    struct archive_entry *entry;
    int64_t end; /* of a sparse member: bytes of the archive up to there; -1: of no such one */
};

/* Was it done? What libarchive warns of is only that a name is no text of the
 * locale: then it is written as bytes. */
static bool is_done(struct tar *tar, la_ssize_t status)
{
    const char *why = archive_error_string(tar->archive);
    return tar->err->code == WILLRUN_OK &&
           (status >= ARCHIVE_WARN ||
            err_set(tar->err, WILLRUN_EOUTPUT, "the archive cannot be written: %s",
                    why != NULL ? why : err_text(errno)));
}

static la_ssize_t put(struct archive *archive, void *context, const void *bytes, size_t size)
{
    struct tar *tar = context;
    if (fwrite(bytes, 1, size, tar->out) == size)
        return (la_ssize_t)size;
    archive_set_error(archive, errno, "%s", err_text(errno));
    return -1;
}

struct tar *tar_new(FILE *out, struct err *err)
{
    struct tar *tar = must_alloc(sizeof *tar);
    *tar = (struct tar){.out = out,
                        .err = err,
                        .archive = must_have(archive_write_new()),
                        .entry = must_have(archive_entry_new())};
    archive_write_set_format_pax_restricted(tar->archive);
    is_done(tar, archive_write_add_filter_zstd(tar->archive));
    is_done(tar, archive_write_set_options(tar->archive, options));
    archive_write_set_bytes_in_last_block(tar->archive, 1); /* nothing behind zstd's end */
    is_done(tar, archive_write_open(tar->archive, tar, NULL, put, NULL));
    return tar;
}

void tar_free(struct tar *tar)
{
    archive_entry_free(tar->entry);
    archive_write_close(tar->archive); /* behind an error archive_write_free() does not */
    archive_write_free(tar->archive);
    free(tar);
}

static void fill_entry(struct archive_entry *entry, const struct tar_member *member)
{
    static const unsigned types[] = {
        [TAR_FILE] = AE_IFREG, [TAR_HARD_LINK] = AE_IFREG, [TAR_LINK] = AE_IFLNK,
        [TAR_CHAR] = AE_IFCHR, [TAR_DEVICE] = AE_IFBLK,    [TAR_DIR] = AE_IFDIR,
        [TAR_FIFO] = AE_IFIFO};
    archive_entry_clear(entry);
    archive_entry_copy_pathname(entry, member->name);
    archive_entry_set_filetype(entry, types[member->type]);
    archive_entry_set_perm(entry, (mode_t)member->mode);
    archive_entry_set_uid(entry, member->uid);
    archive_entry_set_gid(entry, member->gid);
    archive_entry_set_mtime(entry, 0, 0);
    archive_entry_set_size(entry, member->type == TAR_FILE ? (la_int64_t)member->size : 0);
    if (member->type == TAR_HARD_LINK)
        archive_entry_copy_hardlink(entry, member->target);
    else if (member->type == TAR_LINK)
        archive_entry_copy_symlink(entry, member->target);
    if (member->type == TAR_CHAR || member->type == TAR_DEVICE) {
        archive_entry_set_rdevmajor(entry, 1); /* no number that means a whiteout */
        archive_entry_set_rdevminor(entry, 3);
    }
    if (member->unknown)
        archive_entry_xattr_add_entry(entry, PROFILE_CONTENT, PROFILE_UNKNOWN,
                                      strlen(PROFILE_UNKNOWN));
    for (size_t i = 0; i < member->run_count; i++)
        archive_entry_sparse_add_entry(entry, (la_int64_t)member->runs[i].offset,
                                       (la_int64_t)member->runs[i].size);
}

static int64_t whole_blocks(int64_t size)
{
    return (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
}

/* What a sparse member's data takes: GNU's map of it (sparse format 1.0: the number of runs, then
 * of each two lines, and an empty run behind a hole at the end), and its runs. */
static int64_t sparse_bytes(struct archive_entry *entry, const struct tar_member *member)
{
    int64_t offset, size, end = 0, data = 0, map = 0, count = 0;
    for (size_t i = 0; i < member->run_count; i++)
        data += (int64_t)member->runs[i].size;
    archive_entry_sparse_reset(entry);
    for (; archive_entry_sparse_next(entry, &offset, &size) == ARCHIVE_OK; count++) {
        map += snprintf(NULL, 0, "%" PRId64 "\n%" PRId64 "\n", offset, size);
        end = offset + size;
    }
    if (end < (int64_t)member->size) {
        map += snprintf(NULL, 0, "%zu\n0\n", member->size);
        count++;
    }
    map += snprintf(NULL, 0, "%" PRId64 "\n", count);
    return whole_blocks(map) + whole_blocks(data);
}

bool tar_begin(struct tar *tar, const struct tar_member *member)
{
    if (tar->err->code != WILLRUN_OK)
        return false;
    fill_entry(tar->entry, member);
    bool begun = is_done(tar, archive_write_header(tar->archive, tar->entry));
    tar->end = begun && member->run_count != 0
                   ? archive_filter_bytes(tar->archive, 0) + sparse_bytes(tar->entry, member)
                   : -1;
    return begun;
}

bool tar_data(struct tar *tar, const unsigned char *data, size_t size)
{
    while (size != 0) {
        la_ssize_t part = archive_write_data(tar->archive, data, size);
        if (!is_done(tar, part))
            return false;
        if (part <= 0)
            return err_set(tar->err, WILLRUN_EOUTPUT,
                           "the archive cannot be written: a member has more bytes than it said");
        data += part;
        size -= (size_t)part;
    }
    return true;
}

bool tar_zeros(struct tar *tar, size_t size)
{
    static const unsigned char zeros[1 << 14];
    for (; size > sizeof zeros; size -= sizeof zeros)
        if (!tar_data(tar, zeros, sizeof zeros))
            return false;
    return tar_data(tar, zeros, size);
}

/* libarchive forgets a run of which it has no memory to make a copy. */
bool tar_end(struct tar *tar)
{
    if (!is_done(tar, archive_write_finish_entry(tar->archive)))
        return false;
    return tar->end < 0 || archive_filter_bytes(tar->archive, 0) == tar->end ||
           err_set(tar->err, WILLRUN_EOUTPUT, "the archive cannot be written: %s",
                   err_text(ENOMEM));
}

bool tar_finish(struct tar *tar)
{
    return is_done(tar, archive_write_close(tar->archive));
}
