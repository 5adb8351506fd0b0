#include "inspect/archive.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>

#include "base/must.h"
#include "inspect/copy.h"
#include "inspect/zip.h"
#include "source/archive_open.h"

/* Archives in archives, such as data.tar.xz in a .deb and jars in a .war. */
enum { DEEPEST = 4 };
static const size_t MOST = (size_t)1 << 30; /* bytes of one file that are expanded */

static void gather(const char *name, struct span archive, unsigned depth,
                   struct gathering *gathering);

static const struct {
    size_t at, size;
    const char *magic;
} magics[] = {
    {0, 4, "PK\3\4"},
    {0, 4, "PK\5\6"},
    {0, 8, "!<arch>\n"},
    {0, 4, "\xed\xab\xee\xdb"}, /* rpm */
    {0, 2, "\x1f\x8b"},
    {0, 4, "\x28\xb5\x2f\xfd"},
    {0, 6,
     "\xfd"
     "7zXZ\0"},
    {0, 3, "BZh"},
    {257, 5, "ustar"},
};

bool archive_is(struct span head)
{
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++) {
        struct span part;
        if (span_at(head, magics[i].at, magics[i].size, &part) &&
            memcmp(part.data, magics[i].magic, part.size) == 0)
            return true;
    }
    return false;
}

bool archive_is_zip(struct span head)
{
    return head.size >= 4 &&
           (memcmp(head.data, "PK\3\4", 4) == 0 || memcmp(head.data, "PK\5\6", 4) == 0);
}

static bool is_elf(struct span head)
{
    return head.size >= 4 && memcmp(head.data, "\177ELF", 4) == 0;
}

void gather_file(const struct place *place, struct span bytes, bool named,
                 struct gathering *gathering)
{
    struct willrun_inspected file;
    struct arena scratch = {0};
    describe(place, bytes, &scratch, &file);
    if (named || describe_wants(&file))
        *vec_push(&gathering->files) = inspected_copy(&file, gathering->arena);
    arena_free(&scratch);
}

static void trouble(struct gathering *gathering, const char *name, const char *why)
{
    *vec_push(&gathering->troubles) =
        arena_format(gathering->arena, "%s cannot be read to its end: %s", name, why);
}

/* One member whose bytes are there. */
static void take(const struct place *place, struct span bytes, unsigned depth,
                 struct gathering *gathering)
{
    if (is_elf(bytes))
        gather_file(place, bytes, false, gathering);
    else if (depth < DEEPEST && archive_is(bytes))
        gather(arena_format(gathering->arena, "%s/%s", place->archive, place->path), bytes,
               depth + 1, gathering);
}

/* ---- zip ---- */

struct zip_names {
    const struct zip_entry *entries;
    size_t count;
};

static bool has_library(const void *context, const char *library)
{
    const struct zip_names *names = context;
    for (size_t i = 0; i < names->count; i++) {
        const char *slash = strrchr(names->entries[i].name, '/');
        if (strcmp(slash != NULL ? slash + 1 : names->entries[i].name, library) == 0)
            return true;
    }
    return false;
}

static void gather_zip(const char *name, struct span archive, unsigned depth,
                       struct gathering *gathering)
{
    enum { HEAD = 264 }; /* bytes by which a member's kind is told */
    struct zip_entry *entries;
    size_t count;
    if (!zip_list(archive, gathering->arena, &entries, &count)) {
        trouble(gathering, name, "its directory is broken");
        return;
    }
    struct zip_names names = {entries, count};
    for (size_t i = 0; i < count; i++) {
        struct span bytes;
        unsigned char *heap;
        if (!zip_read(archive, &entries[i], HEAD, &bytes, &heap)) {
            free(heap);
            continue; /* a folder, or nothing that starts as a program does */
        }
        bool wanted = is_elf(bytes) || archive_is(bytes);
        free(heap);
        if (!wanted)
            continue;
        if (!zip_read(archive, &entries[i], MOST, &bytes, &heap)) {
            trouble(gathering, name, entries[i].name);
        } else {
            struct place place = {entries[i].name, name,   entries[i].mode,
                                  has_library,     &names, NULL};
            place.mode = place.mode != 0 ? place.mode : 0755;
            take(&place, bytes, depth, gathering);
        }
        free(heap);
    }
}

/* ---- what libarchive reads ---- */

static bool allow(struct archive *archive)
{
    static int (*const support[])(struct archive *) = {
        archive_read_support_format_tar,   archive_read_support_format_ar,
        archive_read_support_format_cpio,  archive_read_support_filter_gzip,
        archive_read_support_filter_zstd,  archive_read_support_filter_xz,
        archive_read_support_filter_bzip2, archive_read_support_filter_rpm,
    };
    for (size_t i = 0; i < sizeof support / sizeof *support; i++)
        if (support[i](archive) != ARCHIVE_OK) /* a warning: it would start a program for it */
            return false;
    return true;
}

/* The bytes of the entry at hand, with malloc: the first ones where they are of no interest. */
static struct span read_entry(struct archive *archive)
{
    size_t room = 1 << 16, have = 0;
    unsigned char *to = must_alloc(room);
    for (;;) {
        la_ssize_t part = archive_read_data(archive, to + have, room - have);
        if (part <= 0)
            break;
        have += (size_t)part;
        struct span head = {to, have};
        if (have >= MOST || (have >= 512 && !is_elf(head) && !archive_is(head)))
            break;
        if (have == room) {
            room *= 2;
            to = must_realloc(to, room);
        }
    }
    return (struct span){to, have};
}

static void gather_packed(const char *name, struct span packed, unsigned depth,
                          struct gathering *gathering)
{
    struct archive *archive = must_have(archive_read_new());
    struct archive_entry *entry = must_have(archive_entry_new());
    size_t members = 0;
    int state = allow(archive) && archive_open_span(archive, &packed) ? ARCHIVE_OK : ARCHIVE_FATAL;
    while (state >= ARCHIVE_WARN) {
        state = archive_read_next_header2(archive, entry);
        if (state == ARCHIVE_EOF || state < ARCHIVE_WARN)
            break;
        members++;
        const char *path = archive_entry_pathname(entry);
        mode_t type = archive_entry_filetype(entry); /* 0: ar(1) keeps permissions alone */
        if ((type != AE_IFREG && type != 0) || path == NULL)
            continue;
        struct place place = {.path = arena_string(gathering->arena, path),
                              .archive = name,
                              .mode = archive_entry_perm(entry)};
        struct span bytes = read_entry(archive);
        take(&place, bytes, depth, gathering);
        free((void *)(uintptr_t)bytes.data);
    }
    const char *why = archive_error_string(archive);
    /* a packed file that is no archive is one of many in an archive, and none's trouble */
    if (state != ARCHIVE_EOF && (depth == 0 || members != 0))
        trouble(gathering, name, why != NULL ? why : "it is no archive of a known kind");
    archive_read_free(archive);
    archive_entry_free(entry);
}

static void gather(const char *name, struct span archive, unsigned depth,
                   struct gathering *gathering)
{
    if (archive_is_zip(archive))
        gather_zip(name, archive, depth, gathering);
    else
        gather_packed(name, archive, depth, gathering);
}

void archive_gather(const char *name, struct span archive, struct gathering *gathering)
{
    gather(name, archive, 0, gathering);
}
