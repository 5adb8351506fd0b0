/* tar, by libarchive, which knows its dialects: pax, GNU's long names and sparse
 * files, star's. */
#include "source/tar.h"

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/meter.h"
#include "base/must.h"
#include "base/text.h"
#include "source/archive_open.h"
#include "source/profile.h"

enum {
    HEAD = EI_NIDENT + 2,  /* first bytes that tell what a loader maps */
    KEEP = FILE_START,     /* first bytes that are kept of whatever file */
    KEEP_CONFIG = 8 << 20, /* … of one of a folder where the system keeps what it reads */
    FORGET = 32 << 20,     /* bytes walked over before the pages are given back */
    DRAIN = 64 << 20,      /* bytes behind the end that are still read from a pipe */
};

/* A program may be that large; what is larger is kept by its first bytes. */
static const uint64_t largest_program = 16ULL << 30;

struct reading {
    const struct tar_input *input;
    struct writer *writer; /* NULL: nothing had to be kept so far */
    struct archive *archive;
    struct archive_entry *entry; /* libarchive does not ask whether it had memory for its own */
    struct err *err;
    unsigned char *map; /* page-aligned; NULL: a stream */
    struct span whole;  /* the archive in `map` */
    struct span left;   /* of it, for libarchive */
    size_t map_size, forgotten;
    char path[PATH_MAX]; /* of the entry, as tar_entry has it */
    char target[PATH_MAX];
};

/* ---- libarchive ---- */

static bool is_unwanted(const struct reading *reading)
{
    const atomic_bool *unwanted = reading->input->unwanted;
    return meter_stops(meter_here, reading->input->label, reading->err) ||
           (unwanted != NULL && atomic_load_explicit(unwanted, memory_order_relaxed) &&
            !err_set(reading->err, WILLRUN_ECANCELED, "%s is not wanted any more",
                     reading->input->label));
}

static la_ssize_t give(struct archive *archive, void *context, const void **bytes)
{
    struct reading *reading = context;
    ssize_t part =
        is_unwanted(reading) ? -1 : stream_next(reading->input->stream, bytes, reading->err);
    if (part < 0)
        archive_set_error(archive, EIO, "%s", reading->err->text);
    return part;
}

static bool map_input(struct reading *reading)
{
    struct range range = reading->input->range;
    size_t page = (size_t)sysconf(_SC_PAGESIZE), skip = (size_t)(range.offset % page);
    if (range.size > SIZE_MAX / 2)
        return err_set(reading->err, WILLRUN_EINPUT, "%s is too large for this machine",
                       reading->input->label);
    reading->map_size = (size_t)range.size + skip;
    void *map = mmap(NULL, reading->map_size, PROT_READ, MAP_PRIVATE,
                     store_fd(reading->input->store, range.file), (off_t)(range.offset - skip));
    if (map == MAP_FAILED)
        return err_set(reading->err, WILLRUN_EINPUT, "%s cannot be mapped: %s",
                       reading->input->label, err_text(errno));
    reading->map = map;
    reading->whole = reading->left = (struct span){reading->map + skip, (size_t)range.size};
    return true;
}

static bool open_archive(struct reading *reading)
{
    reading->archive = must_have(archive_read_new());
    reading->entry = must_have(archive_entry_new());
    archive_read_support_format_tar(reading->archive);
    if (reading->input->stream != NULL)
        return archive_open(reading->archive, give, reading);
    return map_input(reading) && archive_open_span(reading->archive, &reading->left);
}

static bool refuse(struct reading *reading)
{
    const char *why = archive_error_string(reading->archive);
    if (archive_format(reading->archive) == 0)
        return err_set(reading->err, WILLRUN_EINPUT, "%s is no tar archive", reading->input->label);
    return err_set(reading->err, WILLRUN_EINPUT, "%s cannot be read to its end, behind %s: %s",
                   reading->input->label, *reading->path != 0 ? reading->path : "its start",
                   why != NULL ? why : "it is no whole tar archive");
}

/* Pages that the walk has touched must not add up. */
static void forget_pages(struct reading *reading, la_int64_t done)
{
    if (reading->map == NULL || (uint64_t)done < reading->forgotten + (uint64_t)FORGET)
        return;
    size_t upto = (size_t)done / FORGET * FORGET;
    madvise(reading->map + reading->forgotten, upto - reading->forgotten, MADV_DONTNEED);
    reading->forgotten = upto;
}

/* ---- names ---- */

/* `name` as seen from the root, in `path`; false: it is too long. */
static bool clean_name(char path[PATH_MAX], const char *name, bool *outside)
{
    size_t length = 0;
    *outside = false;
    path[0] = 0;
    for (size_t part; *name != 0; name += part + (name[part] == '/')) {
        part = strcspn(name, "/");
        if (part == 0 || (part == 1 && name[0] == '.'))
            continue;
        if (part == 2 && memcmp(name, "..", 2) == 0) {
            *outside |= length == 0;
            while (length > 0 && path[--length] != '/')
                ;
        } else {
            if (length + part + 2 > PATH_MAX)
                return false;
            if (length != 0)
                path[length++] = '/';
            memcpy(path + length, name, part);
            length += part;
        }
        path[length] = 0;
    }
    return true;
}

