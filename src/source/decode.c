/* A thread that expands compressed bytes ahead of who reads them, and one that hashes them
 * beside the reader. */
#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "source/expand.h"
#include "source/stream.h"

enum { BUFFER = 128 << 10, BUFFERS = 6 };

/* More than LIMIT_EXPANSION, and more than so many bytes from each that is read, is no layer but a
 * bomb: deflate reaches 1:1032, zstd far more. */
enum { BOMB_RATIO = 100 };

struct counted_stream {
    struct stream stream; /* first */
    struct stream *inner;
    uint64_t size; /* bytes given */
};

/* Who takes the buffers: each takes all of them, in order. */
enum taker { READER, HASHER, TAKERS };

struct decoder {
    struct stream stream; /* first */
    struct counted_stream packed;
    struct expander *expander;
    uint64_t expanded;   /* bytes */
    struct sha256 *hash; /* of what it expands to; NULL: nobody asks */
    pthread_t thread, hasher;
    bool threaded, hashing; /* the threads run */
    bool given;             /* a buffer is lent to the reader */
    pthread_mutex_t lock;   /* guards all below */
    pthread_cond_t changed;
    size_t filled, taken[TAKERS]; /* buffers ever filled, and given back by each */
    bool ended, stopped;          /* no more will come; nobody wants more */
    struct err err;
    ssize_t sizes[BUFFERS];
    unsigned char *buffers;
};

static ssize_t counted_next(struct stream *stream, const void **bytes, struct err *err)
{
    struct counted_stream *counted = (struct counted_stream *)stream;
    ssize_t part = stream_next(counted->inner, bytes, err);
    if (part > 0)
        counted->size += (uint64_t)part;
    return part;
}

static ssize_t fill(struct decoder *decoder, unsigned char *buffer, struct err *err)
{
    ssize_t size = decoder->expander->ops->fill(decoder->expander, buffer, BUFFER, err);
    if (size <= 0)
        return size;
    decoder->expanded += (uint64_t)size;
    if (decoder->expanded > limit_of(LIMIT_EXPANSION) &&
        decoder->expanded / BOMB_RATIO > decoder->packed.size) {
        err_set(err, WILLRUN_EINPUT,
                "%s expands to more than %s, over %d times its size: willrun takes it for "
                "a decompression bomb%s",
                decoder->stream.label, limit_bytes(LIMIT_EXPANSION).text, BOMB_RATIO,
                limit_hint(LIMIT_EXPANSION));
        return -1;
    }
    return size;
}

/* Buffers that all have given back. */
static size_t slowest(const struct decoder *decoder)
{
    size_t taken = decoder->taken[READER];
    return decoder->hashing && decoder->taken[HASHER] < taken ? decoder->taken[HASHER] : taken;
}

static void *work_ahead(void *argument)
{
    struct decoder *decoder = argument;
    pthread_mutex_lock(&decoder->lock);
    while (!decoder->ended && !decoder->stopped) {
        if (decoder->filled - slowest(decoder) == BUFFERS) {
            pthread_cond_wait(&decoder->changed, &decoder->lock);
            continue;
        }
        size_t place = decoder->filled % BUFFERS;
        struct err err = {0};
        pthread_mutex_unlock(&decoder->lock);
        ssize_t size = fill(decoder, decoder->buffers + place * BUFFER, &err);
        pthread_mutex_lock(&decoder->lock);
        decoder->sizes[place] = size;
        decoder->ended = size <= 0;
        decoder->filled++;
        if (size < 0)
            decoder->err = err;
        pthread_cond_broadcast(&decoder->changed);
    }
    pthread_mutex_unlock(&decoder->lock);
    return NULL;
}

/* Under the lock: the size of the next buffer of `taker`, at *bytes; not above 0: there is none,
 * as `fill` says it. */
static ssize_t await(struct decoder *decoder, enum taker taker, const unsigned char **bytes)
{
    while (decoder->filled == decoder->taken[taker] && !decoder->ended && !decoder->stopped)
        pthread_cond_wait(&decoder->changed, &decoder->lock);
    size_t place = decoder->taken[taker] % BUFFERS;
    *bytes = decoder->buffers + place * BUFFER;
    return decoder->filled != decoder->taken[taker] ? decoder->sizes[place] : 0;
}

