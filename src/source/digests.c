#include "source/digests.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/processors.h"
#include "base/sha256.h"
#include "base/vec.h"

enum {
    WORKERS_MOST = 4,
    BUFFER = 128 << 10, /* bytes that are read at once: to copy them into the processor's cache is
                           cheaper than to map them */
};

struct work {
    int fd; /* the store's list of them may move meanwhile */
    struct range range;
    const char *label, *expected;
    size_t index; /* in the list */
    bool taken;
};

struct digests {
    struct store *store;
    struct arena arena;
    pthread_t threads[WORKERS_MOST];
    size_t thread_count;
    bool held;
    atomic_bool stopped;
    atomic_uint working;  /* threads that are not done */
    pthread_mutex_t lock; /* guards all below, once it is started */
    struct VEC(struct work) list;
    size_t failed;  /* the first of the list that is known to fail; SIZE_MAX: none is */
    struct err err; /* why */
};

struct digests *digests_new(struct store *store)
{
    struct digests *digests = must_alloc(sizeof *digests);
    memset(digests, 0, sizeof *digests);
    digests->store = store;
    digests->failed = SIZE_MAX;
    pthread_mutex_init(&digests->lock, NULL);
    return digests;
}

void digests_add(struct digests *digests, struct range range, const char *label,
                 const char *expected)
{
    struct work work = {.fd = store_fd(digests->store, range.file),
                        .range = range,
                        .label = arena_string(&digests->arena, label),
                        .expected = arena_string(&digests->arena, expected),
                        .index = digests->list.count};
    *vec_push(&digests->list) = work;
}

bool digest_is(const char *hex, const char *expected, const char *label, struct err *err)
{
    static const char prefix[] = "sha256:";
    return (strncmp(expected, prefix, strlen(prefix)) == 0 &&
            strcmp(expected + strlen(prefix), hex) == 0) ||
           err_set(err, WILLRUN_EINPUT,
                   "layer-digest-mismatch: %s is sha256:%s, and the image says %.100s", label, hex,
                   expected);
}

/* ---- two digests at a time ---- */

/* One that is computed. */
struct lane {
    bool busy;
    struct work work;
    uint64_t left; /* bytes of it that are not read yet */
    const unsigned char *bytes;
    size_t unread; /* bytes at `bytes` that are not hashed yet */
    struct sha256 hash;
    unsigned char *buffer;
    struct err err; /* of the work that it had last */
};

static void lane_start(struct lane *lane, const struct work *work)
{
    lane->busy = true;
    lane->work = *work;
    lane->left = work->range.size;
    lane->unread = 0;
    lane->err = (struct err){0};
    sha256_begin(&lane->hash);
}

/* More bytes, where all that were read are hashed. */
static void lane_read(struct lane *lane)
{
    const struct range *range = &lane->work.range;
    size_t size = lane->left < BUFFER ? (size_t)lane->left : BUFFER;
    if (!lane->busy || lane->unread != 0 || size == 0)
        return;
    ssize_t got;
    do {
        got = pread(lane->work.fd, lane->buffer, size,
                    (off_t)(range->offset + range->size - lane->left));
    } while (got < 0 && errno == EINTR);
    lane->busy = got > 0;
    if (got < 0)
        err_set(&lane->err, WILLRUN_EINPUT, "%s cannot be read: %s", lane->work.label,
                err_text(errno));
    else if (got == 0)
        err_set(&lane->err, WILLRUN_EINPUT, "%s is cut short", lane->work.label);
    else {
        lane->bytes = lane->buffer;
        lane->unread = (size_t)got;
        lane->left -= (uint64_t)got;
    }
}

/* What was read is hashed: the two together as far as both have bytes. */
static void hash_lanes(struct lane lanes[2])
{
    size_t both = lanes[0].unread < lanes[1].unread ? lanes[0].unread : lanes[1].unread;
    if (both != 0)
        sha256_add_two(&lanes[0].hash, lanes[0].bytes, &lanes[1].hash, lanes[1].bytes, both);
    for (unsigned i = 0; i < 2; i++) {
        size_t alone = both == 0 ? lanes[i].unread : 0;
        if (alone != 0)
            sha256_add(&lanes[i].hash, lanes[i].bytes, alone);
        lanes[i].bytes += both + alone;
        lanes[i].unread -= both + alone;
    }
}

/* Is the digest as expected, where all is hashed? */
static void lane_settle(struct lane *lane)
{
    char hex[SHA256_HEX + 1];
    if (!lane->busy || lane->left != 0 || lane->unread != 0)
        return;
    lane->busy = false;
    sha256_end(&lane->hash, hex);
    digest_is(hex, lane->work.expected, lane->work.label, &lane->err);
}

