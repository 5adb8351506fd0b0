/* A profile as a source: a tar.zst as `willrun snapshot` writes it, unpacked in
 * memory. Its members are POSIX's (pax), with GNU's sparse format 1.0. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "base/vec.h"
#include "snapshot/tar.h"
#include "source/source.h"

enum {
    MOST_BYTES = 1 << 30, /* of a profile, unpacked: more is no profile */
    AS_USUAL = 16,        /* how many times smaller zstd makes one, or a little less */
};

struct member {
    const char *path;   /* without a slash at its ends; "" is the root itself */
    const char *target; /* of a link; NULL: none */
    struct span data;   /* as it is stored: of a sparse file the map, then the runs */
    uint64_t size;      /* bytes of the file */
    size_t file;        /* whose bytes it has: its own index, or that of a hard link's target */
    enum node_type type;
    uint32_t mode, uid, gid;
    bool sparse, unknown;
    bool hard; /* a hard link: `target` is the path of its file */
};

struct members VEC(struct member);

struct profile {
    struct source source; /* first */
    char *name;
    unsigned char *bytes;   /* unpacked; owned */
    struct arena arena;     /* paths */
    struct members members; /* in the order of their paths, once all are read */
};

static struct profile *profile_of(struct source *source)
{
    return (struct profile *)source;
}

/* ---- unpacking ---- */

struct buffer VEC(unsigned char);

/* A page fault for every 4 KiB would take as long as half of the unpacking. */
static void use_large_pages(void *at, size_t size)
{
    enum { LARGE = 2 << 20 };
    uintptr_t start = ((uintptr_t)at + LARGE - 1) / LARGE * LARGE;
    uintptr_t end = ((uintptr_t)at + size) / LARGE * LARGE;
    if (end > start)
        madvise((void *)start, end - start, MADV_HUGEPAGE); /* a hint alone */
}

static bool unpack(struct span file, struct buffer *to, struct err *err)
{
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    ZSTD_inBuffer in = {file.data, file.size, 0};
    size_t left = 1;
    const char *why = zstd == NULL ? "out of memory" : NULL;
    while (why == NULL && (left != 0 || in.pos < in.size)) {
        if (to->count == to->room) {
            to->room = to->room != 0 ? to->room * 2 : file.size * AS_USUAL + (1 << 16);
            to->at = must_realloc(to->at, to->room);
            use_large_pages(to->at, to->room);
        }
        ZSTD_outBuffer out = {to->at, to->room, to->count};
        size_t before = in.pos;
        left = ZSTD_decompressStream(zstd, &out, &in);
        if (ZSTD_isError(left))
            why = ZSTD_getErrorName(left);
        else if (before == in.pos && out.pos == to->count)
            why = "it is cut off";
        else if (out.pos > MOST_BYTES)
            why = "it unpacks to more than a profile may";
        to->count = out.pos;
    }
    ZSTD_freeDCtx(zstd);
    return why == NULL || err_set(err, WILLRUN_EINPUT, "not a zstd file as expected: %s", why);
}

/* ---- reading members ---- */

/* What a pax header says of the member behind it. */
struct extension {
    const char *path, *linkpath, *sparse_name;
    uint64_t size, realsize, uid, gid;
    bool has_size, has_uid, has_gid, unknown;
};

struct reading {
    struct profile *profile;
    struct span tar;
    uint64_t at; /* of the header being read */
    struct extension extension;
    struct err *err;
};

static bool damaged(struct reading *reading, const char *expected)
{
    return err_set(reading->err, WILLRUN_EINPUT, "a damaged profile: at byte %llu, expected %s",
                   (unsigned long long)reading->at, expected);
}

/* A field of octal digits, ended by a NUL or a blank. */
static bool octal(struct span header, size_t offset, size_t size, uint64_t *number)
{
    *number = 0;
    for (size_t i = offset; i < offset + size && header.data[i] != 0 && header.data[i] != ' ';
         i++) {
        if (header.data[i] < '0' || header.data[i] > '7')
            return false;
        *number = *number << 3 | (uint64_t)(header.data[i] - '0');
    }
    return true;
}

