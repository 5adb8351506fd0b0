/* APPNOTE.TXT of PKWARE, sections 4.3 and 4.5.3. */
#include "inspect/zip.h"

#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST /* its input is not written to */
#include <zlib.h>

#include "base/must.h"
#include "inspect/kept.h"

enum {
    END_SIZE = 22,
    LOCATOR_SIZE = 20,
    END64_SIZE = 56,
    ENTRY_SIZE = 46,
    LOCAL_SIZE = 30,
    COMMENT_MOST = 0xffff,
    STORED = 0,
    DEFLATED = 8,
    EXTRA_64 = 1,
    ENCRYPTED = 1,
};

static uint64_t number(const unsigned char *at, unsigned size)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

static bool is_at(struct span archive, uint64_t offset, uint64_t size, const char *magic,
                  struct span *record)
{
    return span_at(archive, offset, size, record) && memcmp(record->data, magic, 4) == 0;
}

/* Where the directory lies, and how many entries it has. */
static bool find_directory(struct span archive, uint64_t *at, uint64_t *size, uint64_t *count)
{
    struct span end, locator, end64;
    if (archive.size < END_SIZE)
        return false;
    size_t first = archive.size - END_SIZE, least = 0;
    if (first > COMMENT_MOST)
        least = first - COMMENT_MOST;
    while (!is_at(archive, first, END_SIZE, "PK\5\6", &end))
        if (first-- == least)
            return false;
    *count = number(end.data + 10, 2);
    *size = number(end.data + 12, 4);
    *at = number(end.data + 16, 4);
    if (first < LOCATOR_SIZE ||
        !is_at(archive, first - LOCATOR_SIZE, LOCATOR_SIZE, "PK\6\7", &locator) ||
        !is_at(archive, number(locator.data + 8, 8), END64_SIZE, "PK\6\6", &end64))
        return true;
    *count = number(end64.data + 32, 8);
    *size = number(end64.data + 40, 8);
    *at = number(end64.data + 48, 8);
    return true;
}

/* Numbers that did not fit stand in an extra field, those that are needed, in this order. */
static void read_extra(struct span extra, struct zip_entry *entry)
{
    uint64_t *const fields[] = {&entry->size, &entry->packed, &entry->header};
    while (extra.size >= 4) {
        size_t size = (size_t)number(extra.data + 2, 2), used = 0;
        struct span field;
        if (!span_at(extra, 4, size, &field))
            return;
        for (size_t i = 0; number(extra.data, 2) == EXTRA_64 && i < 3; i++)
            if (*fields[i] == UINT32_MAX && used + 8 <= field.size) {
                *fields[i] = number(field.data + used, 8);
                used += 8;
            }
        extra = (struct span){field.data + size, extra.size - 4 - size};
    }
}

bool zip_list(struct span archive, struct arena *arena, struct zip_entry **entries, size_t *count)
{
    struct VEC(struct zip_entry) list = {0};
    uint64_t at, size, claimed;
    struct span directory, record, name, extra;
    if (!find_directory(archive, &at, &size, &claimed) || !span_at(archive, at, size, &directory))
        return false;
    for (uint64_t next = 0; list.count < claimed;) {
        if (!is_at(directory, next, ENTRY_SIZE, "PK\1\2", &record))
            break;
        uint64_t name_size = number(record.data + 28, 2), extra_size = number(record.data + 30, 2);
        if (!span_at(directory, next + ENTRY_SIZE, name_size, &name) ||
            !span_at(directory, next + ENTRY_SIZE + name_size, extra_size, &extra))
            break;
        struct zip_entry *entry = vec_push(&list);
        *entry = (struct zip_entry){.name = arena_copy(arena, (const char *)name.data, name.size),
                                    .mode = (unsigned)number(record.data + 38, 4) >> 16 & 07777,
                                    .packed = number(record.data + 20, 4),
                                    .size = number(record.data + 24, 4),
                                    .header = number(record.data + 42, 4),
                                    .method = (unsigned)number(record.data + 10, 2)};
        if ((number(record.data + 8, 2) & ENCRYPTED) != 0)
            entry->method = UINT16_MAX; /* nobody can read it */
        read_extra(extra, entry);
        next += ENTRY_SIZE + name_size + extra_size + number(record.data + 32, 2);
    }
    bool whole = list.count == claimed;
    *entries = vec_kept(arena, &list, count);
    return whole;
}

/* Raw deflate; what comes out decides how much is held, not what the archive claims. */
static bool expand(struct span packed, size_t most, struct span *bytes, unsigned char **heap)
{
    z_stream stream = {0};
    size_t room = most < 1 << 16 ? most : 1 << 16, have = 0;
    int state = inflateInit2(&stream, -MAX_WBITS);
    unsigned char *to = must_alloc(room);
    size_t left = packed.size;
    stream.next_in = packed.data;
    while (state == Z_OK && have < most) {
        if (have == room) {
            room = room > most / 2 ? most : room * 2;
            to = must_realloc(to, room);
        }
        if (stream.avail_in == 0) {
            stream.avail_in = left < 1U << 30 ? (uInt)left : 1U << 30;
            left -= stream.avail_in;
        }
        stream.next_out = to + have;
        stream.avail_out = room - have < 1U << 30 ? (uInt)(room - have) : 1U << 30;
        state = inflate(&stream, Z_NO_FLUSH);
        have = (size_t)(stream.next_out - to);
    }
    inflateEnd(&stream);
    must_have(state != Z_MEM_ERROR ? to : NULL); /* or it would pass for no program */
    *bytes = (struct span){to, have};
    *heap = to;
    return state == Z_STREAM_END || have == most;
}

bool zip_read(struct span archive, const struct zip_entry *entry, size_t most, struct span *bytes,
              unsigned char **heap)
{
    struct span local, packed;
    *heap = NULL;
    if (!is_at(archive, entry->header, LOCAL_SIZE, "PK\3\4", &local))
        return false;
    uint64_t skip = LOCAL_SIZE + number(local.data + 26, 2) + number(local.data + 28, 2);
    if (!span_at(archive, entry->header + skip, entry->packed, &packed))
        return false;
    if (entry->method == STORED) {
        *bytes = (struct span){packed.data, packed.size < most ? packed.size : most};
        return true;
    }
    return entry->method == DEFLATED && most != 0 && expand(packed, most, bytes, heap);
}
