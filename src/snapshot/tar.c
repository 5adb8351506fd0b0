#include "snapshot/tar.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "base/vec.h"

enum { LEVEL = 19 }; /* of zstd: a profile is written once and read often */

struct tar {
    FILE *out;
    struct err *err;
    ZSTD_CCtx *zstd;
    size_t written; /* bytes since the last header: a member ends on a block */
};

struct tar *tar_new(FILE *out, struct err *err)
{
    struct tar *tar = must_alloc(sizeof *tar);
    *tar = (struct tar){.out = out, .err = err, .zstd = ZSTD_createCCtx()};
    if (tar->zstd == NULL ||
        ZSTD_isError(ZSTD_CCtx_setParameter(tar->zstd, ZSTD_c_compressionLevel, LEVEL)) ||
        ZSTD_isError(ZSTD_CCtx_setParameter(tar->zstd, ZSTD_c_checksumFlag, 1)))
        err_set(err, WILLRUN_ENOMEM, "out of memory for the compression");
    return tar;
}

void tar_free(struct tar *tar)
{
    ZSTD_freeCCtx(tar->zstd);
    free(tar);
}

/* ---- bytes ---- */

static bool compress(struct tar *tar, const void *data, size_t size, ZSTD_EndDirective end)
{
    unsigned char room[1 << 14];
    ZSTD_inBuffer in = {data, size, 0};
    for (size_t left = 1; tar->err->code == WILLRUN_OK && (in.pos < in.size || left != 0);) {
        ZSTD_outBuffer out = {room, sizeof room, 0};
        left = ZSTD_compressStream2(tar->zstd, &out, &in, end);
        if (ZSTD_isError(left))
            return err_set(tar->err, WILLRUN_EOUTPUT, "zstd: %s", ZSTD_getErrorName(left));
        if (fwrite(room, 1, out.pos, tar->out) != out.pos)
            return err_set(tar->err, WILLRUN_EOUTPUT, "the archive cannot be written: %s",
                           err_text(errno));
        if (end == ZSTD_e_continue && in.pos == in.size)
            left = 0;
    }
    return tar->err->code == WILLRUN_OK;
}

bool tar_data(struct tar *tar, const unsigned char *data, size_t size)
{
    tar->written += size;
    return compress(tar, data, size, ZSTD_e_continue);
}

bool tar_zeros(struct tar *tar, size_t size)
{
    static const unsigned char zeros[1 << 14];
    for (; size > sizeof zeros; size -= sizeof zeros)
        if (!tar_data(tar, zeros, sizeof zeros))
            return false;
    return tar_data(tar, zeros, size);
}

/* Up to the next block. */
bool tar_end(struct tar *tar)
{
    return tar_zeros(tar, (TAR_BLOCK - tar->written % TAR_BLOCK) % TAR_BLOCK);
}

bool tar_finish(struct tar *tar)
{
    return tar_zeros(tar, 2 * (size_t)TAR_BLOCK) && compress(tar, NULL, 0, ZSTD_e_end);
}

/* ---- headers ---- */

struct text VEC(char);

__attribute__((format(printf, 2, 3))) static void add(struct text *text, const char *format, ...)
{
    char *made;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&made, format, args);
    va_end(args);
    for (int i = 0; i < length; i++)
        *vec_push(text) = made[i];
    if (length >= 0)
        free(made);
}

/* "LENGTH KEY=VALUE\n", where the length counts its own digits. */
static void add_record(struct text *text, const char *key, const char *value)
{
    size_t bare = strlen(key) + strlen(value) + 3, digits = 1;
    for (size_t ten = 10; bare + digits >= ten; ten *= 10)
        digits++;
    add(text, "%zu %s=%s\n", bare + digits, key, value);
}

static void add_number(struct text *text, const char *key, size_t value)
{
    char digits[24];
    snprintf(digits, sizeof digits, "%zu", value);
    add_record(text, key, digits);
}

/* A number in octal digits, with the NUL behind it; false where it has too many. */
static bool put_octal(unsigned char *field, size_t size, uint64_t number)
{
    field[size - 1] = 0;
    for (size_t i = size - 1; i-- > 0; number >>= 3)
        field[i] = (unsigned char)('0' + (number & 7));
    return number == 0;
}

/* A text that fills its field needs no NUL. */
static bool put_text(unsigned char *field, size_t size, const char *text)
{
    size_t length = strlen(text);
    memcpy(field, text, length < size ? length : size);
    return length <= size;
}