/* A step of both, of which one may be idle. */
static void lanes_step(struct lane lanes[2])
{
    lane_read(&lanes[0]);
    lane_read(&lanes[1]);
    hash_lanes(lanes);
    lane_settle(&lanes[0]);
    lane_settle(&lanes[1]);
}

bool digest_of_range(struct store *store, struct range range, const char *expected,
                     const char *label, struct err *err)
{
    struct work work = {
        .fd = store_fd(store, range.file), .range = range, .label = label, .expected = expected};
    unsigned char *buffer = must_alloc(BUFFER);
    struct lane lanes[2] = {{.buffer = buffer, .bytes = buffer}, {.bytes = buffer}};
    lane_start(&lanes[0], &work);
    while (lanes[0].busy)
        lanes_step(lanes);
    free(buffer);
    if (lanes[0].err.code != WILLRUN_OK)
        *err = lanes[0].err;
    return lanes[0].err.code == WILLRUN_OK;
}

/* ---- all of them ---- */

/* The largest that nobody took yet, so that no thread is left with it at the end; of those behind
 * one that fails nobody asks. */
static void take(struct digests *digests, struct lane *lane)
{
    struct work *largest = NULL;
    pthread_mutex_lock(&digests->lock);
    for (size_t i = 0; i < digests->list.count && i < digests->failed; i++) {
        struct work *work = &digests->list.at[i];
        if (!work->taken && (largest == NULL || work->range.size > largest->range.size))
            largest = work;
    }
    if (largest != NULL) {
        largest->taken = true;
        lane_start(lane, largest);
    }
    pthread_mutex_unlock(&digests->lock);
}

/* Whichever thread comes to an end first: of several that fail the first in the list is told. */
static void keep_error(struct digests *digests, struct lane *lane)
{
    if (lane->err.code == WILLRUN_OK)
        return;
    pthread_mutex_lock(&digests->lock);
    if (lane->work.index < digests->failed) {
        digests->failed = lane->work.index;
        digests->err = lane->err;
    }
    pthread_mutex_unlock(&digests->lock);
    lane->err = (struct err){0};
}

static void work(struct digests *digests)
{
    unsigned char *buffers = must_alloc((size_t)2 * BUFFER);
    struct lane lanes[2] = {{.buffer = buffers, .bytes = buffers},
                            {.buffer = buffers + BUFFER, .bytes = buffers}};
    while (!atomic_load_explicit(&digests->stopped, memory_order_relaxed)) {
        for (unsigned i = 0; i < 2; i++)
            if (!lanes[i].busy)
                take(digests, &lanes[i]);
        if (!lanes[0].busy && !lanes[1].busy)
            break;
        lanes_step(lanes);
        keep_error(digests, &lanes[0]);
        keep_error(digests, &lanes[1]);
    }
    free(buffers);
}

static void *work_beside(void *argument)
{
    struct digests *digests = argument;
    work(digests);
    atomic_fetch_sub(&digests->working, 1);
    return NULL;
}

void digests_start(struct digests *digests)
{
    size_t pairs = (digests->list.count + 1) / 2;
    size_t half = processors() > 1 ? processors() / 2 : 1; /* the others have other work */
    size_t wanted = pairs < WORKERS_MOST ? pairs : WORKERS_MOST;
    if (wanted > half)
        wanted = half;
    while (digests->thread_count < wanted) {
        atomic_fetch_add(&digests->working, 1);
        if (pthread_create(&digests->threads[digests->thread_count], NULL, work_beside, digests) !=
            0) {
            atomic_fetch_sub(&digests->working, 1);
            break;
        }
        digests->thread_count++;
    }
}

size_t digests_threads(const struct digests *digests)
{
    return atomic_load(&digests->working);
}

bool digests_hold(struct digests *digests, struct err *err)
{
    if (!digests->held)
        work(digests); /* help */
    for (size_t i = 0; i < digests->thread_count; i++)
        pthread_join(digests->threads[i], NULL);
    digests->thread_count = 0;
    digests->held = true;
    if (digests->err.code != WILLRUN_OK)
        err_set(err, digests->err.code, "%s", digests->err.text);
    return digests->err.code == WILLRUN_OK;
}

void digests_free(struct digests *digests)
{
    struct err err = {0};
    if (digests == NULL)
        return;
    atomic_store(&digests->stopped, true);
    digests_hold(digests, &err);
    pthread_mutex_destroy(&digests->lock);
    vec_free(&digests->list);
    arena_free(&digests->arena);
    free(digests);
}
