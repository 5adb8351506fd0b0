#include "source/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
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
    STRETCH = 4 << 20,      /* bytes of a file that a writer has for itself */
    DISKS = TEMPORARY_FILES,
};

/* A file that parts are written to, by several writers. Under the store's lock. */
struct spool {
    int fd;            /* -1: there is none yet */
    unsigned file;     /* index in store->fds */
    const char *where; /* the folder it is in, for sentences */
    uint64_t end;      /* bytes of it that writers have, all below it */
};

/* A stretch of a spool that is one writer's, which puts parts into it one behind the other. */
struct stretch {
    struct spool *spool; /* NULL: none yet */
    int fd;
    uint64_t start;
    uint64_t at, limit; /* of what is free of it */
    uint64_t written;   /* where `buffer` begins in the file */
    size_t held;        /* bytes in `buffer` */
    unsigned char *buffer;
};

struct writer {
    struct store *store;
    bool idle; /* nobody has it; under the store's lock */
    struct stretch memory, disk;
    uint64_t reserved, used; /* by the part that is written: of the store's memory, and so far */
};

struct store {
    atomic_uint owners;
    pthread_mutex_t lock; /* guards all below */
    struct VEC(int) fds;
    struct VEC(struct writer *) writers;
    struct spool memory, disks[DISKS];
    size_t disk_count;
    uint64_t in_memory; /* bytes that parts have there, holes not counted, or may come to have */
};

struct store *store_new(void)
{
    struct store *store = must_alloc(sizeof *store);
    *store = (struct store){.memory.fd = -1};
    atomic_init(&store->owners, 1);
    pthread_mutex_init(&store->lock, NULL);
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
    for (size_t i = 0; i < store->writers.count; i++) {
        free(store->writers.at[i]->memory.buffer);
        free(store->writers.at[i]->disk.buffer);
        free(store->writers.at[i]);
    }
    vec_free(&store->fds);
    vec_free(&store->writers);
    pthread_mutex_destroy(&store->lock);
    free(store);
}

/* Under the lock. */
static unsigned keep(struct store *store, int fd)
{
    *vec_push(&store->fds) = fd;
    return (unsigned)store->fds.count - 1;
}

unsigned store_keep(struct store *store, int fd)
{
    pthread_mutex_lock(&store->lock);
    unsigned file = keep(store, fd);
    pthread_mutex_unlock(&store->lock);
    return file;
}

