/* Every compression that libarchive reads. */
#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/must.h"
#include "source/archive_open.h"
#include "source/expand.h"

struct packed {
    struct expander expander; /* first */
    struct stream *from;
    struct archive *archive;
    struct archive_entry *entry;
    struct err err; /* of `from`, while libarchive reads */
    bool opened;
};

static la_ssize_t give(struct archive *archive, void *context, const void **bytes)
{
    struct packed *packed = context;
    ssize_t part = stream_next(packed->from, bytes, &packed->err);
    if (part < 0)
        archive_set_error(archive, EIO, "%s", packed->err.text);
    return part;
}

static ssize_t broken(const struct packed *packed, struct err *err)
{
    const char *why = archive_error_string(packed->archive);
    if (packed->err.code != WILLRUN_OK)
        *err = packed->err;
    else
        err_set(err, WILLRUN_EINPUT, "%s cannot be expanded: %s", packed->from->label,
                why != NULL ? why : "the compressed data is broken");
    return -1;
}

static bool open_packed(struct packed *packed)
{
    packed->opened = true;
    return archive_open(packed->archive, give, packed) &&
           archive_read_next_header2(packed->archive, packed->entry) >= ARCHIVE_WARN;
}

static ssize_t packed_fill(struct expander *expander, unsigned char *to, size_t room,
                           struct err *err)
{
    struct packed *packed = (struct packed *)expander;
    if (packed->err.code != WILLRUN_OK || (!packed->opened && !open_packed(packed)))
        return broken(packed, err);
    la_ssize_t part = archive_read_data(packed->archive, to, room);
    return part >= 0 && packed->err.code == WILLRUN_OK ? part : broken(packed, err);
}

static void packed_close(struct expander *expander)
{
    struct packed *packed = (struct packed *)expander;
    archive_read_free(packed->archive);
    archive_entry_free(packed->entry);
    free(packed);
}

struct expander *expander_of_archive(struct stream *from, enum coding coding)
{
    static const struct expander_ops ops = {packed_fill, packed_close};
    static int (*const filters[])(struct archive *) = {
        [CODING_GZIP] = archive_read_support_filter_gzip,
        [CODING_ZSTD] = archive_read_support_filter_zstd,
        [CODING_XZ] = archive_read_support_filter_xz,
        [CODING_BZIP2] = archive_read_support_filter_bzip2,
    };
    struct packed *packed = must_alloc(sizeof *packed);
    *packed = (struct packed){.expander = {&ops},
                              .from = from,
                              .archive = must_have(archive_read_new()),
                              .entry = must_have(archive_entry_new())};
    archive_read_support_format_raw(packed->archive);
    archive_read_support_format_empty(packed->archive);
    /* a warning: it would start a program for it */
    if (filters[coding](packed->archive) != ARCHIVE_OK) {
        err_set(&packed->err, WILLRUN_EINPUT,
                "%s is compressed in a way that this build of willrun cannot read", from->label);
    }
    return &packed->expander;
}