/* In pax headers names are UTF-8, which libarchive cannot always turn into the
 * locale's bytes; elsewhere they are bytes. */
static const char *name_of(struct archive_entry *entry)
{
    const char *name = archive_entry_pathname(entry);
    return name != NULL ? name : archive_entry_pathname_utf8(entry);
}

static const char *link_of(struct archive_entry *entry)
{
    const char *target = archive_entry_symlink(entry);
    if (target == NULL)
        target = archive_entry_symlink_utf8(entry);
    return target != NULL ? target : "";
}

static const char *hard_link_of(struct archive_entry *entry)
{
    const char *target = archive_entry_hardlink(entry);
    return target != NULL ? target : archive_entry_hardlink_utf8(entry);
}

/* ---- bytes ---- */

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), size = strlen(end);
    return length >= size && strcmp(text + length - size, end) == 0;
}

/* May it be a part of an image: a blob, a manifest, a layer? */
static bool is_part(const char *name)
{
    bool top = strchr(name, '/') == NULL;
    return starts_with(name, "blobs/") || ends_with(name, "/layer.tar") ||
           (top && (ends_with(name, ".json") || strstr(name, ".tar") != NULL ||
                    strcmp(name, "oci-layout") == 0));
}

/* Where loaders, shells and package managers keep what they read, which may be long. */
static bool is_config(const char *name)
{
    static const char *const folders[] = {"etc/", "var/lib/", "lib/apk/", "usr/lib/apk/"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (starts_with(name, folders[i]))
            return true;
    return strstr(name, ".dist-info/") != NULL; /* pip's lists of files */
}

/* What a loader may map: musl's asks for e_type alone (its ldso/dynlink.c,
 * map_library), in whichever byte order. */
static bool is_program(struct span head)
{
    if (head.size >= SELFMAG && memcmp(head.data, ELFMAG, SELFMAG) == 0)
        return true;
    if (head.size < HEAD)
        return false;
    unsigned low = head.data[EI_NIDENT], high = head.data[EI_NIDENT + 1];
    return low + high == ET_EXEC || low + high == ET_DYN ? low == 0 || high == 0 : false;
}

/* How many bytes of a file are kept that begins with `head`. */
static uint64_t bytes_to_keep(const struct reading *reading, uint64_t size, struct span head)
{
    if (reading->input->parts && is_part(reading->path))
        return size;
    if ((is_program(head) || ends_with(reading->path, "/locale-archive")) &&
        size <= largest_program)
        return size;
    uint64_t most = is_config(reading->path) ? KEEP_CONFIG : KEEP;
    return size < most ? size : most;
}

/* A run of the entry's bytes, as libarchive hands them out. */
struct piece {
    const unsigned char *bytes;
    size_t count;
    uint64_t offset; /* in the file */
};

/* False at the end, with `broken` where it is not the end of the file. */
static bool next_piece(struct reading *reading, struct piece *piece, bool *broken)
{
    const void *bytes = NULL;
    la_int64_t offset = 0;
    piece->count = 0;
    int status = archive_read_data_block(reading->archive, &bytes, &piece->count, &offset);
    piece->bytes = bytes;
    piece->offset = (uint64_t)offset;
    *broken = (status != ARCHIVE_OK && status != ARCHIVE_EOF) || reading->err->code != WILLRUN_OK;
    return status == ARCHIVE_OK && !*broken;
}

/* Copy what is wanted of the entry's bytes, whose first piece is given. */
static bool spool(struct reading *reading, uint64_t size, struct piece piece, struct range *kept)
{
    unsigned char first[HEAD] = {0};
    struct span head = {first, 0};
    uint64_t keep = size < KEEP ? size : KEEP;
    bool broken = false;
    if (reading->writer == NULL)
        reading->writer = store_writer(reading->input->store);
    struct writer *writer = reading->writer;
    if (!writer_begin(writer, size, kept, reading->err))
        return false;
    do {
        for (size_t i = 0; i < piece.count && piece.offset + i < sizeof first; i++) {
            first[piece.offset + i] = piece.bytes[i];
            head.size = (size_t)piece.offset + i + 1;
        }
        if (piece.offset < sizeof first)
            keep = bytes_to_keep(reading, size, head);
        size_t wanted = piece.offset >= keep                ? 0
                        : piece.count < keep - piece.offset ? piece.count
                                                            : (size_t)(keep - piece.offset);
        if (wanted != 0 &&
            !writer_add(writer, kept, piece.offset, piece.bytes, wanted, reading->err))
            return false;
    } while (next_piece(reading, &piece, &broken));
    if (broken)
        return refuse(reading);
    writer_end(writer, kept, keep);
    return true;
}

/* The bytes of a mapped archive stay where they are, but for a sparse file's. */
static bool read_bytes(struct reading *reading, uint64_t size, struct range *kept)
{
    struct piece piece;
    bool broken;
    if (!next_piece(reading, &piece, &broken) && broken)
        return refuse(reading);
    if (reading->map == NULL || piece.offset != 0 || piece.count != size)
        return spool(reading, size, piece, kept);
    const struct range *range = &reading->input->range;
    *kept = (struct range){range->file,
                           range->offset + (uint64_t)(piece.bytes - reading->whole.data), size};
    return true;
}

/* Does a profile say that it knows no more than the file's name? */
static bool is_unknown(struct archive_entry *from)
{
    const char *name;
    const void *value;
    size_t size;
    if (archive_entry_xattr_reset(from) == 0)
        return false;
    while (archive_entry_xattr_next(from, &name, &value, &size) == ARCHIVE_OK)
        if (strcmp(name, PROFILE_CONTENT) == 0 && size == strlen(PROFILE_UNKNOWN) &&
            memcmp(value, PROFILE_UNKNOWN, size) == 0)
            return true;
    return false;
}

/* ---- entries ---- */

static enum node_type type_of(mode_t type)
{
    switch (type) {
    case AE_IFREG:
        return NODE_FILE;
    case AE_IFDIR:
        return NODE_DIR;
    case AE_IFLNK:
        return NODE_LINK;
    case AE_IFIFO:
        return NODE_FIFO;
    case AE_IFSOCK:
        return NODE_SOCKET;
    case AE_IFCHR:
        return NODE_CHAR;
    case AE_IFBLK:
        return NODE_BLOCK;
    default:
        return NODE_NONE;
    }
}

/* A link's target; a hard link leads to a name in the archive. */
static void read_target(struct reading *reading, struct archive_entry *from,
                        struct tar_entry *entry)
{
    const char *hard = hard_link_of(from);
    bool outside;
    entry->hard = hard != NULL;
    if (entry->hard) {
        if (!clean_name(reading->target, hard, &outside))
            reading->target[0] = 0; /* the top, which no link can lead to */
        entry->target = reading->target;
    } else if (entry->type == NODE_LINK) {
        entry->target = link_of(from);
    }
}

static bool read_file(struct reading *reading, struct archive_entry *from, struct content *content)
{
    *content =
        (struct content){.size = (uint64_t)archive_entry_size(from), .unknown = is_unknown(from)};
    return content->size == 0 || read_bytes(reading, content->size, &content->kept);
}

static bool read_entry(struct reading *reading, struct archive_entry *from, tar_found *found,
                       void *context)
{
    const char *name = name_of(from);
    struct tar_entry entry = {.path = reading->path,
                              .type = type_of(archive_entry_filetype(from)),
                              .mode = archive_entry_perm(from) & 07777,
                              .uid = (uint32_t)archive_entry_uid(from),
                              .gid = (uint32_t)archive_entry_gid(from)};
    read_target(reading, from, &entry);
    if (name == NULL || (entry.type == NODE_NONE && !entry.hard))
        return true;
    bool outside;
    entry.too_long = !clean_name(reading->path, name, &outside);
    entry.name = outside ? name : NULL;
    bool file = entry.type == NODE_FILE && !entry.hard && !entry.too_long && *entry.path != 0;
    if (file && !read_file(reading, from, &entry.content))
        return false;
    return found(context, &entry, reading->err);
}

static bool is_ok(const struct reading *reading)
{
    return reading->err->code == WILLRUN_OK;
}

static bool read_entries(struct reading *reading, tar_found *found, void *context)
{
    int status;
    while ((status = archive_read_next_header2(reading->archive, reading->entry)) != ARCHIVE_EOF) {
        /* to go on behind damage, as libarchive could, would be to guess */
        if (status == ARCHIVE_RETRY || status == ARCHIVE_FATAL || !is_ok(reading))
            return refuse(reading);
        if (is_unwanted(reading))
            return false;
        forget_pages(reading, archive_read_header_position(reading->archive));
        if (!read_entry(reading, reading->entry, found, context))
            return false;
    }
    return is_ok(reading);
}

/* So that a digest covers all of it, and a writer is not cut off. */
static bool drain(struct reading *reading)
{
    const void *bytes;
    ssize_t part = 1;
    for (uint64_t size = 0; size < DRAIN && part > 0; size += (uint64_t)part)
        part = stream_next(reading->input->stream, &bytes, reading->err);
    return part >= 0;
}

bool tar_read(const struct tar_input *input, tar_found *found, void *context, struct err *err)
{
    struct reading *reading = must_alloc(sizeof *reading);
    memset(reading, 0, sizeof *reading);
    reading->input = input;
    reading->err = err;
    bool done = open_archive(reading) ? read_entries(reading, found, context) : refuse(reading);
    if (done && input->stream != NULL)
        done = drain(reading);
    archive_read_free(reading->archive);
    archive_entry_free(reading->entry);
    if (reading->map != NULL)
        munmap(reading->map, reading->map_size);
    if (reading->writer != NULL && !writer_done(reading->writer, err))
        done = false;
    free(reading);
    return done;
}