int store_fd(struct store *store, unsigned file)
{
    pthread_mutex_lock(&store->lock);
    int fd = store->fds.at[file];
    pthread_mutex_unlock(&store->lock);
    return fd;
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

/* Under the lock. */
static bool open_spool(struct store *store, struct spool *spool, struct err *err)
{
    if (spool->fd < 0)
        return err_set(err, WILLRUN_EINPUT, "no temporary file can be made in %s: %s", spool->where,
                       err_text(errno));
    spool->file = keep(store, spool->fd);
    return true;
}

/* Under the lock: the file in memory. */
static struct spool *find_memory(struct store *store, struct err *err)
{
    struct spool *spool = &store->memory;
    if (spool->fd >= 0)
        return spool;
    spool->fd = open_memory(spool);
    return open_spool(store, spool, err) ? spool : NULL;
}

/* Under the lock: one that no writer has yet, where one can be had, for writers of one file wait
 * for each other; else the last one. */
static struct spool *find_disk(struct store *store, struct err *err)
{
    size_t count = store->disk_count;
    struct spool *spool = &store->disks[count % DISKS];
    if (count < DISKS) {
        spool->fd = count == 0 ? open_disk(spool) : temporary_open(&spool->where);
        if (count != 0 && spool->fd < 0)
            return &store->disks[count - 1];
        store->disk_count += spool->fd >= 0;
        return open_spool(store, spool, err) ? spool : NULL;
    }
    return &store->disks[DISKS - 1];
}

static bool write_all(const struct stretch *stretch, const unsigned char *bytes, size_t size,
                      uint64_t at, struct err *err)
{
    while (size != 0) {
        ssize_t part = pwrite(stretch->fd, bytes, size, (off_t)at);
        if (part < 0 && errno == EINTR)
            continue;
        if (part <= 0)
            return err_set(err, WILLRUN_EINPUT,
                           "the temporary file in %s cannot be written: %s (TMPDIR names another "
                           "folder)",
                           stretch->spool->where, err_text(part < 0 ? errno : ENOSPC));
        bytes += part;
        size -= (size_t)part;
        at += (uint64_t)part;
    }
    return true;
}

/* ---- writers ---- */

struct writer *store_writer(struct store *store)
{
    struct writer *writer = NULL;
    pthread_mutex_lock(&store->lock);
    for (size_t i = 0; i < store->writers.count && writer == NULL; i++)
        writer = store->writers.at[i]->idle ? store->writers.at[i] : NULL;
    if (writer == NULL) {
        writer = must_alloc(sizeof *writer);
        *writer = (struct writer){.store = store};
        *vec_push(&store->writers) = writer;
    }
    writer->idle = false;
    pthread_mutex_unlock(&store->lock);
    return writer;
}

/* What is in the buffer goes to the file, which is long enough for all parts then: the last one may
 * end in a hole. */
static bool flush(struct writer *writer, struct stretch *stretch, struct err *err)
{
    struct spool *spool = stretch->spool;
    if (spool == NULL)
        return true;
    bool done = write_all(stretch, stretch->buffer, stretch->held, stretch->written, err);
    stretch->held = 0;
    pthread_mutex_lock(&writer->store->lock);
    if (spool->end == stretch->limit)
        spool->end = stretch->limit = stretch->at;
    if (done && ftruncate(spool->fd, (off_t)spool->end) != 0)
        done =
            err_set(err, WILLRUN_EINPUT, "the temporary file in %s cannot be %llu bytes long: %s",
                    spool->where, (unsigned long long)spool->end, err_text(errno));
    pthread_mutex_unlock(&writer->store->lock);
    return done;
}

bool writer_done(struct writer *writer, struct err *err)
{
    bool done = flush(writer, &writer->memory, err) && flush(writer, &writer->disk, err);
    pthread_mutex_lock(&writer->store->lock);
    writer->idle = true;
    pthread_mutex_unlock(&writer->store->lock);
    return done;
}

static uint64_t page_up(uint64_t at)
{
    return (at + PAGE - 1) / PAGE * PAGE;
}

/* Under the lock: there is room for `size` bytes in the stretch. It is made longer where it is the
 * last of the file, else there is a new one. */
static bool stretch_to(struct store *store, struct stretch *stretch, bool memory, uint64_t size,
                       struct err *err)
{
    uint64_t more = size > STRETCH ? size : STRETCH, limit;
    if (stretch->spool != NULL && size <= stretch->limit - stretch->at)
        return true;
    if (stretch->spool == NULL) {
        stretch->spool = memory ? find_memory(store, err) : find_disk(store, err);
        if (stretch->spool == NULL)
            return false;
        stretch->buffer = must_alloc(BUFFER);
        stretch->fd = stretch->spool->fd;
    }
    struct spool *spool = stretch->spool;
    if (stretch->limit != spool->end)
        stretch->start = stretch->at = page_up(spool->end);
    if (__builtin_add_overflow(stretch->at, more, &limit) || limit > INT64_MAX - PAGE)
        return err_set(err, WILLRUN_EINPUT, "a file of the archive is too large for this machine");
    spool->end = stretch->limit = limit;
    return true;
}

/* Does a part of `most` bytes find room in memory? Under the lock. */
static bool reserve(struct writer *writer, uint64_t most)
{
    struct store *store = writer->store;
    bool fits = store->in_memory < MEMORY_MOST && most <= MEMORY_MOST - store->in_memory;
    writer->reserved = fits ? most : 0;
    writer->used = 0;
    store->in_memory += writer->reserved;
    return fits;
}

bool writer_begin(struct writer *writer, uint64_t most, struct range *part, struct err *err)
{
    struct store *store = writer->store;
    pthread_mutex_lock(&store->lock);
    bool memory = reserve(writer, most);
    struct stretch *stretch = memory ? &writer->memory : &writer->disk;
    bool begun = stretch_to(store, stretch, memory, most, err);
    if (begun)
        *part = (struct range){stretch->spool->file, stretch->at, 0};
    pthread_mutex_unlock(&store->lock);
    return begun;
}

static struct stretch *stretch_of(struct writer *writer, const struct range *part)
{
    bool memory = writer->memory.spool != NULL && part->file == writer->memory.spool->file;
    return memory ? &writer->memory : &writer->disk;
}

/* Zeros need no room on the disk. */
static bool is_zero(const unsigned char *bytes, size_t size)
{
    return size >= PAGE && bytes[0] == 0 && memcmp(bytes, bytes + 1, size - 1) == 0;
}

/* Zeros up to `place`, where that is cheaper than to write twice. Between two stretches there may
 * be another writer's. */
static void bridge(struct stretch *stretch, uint64_t place)
{
    enum { GAP = 4 * PAGE };
    uint64_t gap = place - (stretch->written + stretch->held);
    if (stretch->held == 0 || stretch->written < stretch->start || gap > GAP ||
        gap > BUFFER - stretch->held)
        return;
    memset(stretch->buffer + stretch->held, 0, (size_t)gap);
    stretch->held += (size_t)gap;
}

bool writer_add(struct writer *writer, struct range *part, uint64_t at, const void *bytes,
                size_t size, struct err *err)
{
    struct stretch *stretch = stretch_of(writer, part);
    uint64_t place = part->offset + at;
    if (at > stretch->limit - part->offset || size > stretch->limit - place)
        return err_set(err, WILLRUN_EINPUT, "a file of the archive is larger than it says");
    if (is_zero(bytes, size))
        return true;
    if (stretch == &writer->memory)
        writer->used += size;
    bridge(stretch, place);
    if (place != stretch->written + stretch->held || size > BUFFER - stretch->held) {
        if (!write_all(stretch, stretch->buffer, stretch->held, stretch->written, err))
            return false;
        stretch->held = 0;
        stretch->written = place;
    }
    if (size >= BUFFER) {
        stretch->written = place + size;
        return write_all(stretch, bytes, size, place, err);
    }
    memcpy(stretch->buffer + stretch->held, bytes, size);
    stretch->held += size;
    return true;
}

void writer_end(struct writer *writer, struct range *part, uint64_t size)
{
    struct stretch *stretch = stretch_of(writer, part);
    struct store *store = writer->store;
    uint64_t end = part->offset + size, next = size >= MAP_FROM ? page_up(end) : end;
    part->size = size;
    stretch->at = next < stretch->limit ? next : stretch->limit;
    pthread_mutex_lock(&store->lock);
    /* what the part did not need */
    if (writer->used < writer->reserved)
        store->in_memory -= writer->reserved - writer->used;
    if (stretch->spool->end == stretch->limit && stretch->limit - stretch->at > STRETCH)
        stretch->spool->end = stretch->limit = stretch->at;
    pthread_mutex_unlock(&store->lock);
}

bool store_part(struct store *store, struct span bytes, struct range *part, struct err *err)
{
    struct writer *writer = store_writer(store);
    bool added = writer_begin(writer, bytes.size, part, err) &&
                 writer_add(writer, part, 0, bytes.data, bytes.size, err);
    if (added)
        writer_end(writer, part, bytes.size);
    return writer_done(writer, err) && added;
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

int store_head(struct store *store, struct range part, struct file_bytes *bytes)
{
    if (part.size > FILE_HEAD)
        part.size = FILE_HEAD;
    bytes->span = (struct span){bytes->head, (size_t)part.size};
    return read_part(store_fd(store, part.file), part, bytes->head);
}

int store_bytes(struct store *store, struct range part, struct file_bytes *bytes)
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