static bool decimal(const char *text, size_t length, uint64_t *number)
{
    *number = 0;
    if (length == 0 || length > 18)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        *number = *number * 10 + (uint64_t)(text[i] - '0');
    }
    return true;
}

static bool sum_is_right(struct span header)
{
    uint64_t said, sum = 0;
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += i >= 148 && i < 156 ? ' ' : header.data[i];
    return octal(header, 148, 8, &said) && said == sum;
}

static bool key_is(const char *key, size_t length, const char *name)
{
    return strlen(name) == length && memcmp(key, name, length) == 0;
}

/* One "KEY=VALUE" of a pax header. */
static bool take_record(struct reading *reading, const char *key, size_t key_length,
                        const char *value, size_t length)
{
    struct extension *extension = &reading->extension;
    struct arena *arena = &reading->profile->arena;
    const struct {
        const char *key;
        const char **text;
        uint64_t *number;
        bool *flag;
    } rows[] = {{"path", &extension->path, NULL, NULL},
                {"linkpath", &extension->linkpath, NULL, NULL},
                {"GNU.sparse.name", &extension->sparse_name, NULL, NULL},
                {"GNU.sparse.realsize", NULL, &extension->realsize, NULL},
                {"size", NULL, &extension->size, &extension->has_size},
                {"uid", NULL, &extension->uid, &extension->has_uid},
                {"gid", NULL, &extension->gid, &extension->has_gid},
                {TAR_UNKNOWN, NULL, NULL, &extension->unknown}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (!key_is(key, key_length, rows[i].key))
            continue;
        if (rows[i].text != NULL)
            *rows[i].text = arena_copy(arena, value, length);
        if (rows[i].number != NULL && !decimal(value, length, rows[i].number))
            return damaged(reading, "a number in a pax header");
        if (rows[i].flag != NULL)
            *rows[i].flag = true;
    }
    return true;
}

/* "LENGTH KEY=VALUE\n" again and again. */
static bool read_extension(struct reading *reading, struct span data)
{
    for (uint64_t at = 0; at < data.size;) {
        const char *record = (const char *)data.data + at;
        const char *blank = memchr(record, ' ', data.size - at);
        uint64_t length;
        if (blank == NULL || !decimal(record, (size_t)(blank - record), &length) ||
            length > data.size - at || length < (uint64_t)(blank - record) + 3)
            return damaged(reading, "a record of a pax header");
        const char *key = blank + 1, *end = record + length - 1;
        const char *equals = memchr(key, '=', (size_t)(end - key));
        if (equals == NULL)
            return damaged(reading, "a record of a pax header with a value");
        if (!take_record(reading, key, (size_t)(equals - key), equals + 1,
                         (size_t)(end - equals - 1)))
            return false;
        at += length;
    }
    return true;
}

static const char *text_field(struct arena *arena, struct span header, size_t offset, size_t size)
{
    const char *text = (const char *)header.data + offset;
    return arena_copy(arena, text, strnlen(text, size));
}

static const char *header_path(struct arena *arena, struct span header)
{
    const char *name = text_field(arena, header, 0, 100);
    const char *prefix = text_field(arena, header, 345, 155);
    return *prefix != 0 ? arena_format(arena, "%s/%s", prefix, name) : name;
}

/* "./a/b/" is "a/b", "." is "". */
static const char *plain_path(struct arena *arena, const char *path)
{
    while (path[0] == '/' || (path[0] == '.' && (path[1] == '/' || path[1] == 0)))
        path++;
    size_t length = strlen(path);
    while (length > 0 && path[length - 1] == '/')
        length--;
    return path[length] == 0 ? path : arena_copy(arena, path, length);
}

static enum node_type type_of(unsigned char type)
{
    static const enum node_type types[] = {NODE_FILE,  NODE_FILE, NODE_LINK, NODE_CHAR,
                                           NODE_BLOCK, NODE_DIR,  NODE_FIFO, NODE_FILE};
    if (type == 0)
        return NODE_FILE;
    return type >= '0' && type <= '7' ? types[type - '0'] : NODE_NONE;
}

