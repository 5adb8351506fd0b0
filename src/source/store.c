#include "source/store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/temporary.h"
#include "base/vec.h"

enum {
    BUFFER = 256 << 10,
    PAGE = 4096,
    MAP_FROM = 16384,       /* bytes; a smaller part is read: that is cheaper than to map it */
    MEMORY_MOST = 64 << 20, /* bytes that stay in memory */
    NO_FILE = -1,
};

/* A file that parts are written to one behind the other. */
struct spool {
    int file;          /* index in store->fds; NO_FILE: there is none yet */
    const char *where; /* the folder it is in, for sentences */
    uint64_t end;      /* bytes of it that are taken */
    uint64_t written;  /* where `buffer` begins in it */
    size_t held;       /* bytes in `buffer` */
    unsigned char *buffer;
};

struct store {
    atomic_uint owners;
    struct VEC(int) fds;
    struct spool memory, disk;
    uint64_t in_memory; /* bytes that `memory` has, holes not counted */
};

struct store *store_new(void)
{
    struct store *store = must_alloc(sizeof *store);
    *store = (struct store){.memory.file = NO_FILE, .disk.file = NO_FILE};
    atomic_init(&store->owners, 1);
    return store;
}

struct store *store_share(struct store *store)
{
    atomic_fetch_add_explicit(&store->owners, 1, memory_order_relaxed);
    return store;
}

void store_release(struct store *store)
{
    if (store == NULL || atomic_fetch_sub_explicit(&store->owners, 1, memory_order_acq_rel) != 1)
        return;
    for (size_t i = 0; i < store->fds.count; i++)
        close(store->fds.at[i]);
    vec_free(&store->fds);
    free(store->memory.buffer);
    free(store->disk.buffer);
    free(store);
}

unsigned store_keep(struct store *store, int fd)
{
    *vec_push(&store->fds) = fd;
    return (unsigned)store->fds.count - 1;
}

int store_fd(const struct store *store, unsigned file)
{
    return store->fds.at[file];
}

/* ---- what came as a stream ---- */

static int open_memory(struct spool *spool)
{
    spool->where = "memory";
    return memfd_create("willrun", MFD_CLOEXEC);
}

static int open_disk(struct spool *spool)
{
    int fd = temporary_open(&spool->where);
    return fd >= 0 ? fd : open_memory(spool); /* an image without any folder to write to */
}

static bool open_spool(struct store *store, struct spool *spool, struct err *err)
{
    int fd = spool == &store->memory ? open_memory(spool) : open_disk(spool);
    if (fd < 0)
        return err_set(err, WILLRUN_EINPUT, "no temporary file can be made in %s: %s", spool->where,
                       err_text(errno));
    spool->file = (int)store_keep(store, fd);
    spool->buffer = must_alloc(BUFFER);
    return true;
}

static bool write_all(struct store *store, struct spool *spool, const unsigned char *bytes,
                      size_t size, uint64_t at, struct err *err)
{
    int fd = store_fd(store, (unsigned)spool->file);
    while (size != 0) {
        ssize_t part = pwrite(fd, bytes, size, (off_t)at);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return err_set(err, WILLRUN_EINPUT,
                           "the temporary file in %s cannot be written: %s (TMPDIR names another "
                           "folder)",
                           spool->where, err_text(part < 0 ? errno : ENOSPC));
        bytes += part;
        size -= (size_t)part;
        at += (uint64_t)part;
    }
    return true;
}

static bool flush(struct store *store, struct spool *spool, struct err *err)
{
    if (spool->file == NO_FILE)
        return true;
    bool done = write_all(store, spool, spool->buffer, spool->held, spool->written, err);
    spool->written += spool->held;
    spool->held = 0;
    /* the last part may end in a hole */
    if (done && ftruncate(store_fd(store, (unsigned)spool->file), (off_t)spool->end) != 0)
        done =
            err_set(err, WILLRUN_EINPUT, "the temporary file in %s cannot be %llu bytes long: %s",
                    spool->where, (unsigned long long)spool->end, err_text(errno));
    return done;
}

bool store_flush(struct store *store, struct err *err)
{
    return flush(store, &store->memory, err) && flush(store, &store->disk, err);
}