/* Under the lock. */
static void give_back(struct decoder *decoder, enum taker taker)
{
    size_t before = slowest(decoder);
    decoder->taken[taker]++;
    if (slowest(decoder) != before)
        pthread_cond_broadcast(&decoder->changed);
}

static void *hash_beside(void *argument)
{
    struct decoder *decoder = argument;
    const unsigned char *bytes;
    ssize_t size;
    pthread_mutex_lock(&decoder->lock);
    while (!decoder->stopped && (size = await(decoder, HASHER, &bytes)) > 0) {
        pthread_mutex_unlock(&decoder->lock);
        sha256_add(decoder->hash, bytes, (size_t)size);
        pthread_mutex_lock(&decoder->lock);
        give_back(decoder, HASHER);
    }
    pthread_mutex_unlock(&decoder->lock);
    return NULL;
}

static ssize_t wait_for_block(struct decoder *decoder, const void **bytes, struct err *err)
{
    const unsigned char *block;
    pthread_mutex_lock(&decoder->lock);
    if (decoder->given)
        give_back(decoder, READER);
    ssize_t size = await(decoder, READER, &block);
    decoder->given = size > 0;
    if (size < 0)
        *err = decoder->err;
    pthread_mutex_unlock(&decoder->lock);
    if (size > 0 && decoder->hash != NULL && !decoder->hashing)
        sha256_add(decoder->hash, block, (size_t)size);
    *bytes = block;
    return size;
}

static ssize_t decoder_next(struct stream *stream, const void **bytes, struct err *err)
{
    struct decoder *decoder = (struct decoder *)stream;
    if (decoder->threaded)
        return wait_for_block(decoder, bytes, err);
    *bytes = decoder->buffers;
    ssize_t size = fill(decoder, decoder->buffers, err);
    if (size > 0 && decoder->hash != NULL)
        sha256_add(decoder->hash, decoder->buffers, (size_t)size);
    return size;
}

static void stop(struct decoder *decoder)
{
    pthread_mutex_lock(&decoder->lock);
    /* what was read to its end is hashed to its end */
    while (decoder->hashing && decoder->ended && decoder->taken[READER] > decoder->taken[HASHER])
        pthread_cond_wait(&decoder->changed, &decoder->lock);
    decoder->stopped = true;
    pthread_cond_broadcast(&decoder->changed);
    pthread_mutex_unlock(&decoder->lock);
    if (decoder->hashing)
        pthread_join(decoder->hasher, NULL);
    if (decoder->threaded)
        pthread_join(decoder->thread, NULL);
    decoder->hashing = decoder->threaded = false;
}

/* Where no thread can be had, the reader does it all. */
static void start(struct decoder *decoder)
{
    decoder->hashing =
        decoder->hash != NULL && pthread_create(&decoder->hasher, NULL, hash_beside, decoder) == 0;
    decoder->threaded = pthread_create(&decoder->thread, NULL, work_ahead, decoder) == 0;
    if (!decoder->threaded)
        stop(decoder);
}

static void decoder_close(struct stream *stream)
{
    struct decoder *decoder = (struct decoder *)stream;
    stop(decoder);
    decoder->expander->ops->close(decoder->expander);
    stream_close(decoder->packed.inner);
    pthread_cond_destroy(&decoder->changed);
    pthread_mutex_destroy(&decoder->lock);
    free(decoder->buffers);
    free(decoder);
}

struct stream *stream_decoded(struct stream *inner, enum coding coding, struct sha256 *hash)
{
    static const struct stream_ops ops = {decoder_next, decoder_close};
    static const struct stream_ops counted_ops = {counted_next, NULL};
    struct decoder *decoder = must_alloc(sizeof *decoder);
    *decoder = (struct decoder){.stream = {&ops, inner->label},
                                .packed = {{&counted_ops, inner->label}, inner, 0},
                                .hash = hash,
                                .buffers = must_alloc((size_t)BUFFER * BUFFERS)};
    pthread_mutex_init(&decoder->lock, NULL);
    pthread_cond_init(&decoder->changed, NULL);
    if (coding == CODING_GZIP)
        decoder->expander = expander_of_gzip(&decoder->packed.stream);
    if (decoder->expander == NULL)
        decoder->expander = expander_of_archive(&decoder->packed.stream, coding);
    start(decoder);
    return &decoder->stream;
}
