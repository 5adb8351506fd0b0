#include "source/profile.h"

#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <unistd.h>

#include "base/must.h"
#include "source/archive_open.h"

enum {
    TEXT_MOST = 1 << 16, /* bytes: the member is far shorter */
    BLOCK = 4096,        /* it stands at the start: little of the file is read */
};

struct reading {
    int fd;
    unsigned char block[BLOCK];
};

static la_ssize_t give_block(struct archive *archive, void *context, const void **bytes)
{
    struct reading *reading = context;
    (void)archive;
    *bytes = reading->block;
    return read(reading->fd, reading->block, sizeof reading->block);
}

static const char *first_member(struct archive *archive, struct archive_entry *entry,
                                struct reading *reading, struct arena *arena)
{
    archive_read_support_format_tar(archive);
    archive_read_support_filter_zstd(archive);
    if (!archive_open(archive, give_block, reading) ||
        archive_read_next_header2(archive, entry) < ARCHIVE_WARN)
        return NULL;
    const char *name = archive_entry_pathname(entry);
    la_int64_t size = archive_entry_size(entry);
    if (name == NULL || strcmp(name, PROFILE_MEMBER) != 0 || size < 0 || size > TEXT_MOST)
        return NULL;
    char *text = arena_alloc(arena, (size_t)size + 1);
    return archive_read_data(archive, text, (size_t)size) == size ? text : NULL;
}

const char *profile_origin(int fd, struct arena *arena)
{
    struct archive *archive = must_have(archive_read_new());
    struct archive_entry *entry = must_have(archive_entry_new());
    struct reading reading = {.fd = fd};
    const char *text = first_member(archive, entry, &reading, arena);
    archive_read_free(archive);
    archive_entry_free(entry);
    close(fd);
    return text;
}