/* A name in the header's two fields, cut at a slash where it must be. */
static bool put_name(unsigned char *header, const char *name)
{
    enum { NAME = 100, PREFIX = 155 };
    if (put_text(header, NAME, name))
        return true;
    for (const char *slash = strchr(name, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        size_t before = (size_t)(slash - name);
        if (before == 0 || before > PREFIX || strlen(slash + 1) > NAME || slash[1] == 0)
            continue;
        memset(header, 0, NAME);
        put_text(header, NAME, slash + 1);
        memcpy(header + 345, name, before);
        return true;
    }
    return false;
}

static bool write_header(struct tar *tar, unsigned char *header)
{
    unsigned sum = 0;
    memcpy(header + 257, "ustar\00000", 8);
    memset(header + 148, ' ', 8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += header[i];
    put_octal(header + 148, 7, sum);
    bool put = tar_data(tar, header, TAR_BLOCK);
    tar->written = 0;
    return put;
}

/* What the header of `member` itself cannot say goes before it as a member of
 * its own (pax, "Extended Header"). */
static bool write_extension(struct tar *tar, const struct text *records)
{
    unsigned char header[TAR_BLOCK] = {0};
    if (records->count == 0)
        return true;
    put_text(header, 100, "././@PaxHeader");
    put_octal(header + 100, 8, 0644);
    put_octal(header + 108, 8, 0);
    put_octal(header + 116, 8, 0);
    put_octal(header + 124, 12, records->count);
    put_octal(header + 136, 12, 0);
    header[156] = 'x';
    return write_header(tar, header) &&
           tar_data(tar, (const unsigned char *)records->at, records->count) && tar_end(tar);
}

/* GNU's sparse format 1.0: the map stands before the data, in decimal lines. */
static void make_map(const struct tar_member *member, struct text *map)
{
    const struct tar_run *last = &member->runs[member->run_count - 1];
    bool open = last->offset + last->size < member->size; /* a hole at the end: an empty run */
    add(map, "%zu\n", member->run_count + open);
    for (size_t i = 0; i < member->run_count; i++)
        add(map, "%zu\n%zu\n", member->runs[i].offset, member->runs[i].size);
    if (open)
        add(map, "%zu\n0\n", member->size);
    while (map->count % TAR_BLOCK != 0)
        *vec_push(map) = 0;
}

static void add_sparse(struct text *records, const struct tar_member *member)
{
    add_record(records, "GNU.sparse.major", "1");
    add_record(records, "GNU.sparse.minor", "0");
    add_record(records, "GNU.sparse.name", member->name);
    add_number(records, "GNU.sparse.realsize", member->size);
}

static size_t stored_size(const struct tar_member *member, const struct text *map)
{
    size_t size = map->count;
    for (size_t i = 0; i < member->run_count; i++)
        size += member->runs[i].size;
    return member->runs != NULL ? size : member->size;
}

/* Tools that know nothing of sparse members unpack this name. */
static void put_stand_in(unsigned char *header, const char *name)
{
    const char *slash = strrchr(name, '/');
    char text[100] = "GNUSparseFile.0/";
    size_t length = strlen(text);
    put_text((unsigned char *)text + length, sizeof text - length - 1,
             slash != NULL ? slash + 1 : name);
    put_text(header, 100, text);
}

static void fill_header(unsigned char *header, const struct tar_member *member, size_t size,
                        struct text *records)
{
    static const char types[] = {
        [TAR_FILE] = '0',   [TAR_HARD_LINK] = '1', [TAR_LINK] = '2', [TAR_CHAR] = '3',
        [TAR_DEVICE] = '4', [TAR_DIR] = '5',       [TAR_FIFO] = '6'};
    if (member->runs != NULL)
        put_stand_in(header, member->name);
    else if (!put_name(header, member->name))
        add_record(records, "path", member->name);
    if (member->unknown)
        add_record(records, TAR_UNKNOWN, "unknown");
    if (member->target != NULL && !put_text(header + 157, 100, member->target))
        add_record(records, "linkpath", member->target);
    put_octal(header + 100, 8, member->mode);
    if (!put_octal(header + 108, 8, member->uid))
        add_number(records, "uid", member->uid);
    if (!put_octal(header + 116, 8, member->gid))
        add_number(records, "gid", member->gid);
    if (!put_octal(header + 124, 12, size))
        add_number(records, "size", size);
    put_octal(header + 136, 12, 0);
    header[156] = (unsigned char)types[member->type];
    if (member->type == TAR_CHAR ||
        member->type == TAR_DEVICE) /* no number that means a whiteout */
        put_octal(header + 329, 8, 1), put_octal(header + 337, 8, 3);
}

bool tar_begin(struct tar *tar, const struct tar_member *member)
{
    unsigned char header[TAR_BLOCK] = {0};
    struct text records = {0}, map = {0};
    if (member->runs != NULL) {
        make_map(member, &map);
        add_sparse(&records, member);
    }
    fill_header(header, member, stored_size(member, &map), &records);
    bool begun = write_extension(tar, &records) && write_header(tar, header) &&
                 tar_data(tar, (const unsigned char *)map.at, map.count);
    vec_free(&records);
    vec_free(&map);
    return begun;
}