static const char *first_of(const char *a, const char *b)
{
    return a != NULL ? a : b;
}

static bool add_member(struct reading *reading, struct span header, struct span data)
{
    struct arena *arena = &reading->profile->arena;
    const struct extension *extension = &reading->extension;
    uint64_t mode, uid, gid;
    if (!octal(header, 100, 8, &mode) || !octal(header, 108, 8, &uid) ||
        !octal(header, 116, 8, &gid))
        return damaged(reading, "octal numbers in a header");
    struct member member = {.type = type_of(header.data[156]),
                            .data = data,
                            .size = data.size,
                            .mode = (uint32_t)mode & 07777,
                            .uid = (uint32_t)(extension->has_uid ? extension->uid : uid),
                            .gid = (uint32_t)(extension->has_gid ? extension->gid : gid),
                            .unknown = extension->unknown,
                            .sparse = extension->sparse_name != NULL,
                            .hard = header.data[156] == '1'};
    if (member.sparse)
        member.size = extension->realsize;
    const char *path = first_of(extension->sparse_name, extension->path);
    member.path = plain_path(arena, path != NULL ? path : header_path(arena, header));
    if (member.type == NODE_LINK || member.hard)
        member.target = first_of(extension->linkpath, text_field(arena, header, 157, 100));
    if (member.type != NODE_NONE && strcmp(member.path, PROFILE_MEMBER) != 0)
        *vec_push(&reading->profile->members) = member;
    return true;
}

