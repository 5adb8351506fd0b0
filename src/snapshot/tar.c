#include "snapshot/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
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

bool tar_begin(struct tar *tar, const struct tar_member *member)
{
    if (tar->err->code != WILLRUN_OK)
        return false;
    fill_entry(tar->entry, member);
    return is_done(tar, archive_write_header(tar->archive, tar->entry));
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

bool tar_end(struct tar *tar)
{
    return is_done(tar, archive_write_finish_entry(tar->archive));
}

bool tar_finish(struct tar *tar)
{
    return is_done(tar, archive_write_close(tar->archive));
}
