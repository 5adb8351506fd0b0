/* tar, by libarchive, which knows its dialects: pax, GNU's long names and sparse
 * files, star's. Layers as in the OCI image specification, layer.md. */
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
#include "source/profile.h"

enum {
    HEAD = EI_NIDENT + 2,  /* first bytes that tell what a loader maps */
    KEEP = FILE_START,     /* first bytes that are kept of whatever file */
    KEEP_CONFIG = 8 << 20, /* … of one of a folder where the system keeps what it reads */
    FORGET = 32 << 20,     /* bytes walked over before the pages are given back */
    LINK_ROUNDS = 8,       /* hard links to hard links that come later */
    DRAIN = 64 << 20,      /* bytes behind the end that are still read from a pipe */
};

/* A program may be that large; what is larger is kept by its first bytes. */
static const uint64_t largest_program = 16ULL << 30;

static const char opaque_name[] = ".wh..wh..opq", whiteout[] = ".wh.", reserved[] = ".wh..wh.";

/* A hard link to what was not there yet; places in tree->names. */
struct late_link {
    uint32_t name, target;
};

struct reading {
    const struct tar_input *input;
    const struct tar_output *output;
    struct archive_tree *tree;
    struct archive *archive;
    struct err *err;
    unsigned char *map; /* page-aligned; NULL: a stream */
    struct span whole;  /* the archive in `map` */
    size_t map_size, forgotten;
    struct VEC(struct late_link) late;
    char name[PATH_MAX]; /* of the entry, without "." and ".." */
    bool outside;        /* it had led out of the root */
};

/* ---- libarchive ---- */

static la_ssize_t give(struct archive *archive, void *context, const void **bytes)
{
    struct reading *reading = context;
    ssize_t part = stream_next(reading->input->stream, bytes, reading->err);
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
                     store_fd(reading->output->store, range.file), (off_t)(range.offset - skip));
    if (map == MAP_FAILED)
        return err_set(reading->err, WILLRUN_EINPUT, "%s cannot be mapped: %s",
                       reading->input->label, err_text(errno));
    reading->map = map;
    reading->whole = (struct span){reading->map + skip, (size_t)range.size};
    return true;
}

static bool open_archive(struct reading *reading)
{
    reading->archive = archive_read_new();
    archive_read_support_format_tar(reading->archive);
    if (reading->input->stream != NULL)
        return archive_read_open(reading->archive, reading, NULL, give, NULL) == ARCHIVE_OK;
    return map_input(reading) && archive_read_open_memory(reading->archive, reading->whole.data,
                                                          reading->whole.size) == ARCHIVE_OK;
}