bool store_begin(struct store *store, uint64_t most, struct range *part, struct err *err)
{
    bool fits = store->in_memory < MEMORY_MOST && most <= MEMORY_MOST - store->in_memory;
    struct spool *spool = fits ? &store->memory : &store->disk;
    if (spool->file == NO_FILE && !open_spool(store, spool, err))
        return false;
    *part = (struct range){(unsigned)spool->file, spool->end, 0};
    return true;
}

static struct spool *spool_of(struct store *store, const struct range *part)
{
    return (int)part->file == store->memory.file ? &store->memory : &store->disk;
}

/* Zeros need no room on the disk. */
static bool is_zero(const unsigned char *bytes, size_t size)
{
    return size >= PAGE && bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* Zeros up to `place`, where that is cheaper than to write twice. */
static void bridge(struct spool *spool, uint64_t place)
{
    enum { GAP = 4 * PAGE };
    uint64_t gap = place - (spool->written + spool->held);
    if (spool->held == 0 || gap > GAP || gap > BUFFER - spool->held)
        return;
    memset(spool->buffer + spool->held, 0, (size_t)gap);
    spool->held += (size_t)gap;
}

bool store_add(struct store *store, struct range *part, uint64_t at, const void *bytes, size_t size,
               struct err *err)
{
    struct spool *spool = spool_of(store, part);
    uint64_t place;
    if (__builtin_add_overflow(part->offset, at, &place) || place > INT64_MAX - size)
        return err_set(err, WILLRUN_EINPUT, "a file of the archive is too large for this machine");
    spool->end = place + size;
    if (is_zero(bytes, size))
        return true;
    if (spool == &store->memory)
        store->in_memory += size;
    bridge(spool, place);
    if (place != spool->written + spool->held || size > BUFFER - spool->held) {
        if (!write_all(store, spool, spool->buffer, spool->held, spool->written, err))
            return false;
        spool->held = 0;
        spool->written = place;
    }
    if (size >= BUFFER) {
        spool->written = place + size;
        return write_all(store, spool, bytes, size, place, err);
    }
    memcpy(spool->buffer + spool->held, bytes, size);
    spool->held += size;
    return true;
}

bool store_end(struct store *store, struct range *part, uint64_t size, struct err *err)
{
    struct spool *spool = spool_of(store, part);
    uint64_t end;
    if (__builtin_add_overflow(part->offset, size, &end) || end > INT64_MAX - PAGE)
        return err_set(err, WILLRUN_EINPUT, "a file of the archive is too large for this machine");
    part->size = size;
    spool->end = size >= MAP_FROM ? (end + PAGE - 1) / PAGE * PAGE : end;
    return true;
}

/* ---- reading ---- */

static int map_part(int fd, struct range part, struct file_bytes *bytes)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE); /* 64 KiB on some machines */
    size_t skip = (size_t)(part.offset % page), size = (size_t)part.size;
    void *map = mmap(NULL, size + skip, PROT_READ, MAP_PRIVATE, fd, (off_t)(part.offset - skip));
    if (map == MAP_FAILED)
        return errno;
    bytes->map = map;
    bytes->map_size = size + skip;
    bytes->span = (struct span){(unsigned char *)map + skip, size};
    return 0;
}

static int read_part(int fd, struct range part, unsigned char *to)
{
    for (size_t done = 0; done < part.size;) {
        ssize_t got = pread(fd, to + done, (size_t)part.size - done, (off_t)(part.offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return got < 0 ? errno : EIO; /* the file became shorter */
        done += (size_t)got;
    }
    return 0;
}

int store_head(const struct store *store, struct range part, struct file_bytes *bytes)
{
    if (part.size > FILE_HEAD)
        part.size = FILE_HEAD;
    bytes->span = (struct span){bytes->head, (size_t)part.size};
    return read_part(store_fd(store, part.file), part, bytes->head);
}

int store_bytes(const struct store *store, struct range part, struct file_bytes *bytes)
{
    int fd = store_fd(store, part.file);
    if (part.size > SIZE_MAX / 2)
        return EFBIG;
    if (part.size > MAP_FROM && map_part(fd, part, bytes) == 0)
        return 0;
    unsigned char *heap = malloc((size_t)part.size + 1);
    if (heap == NULL)
        return ENOMEM;
    int error = read_part(fd, part, heap);
    bytes->heap = heap;
    bytes->span = (struct span){heap, (size_t)part.size};
    if (error != 0)
        file_bytes_release(bytes);
    return error;
}