/* The member at reading->at, which moves behind it. */
static bool read_member(struct reading *reading, struct span header)
{
    uint64_t size;
    struct span data;
    bool is_extension = header.data[156] == 'x';
    if (!sum_is_right(header) || !octal(header, 124, 12, &size))
        return damaged(reading, "a header of a tar");
    if (!is_extension && reading->extension.has_size)
        size = reading->extension.size;
    if (!span_at(reading->tar, reading->at + TAR_BLOCK, size, &data))
        return damaged(reading, "a whole member");
    if (is_extension ? !read_extension(reading, data) : !add_member(reading, header, data))
        return false;
    if (!is_extension)
        reading->extension = (struct extension){0};
    reading->at += TAR_BLOCK + (size + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    return true;
}

static bool read_members(struct reading *reading)
{
    struct span header;
    while (span_at(reading->tar, reading->at, TAR_BLOCK, &header) && header.data[0] != 0)
        if (!read_member(reading, header))
            return false;
    return reading->at < reading->tar.size || damaged(reading, "the end of a tar");
}

/* ---- the tree ---- */

/* Paths part by part, so that a folder's members stand behind it. */
static int compare_paths(const char *a, const char *b)
{
    while (*a == *b && *a != 0)
        a++, b++;
    unsigned char left = *a == '/' ? 1 : (unsigned char)*a,
                  right = *b == '/' ? 1 : (unsigned char)*b;
    return (left > right) - (left < right);
}

static int by_path(const void *a, const void *b)
{
    return compare_paths(((const struct member *)a)->path, ((const struct member *)b)->path);
}

/* Where `path` stands, or would. */
static size_t place_of(const struct profile *profile, const char *path)
{
    size_t low = 0, high = profile->members.count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (compare_paths(profile->members.at[middle].path, path) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static const struct member *find(const struct profile *profile, const char *path)
{
    size_t at = place_of(profile, path);
    bool found = at < profile->members.count && strcmp(profile->members.at[at].path, path) == 0;
    return found ? &profile->members.at[at] : NULL;
}

/* Members in their order; hard links take what their file has. */
static bool order(struct profile *profile, struct err *err)
{
    struct members *members = &profile->members;
    if (members->count != 0)
        qsort(members->at, members->count, sizeof *members->at, by_path);
    for (size_t i = 0; i < members->count; i++) {
        struct member *member = &members->at[i];
        const struct member *file = member;
        if (member->hard)
            file = find(profile, plain_path(&profile->arena, member->target));
        if (file == NULL || file->type != NODE_FILE || (member->hard && file->hard)) {
            if (member->hard)
                return err_set(err, WILLRUN_EINPUT, "a damaged profile: %s is a link to no file",
                               member->path);
            file = member;
        }
        member->file = (size_t)(file - members->at);
        member->size = file->size;
    }
    return true;
}

static void profile_look(struct source *source, const char *path, struct arena *arena,
                         struct node_info *info)
{
    const struct profile *profile = profile_of(source);
    const struct member *member = find(profile, path);
    (void)arena; /* targets live as long as the source, which outlives its root's nodes */
    *info = (struct node_info){.type = NODE_NONE};
    if (member == NULL && *path == 0)
        info->type = NODE_DIR, info->mode = 0755;
    if (member == NULL)
        return;
    *info = (struct node_info){.type = member->type,
                               .mode = member->mode,
                               .uid = member->uid,
                               .gid = member->gid,
                               .size = member->type == NODE_FILE ? member->size : 0,
                               .ino = member->file + 1,
                               .target = member->type == NODE_LINK ? member->target : NULL};
}

static int profile_list(struct source *source, const char *path, struct arena *arena,
                        source_found *found, void *context)
{
    const struct profile *profile = profile_of(source);
    size_t length = strlen(path), at = place_of(profile, path);
    for (; at < profile->members.count; at++) {
        const char *name = profile->members.at[at].path;
        if (strncmp(name, path, length) != 0 ||
            (length != 0 && name[length] != '/' && name[length] != 0))
            break;
        name += length + (length != 0 && name[length] == '/');
        if (*name == 0 || strchr(name, '/') != NULL)
            continue;
        struct node_info info;
        profile_look(source, profile->members.at[at].path, arena, &info);
        found(context, name, &info);
    }
    return 0;
}

/* ---- bytes ---- */

/* The next line of a sparse map, a number. */
static bool map_number(struct span data, uint64_t *at, uint64_t *number)
{
    if (*at >= data.size)
        return false;
    const char *line = (const char *)data.data + *at;
    const char *end = memchr(line, '\n', data.size - *at);
    if (end == NULL || !decimal(line, (size_t)(end - line), number))
        return false;
    *at += (uint64_t)(end - line) + 1;
    return true;
}

/* The runs of a sparse file on a ground of zeros. */
static bool fill_sparse(const struct member *member, unsigned char *bytes)
{
    uint64_t at = 0, count = 0, offset, size;
    struct VEC(struct tar_run) runs = {0};
    bool filled = map_number(member->data, &at, &count);
    for (uint64_t i = 0; filled && i < count; i++) {
        filled = map_number(member->data, &at, &offset) && map_number(member->data, &at, &size) &&
                 offset <= member->size && size <= member->size - offset;
        if (filled)
            *vec_push(&runs) = (struct tar_run){(size_t)offset, (size_t)size};
    }
    at = (at + TAR_BLOCK - 1) / TAR_BLOCK * TAR_BLOCK;
    for (size_t i = 0; filled && i < runs.count; i++) {
        struct span run;
        filled = span_at(member->data, at, runs.at[i].size, &run);
        if (filled && run.size != 0)
            memcpy(bytes + runs.at[i].offset, run.data, run.size);
        at += runs.at[i].size;
    }
    vec_free(&runs);
    return filled;
}

static int sparse_bytes(const struct member *member, struct file_bytes *bytes)
{
    if (member->size > MOST_BYTES)
        return EFBIG;
    unsigned char *heap = calloc((size_t)member->size + 1, 1);
    if (heap == NULL)
        return ENOMEM;
    if (!fill_sparse(member, heap)) {
        free(heap);
        return EIO;
    }
    bytes->heap = heap;
    bytes->span = (struct span){heap, (size_t)member->size};
    return 0;
}

/* The whole of it in any case: it is in memory. */
static int profile_bytes(struct source *source, const char *path, file_wanted *wanted,
                         struct file_bytes *bytes)
{
    const struct profile *profile = profile_of(source);
    const struct member *member = find(profile, path);
    (void)wanted;
    file_bytes_init(bytes);
    if (member == NULL || member->type != NODE_FILE)
        return EINVAL;
    member = &profile->members.at[member->file];
    bytes->size = member->size;
    if (member->unknown)
        return ENODATA; /* the profile has no more than its name */
    if (member->sparse)
        return sparse_bytes(member, bytes);
    bytes->span = member->data;
    return 0;
}

/* ---- the source ---- */

static void profile_close(struct source *source)
{
    struct profile *profile = profile_of(source);
    vec_free(&profile->members);
    arena_free(&profile->arena);
    free(profile->bytes);
    free(profile->name);
    free(profile);
}

static const struct source_ops profile_ops = {
    .look = profile_look,
    .list = profile_list,
    .bytes = profile_bytes,
    .close = profile_close,
};

static struct profile *new_profile(const char *name)
{
    struct profile *profile = must_alloc(sizeof *profile);
    size_t length = strlen(name);
    *profile = (struct profile){.name = must_alloc(length + 1)};
    memcpy(profile->name, name, length + 1);
    profile->source = (struct source){.ops = &profile_ops, .name = profile->name, .profile = true};
    return profile;
}

static bool read_profile(struct profile *profile, struct span file, struct err *err)
{
    struct buffer buffer = {0};
    bool whole = unpack(file, &buffer, err);
    profile->bytes = buffer.at;
    struct reading reading = {.profile = profile, .tar = {buffer.at, buffer.count}, .err = err};
    return whole && read_members(&reading) && order(profile, err);
}

/* The file, mapped; its size is 0 where it cannot be. */
static struct span map_file(const char *path, struct err *err)
{
    struct stat stat = {0};
    struct span file = {0};
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &stat) != 0) {
        err_set(err, WILLRUN_EINPUT, "%s: %s", path, err_text(errno));
    } else if (!S_ISREG(stat.st_mode) || stat.st_size <= 0 || stat.st_size > MOST_BYTES) {
        err_set(err, WILLRUN_EINPUT, "%s is no profile: expected a file of at most 1 GiB", path);
    } else {
        void *map = mmap(NULL, (size_t)stat.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (map != MAP_FAILED)
            file = (struct span){map, (size_t)stat.st_size};
        else
            err_set(err, WILLRUN_EINPUT, "%s: %s", path, err_text(errno));
    }
    if (fd >= 0)
        close(fd);
    return file;
}

struct source *source_open_profile(const char *path, const char *name, struct err *err)
{
    struct err inner = {0};
    struct span file = map_file(path, err);
    if (file.size == 0)
        return NULL;
    struct profile *profile = new_profile(name);
    bool read = read_profile(profile, file, &inner);
    munmap((void *)(uintptr_t)file.data, file.size);
    if (read)
        return &profile->source;
    err_set(err, inner.code, "%s: %s", path, inner.text);
    profile_close(&profile->source);
    return NULL;
}

const char *profile_origin(const char *path, struct arena *arena)
{
    enum { FIRST = 1 << 16 }; /* bytes: the member is far shorter */
    struct err err = {0};
    struct span file = map_file(path, &err), header, text;
    if (file.size == 0)
        return NULL;
    unsigned char *room = arena_alloc(arena, FIRST);
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    ZSTD_inBuffer in = {file.data, file.size, 0};
    ZSTD_outBuffer out = {room, FIRST, 0};
    size_t left = 1;
    while (zstd != NULL && left != 0 && !ZSTD_isError(left) && out.pos < out.size &&
           in.pos < in.size)
        left = ZSTD_decompressStream(zstd, &out, &in);
    ZSTD_freeDCtx(zstd);
    munmap((void *)(uintptr_t)file.data, file.size);
    uint64_t size;
    struct span first = {room, out.pos};
    if (!span_at(first, 0, TAR_BLOCK, &header) || !sum_is_right(header) ||
        strcmp(text_field(arena, header, 0, 100), PROFILE_MEMBER) != 0 ||
        !octal(header, 124, 12, &size) || !span_at(first, TAR_BLOCK, size, &text))
        return NULL;
    return arena_copy(arena, (const char *)text.data, text.size);
}

struct source *source_open_empty(const char *name)
{
    return &new_profile(name)->source;
}