static bool refuse(struct reading *reading)
{
    const char *why = archive_error_string(reading->archive);
    if (archive_format(reading->archive) == 0)
        return err_set(reading->err, WILLRUN_EINPUT, "%s is no tar archive", reading->input->label);
    return err_set(reading->err, WILLRUN_EINPUT, "%s cannot be read to its end, behind %s: %s",
                   reading->input->label, *reading->name != 0 ? reading->name : "its start",
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

/* `name` in reading->name, as seen from the root; false: it is too long. */
static bool clean_name(struct reading *reading, const char *name)
{
    size_t length = 0;
    reading->outside = false;
    reading->name[0] = 0;
    for (size_t part; *name != 0; name += part + (name[part] == '/')) {
        part = strcspn(name, "/");
        if (part == 0 || (part == 1 && name[0] == '.'))
            continue;
        if (part == 2 && memcmp(name, "..", 2) == 0) {
            reading->outside |= length == 0;
            while (length > 0 && reading->name[--length] != '/')
                ;
        } else {
            if (length + part + 2 > sizeof reading->name)
                return false;
            if (length != 0)
                reading->name[length++] = '/';
            memcpy(reading->name + length, name, part);
            length += part;
        }
        reading->name[length] = 0;
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

static void note(struct reading *reading, enum oddity kind, const char *path, const char *why)
{
    notes_add(reading->output->notes, kind, path, "%s: %s %s", reading->input->label, path, why);
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
    if (reading->output->parts && is_part(reading->name))
        return size;
    if ((is_program(head) || ends_with(reading->name, "/locale-archive")) &&
        size <= largest_program)
        return size;
    uint64_t most = is_config(reading->name) ? KEEP_CONFIG : KEEP;
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
    struct store *store = reading->output->store;
    unsigned char first[HEAD] = {0};
    struct span head = {first, 0};
    uint64_t keep = size < KEEP ? size : KEEP;
    bool broken = false;
    if (!store_begin(store, size, kept, reading->err))
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
        if (wanted != 0 && !store_add(store, kept, piece.offset, piece.bytes, wanted, reading->err))
            return false;
    } while (next_piece(reading, &piece, &broken));
    return broken ? refuse(reading) : store_end(store, kept, keep, reading->err);
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

static bool read_file(struct reading *reading, struct archive_entry *from, uint32_t id)
{
    struct range kept = {0};
    uint64_t size = (uint64_t)archive_entry_size(from);
    if (size != 0 && !read_bytes(reading, size, &kept))
        return false;
    uint32_t content = tree_add_content(reading->tree, kept, size);
    reading->tree->contents.at[content].unknown = is_unknown(from);
    tree_at(reading->tree, id)->value = content;
    return true;
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

static void set_owner(const struct reading *reading, struct archive_entry *from, uint32_t id)
{
    struct entry *entry = tree_at(reading->tree, id);
    entry->mode = (uint16_t)(archive_entry_perm(from) & 07777);
    entry->uid = (uint32_t)archive_entry_uid(from);
    entry->gid = (uint32_t)archive_entry_gid(from);
}

/* The entry is put at reading->name; ENTRY_NONE with a note, or with an error. */
static uint32_t put(struct reading *reading, enum node_type type)
{
    const char *name;
    size_t length;
    int error = 0;
    uint32_t dir = tree_parent(reading->tree, reading->name, &name, &length, &error, reading->err);
    if (dir != ENTRY_NONE)
        return tree_put(reading->tree, dir, name, length, type, reading->err);
    if (reading->err->code == WILLRUN_OK)
        notes_add(reading->output->notes, ODDITY_UNPACKING, reading->name,
                  "%s: %s cannot be unpacked: %s", reading->input->label, reading->name,
                  err_text(error));
    return ENTRY_NONE;
}

static bool is_ok(const struct reading *reading)
{
    return reading->err->code == WILLRUN_OK;
}

static bool read_link(struct reading *reading, struct archive_entry *from, uint32_t id)
{
    const char *target = link_of(from);
    size_t length = strnlen(target, PATH_MAX);
    uint32_t text;
    if (!tree_keep_text(reading->tree, target, length, &text, reading->err))
        return false;
    tree_at(reading->tree, id)->value = text;
    return true;
}

/* One more name for the entry `target`. */
static bool link_to(struct reading *reading, uint32_t target)
{
    struct entry old = *tree_at(reading->tree, target);
    if (old.type == NODE_FILE) /* it may be the one that the new name replaces */
        reading->tree->contents.at[old.value].links++;
    uint32_t id = put(reading, (enum node_type)old.type);
    if (id == ENTRY_NONE) {
        if (old.type == NODE_FILE)
            reading->tree->contents.at[old.value].links--;
        return is_ok(reading);
    }
    struct entry *entry = tree_at(reading->tree, id);
    entry->mode = old.mode;
    entry->uid = old.uid;
    entry->gid = old.gid;
    entry->value = old.value;
    return true;
}

/* A link sees what this layer hides: it is still there when the layer is made. */
static uint32_t find_target(const struct reading *reading, const char *target)
{
    int error;
    uint32_t id = tree_lookup(reading->tree, target, false, true, &error);
    return id != ENTRY_NONE && tree_at(reading->tree, id)->type != NODE_DIR ? id : ENTRY_NONE;
}

/* Come back to the link when the archive is read. */
static bool keep_late(struct reading *reading, const char *name, const char *target)
{
    struct late_link late;
    if (!tree_keep_text(reading->tree, name, strlen(name), &late.name, reading->err) ||
        !tree_keep_text(reading->tree, target, strlen(target), &late.target, reading->err))
        return false;
    *vec_push(&reading->late) = late;
    return true;
}

static bool read_hard_link(struct reading *reading, const char *to)
{
    char name[PATH_MAX], target[PATH_MAX];
    memcpy(name, reading->name, sizeof name);
    if (!clean_name(reading, to))
        reading->name[0] = 0; /* the top, which no link can lead to */
    memcpy(target, reading->name, sizeof target);
    memcpy(reading->name, name, sizeof name);
    uint32_t id = find_target(reading, target);
    return id != ENTRY_NONE ? link_to(reading, id) : keep_late(reading, name, target);
}

/* Links whose target came behind them, and at last those to nothing. */
static bool settle_links(struct reading *reading)
{
    size_t left = reading->late.count, before = left + 1;
    for (unsigned round = 0; round < LINK_ROUNDS && left != 0 && left < before; round++) {
        before = left;
        left = 0;
        for (size_t i = 0; i < before; i++) {
            struct late_link late = reading->late.at[i];
            uint32_t id = find_target(reading, tree_text(reading->tree, late.target));
            if (id == ENTRY_NONE)
                reading->late.at[left++] = late;
            clean_name(reading, tree_text(reading->tree, late.name));
            if (id != ENTRY_NONE && !link_to(reading, id))
                return false;
        }
    }
    for (size_t i = 0; i < left; i++) {
        const char *name = tree_text(reading->tree, reading->late.at[i].name);
        notes_add(reading->output->notes, ODDITY_LINK, name,
                  "%s: %s is a hard link to %s, which is no file there, so it does not exist",
                  reading->input->label, name,
                  tree_text(reading->tree, reading->late.at[i].target));
    }
    return true;
}

/* ---- layers ---- */

/* Is the name a mark of the layer format, and no file? Then it is heeded. */
static bool read_mark(struct reading *reading)
{
    char *slash = strrchr(reading->name, '/');
    char *base = slash != NULL ? slash + 1 : reading->name;
    int error;
    if (starts_with(reading->name, reserved)
            ? strcmp(reading->name, opaque_name) != 0
            : strstr(reading->name, "/.wh..wh.") != NULL && strcmp(base, opaque_name) != 0)
        return true; /* what aufs kept for itself */
    if (!starts_with(base, whiteout))
        return false;
    bool opaque = strcmp(base, opaque_name) == 0;
    if (!opaque)
        memmove(base, base + strlen(whiteout), strlen(base + strlen(whiteout)) + 1);
    else if (slash != NULL)
        *slash = 0;
    else
        *base = 0;
    uint32_t id = tree_lookup(reading->tree, reading->name, opaque, false, &error);
    if (id == ENTRY_NONE || (id == ENTRY_TOP && !opaque))
        return true;
    if (!opaque)
        tree_hide(reading->tree, id);
    else if (tree_at(reading->tree, id)->type == NODE_DIR)
        tree_hide_below(reading->tree, id);
    return true;
}

static bool read_entry(struct reading *reading, struct archive_entry *from)
{
    const char *name = name_of(from), *target = hard_link_of(from);
    enum node_type type = type_of(archive_entry_filetype(from));
    if (name == NULL || (type == NODE_NONE && target == NULL))
        return true;
    if (!clean_name(reading, name)) {
        note(reading, ODDITY_UNPACKING, reading->name, "begins a path that is too long to unpack");
        return true;
    }
    if (reading->outside)
        notes_add(reading->output->notes, ODDITY_OUTSIDE, name,
                  "%s: the name %s leads out of the root; it is taken as /%s",
                  reading->input->label, name, reading->name);
    if (*reading->name == 0) { /* the top itself */
        if (type == NODE_DIR)
            set_owner(reading, from, ENTRY_TOP);
        return true;
    }
    if (strcmp(reading->name, PROFILE_MEMBER) == 0) {
        if (reading->output->profile != NULL)
            *reading->output->profile = true;
        return true;
    }
    if (reading->output->layer && read_mark(reading))
        return true;
    if (target != NULL)
        return read_hard_link(reading, target);
    uint32_t id = put(reading, type);
    if (id == ENTRY_NONE)
        return is_ok(reading);
    set_owner(reading, from, id);
    if (type == NODE_LINK)
        return read_link(reading, from, id);
    return type != NODE_FILE || read_file(reading, from, id);
}

static bool read_entries(struct reading *reading)
{
    struct archive_entry *entry;
    int status;
    while ((status = archive_read_next_header(reading->archive, &entry)) != ARCHIVE_EOF) {
        /* to go on behind damage, as libarchive could, would be to guess */
        if (status == ARCHIVE_RETRY || status == ARCHIVE_FATAL || !is_ok(reading))
            return refuse(reading);
        if (meter_stops(meter_here, reading->input->label, reading->err))
            return false;
        forget_pages(reading, archive_read_header_position(reading->archive));
        if (!read_entry(reading, entry))
            return false;
    }
    return is_ok(reading) && settle_links(reading);
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

bool tar_read(const struct tar_input *input, const struct tar_output *output, struct err *err)
{
    struct reading *reading = must_alloc(sizeof *reading);
    memset(reading, 0, sizeof *reading);
    reading->input = input;
    reading->output = output;
    reading->tree = output->tree;
    reading->err = err;
    bool done = open_archive(reading) ? read_entries(reading) : refuse(reading);
    if (done && input->stream != NULL)
        done = drain(reading);
    archive_read_free(reading->archive);
    if (reading->map != NULL)
        munmap(reading->map, reading->map_size);
    vec_free(&reading->late);
    free(reading);
    if (done)
        tree_end_layer(output->tree);
    return done && store_flush(output->store, err);
}
