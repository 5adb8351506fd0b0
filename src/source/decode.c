/* A thread that expands compressed bytes ahead of who reads them. */
#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "base/limits.h"
#include "source/expand.h"
#include "source/stream.h"

enum { BUFFER = 512 << 10, BUFFERS = 4 };

/* More than LIMIT_EXPANSION, and more than so many bytes from each that is read, is no layer but a
 * bomb: deflate reaches 1:1032, zstd far more. */
enum { BOMB_RATIO = 100 };

struct counted_stream {
    struct stream stream; /* first */
    struct stream *inner;
    uint64_t size; /* bytes given */
};

struct decoder {
    struct stream stream; /* first */
    struct counted_stream packed;
    struct expander *expander;
    uint64_t expanded;   /* bytes */
    struct sha256 *hash; /* of what it expands to; NULL: nobody asks */
    pthread_t thread;
    bool threaded;        /* it runs */
    bool given;           /* a buffer is lent to the reader */
    pthread_mutex_t lock; /* guards all below */
    /* Who waits is woken when half of the buffers are there: to be woken costs as much as to work
     * on a buffer. */
    pthread_cond_t ready, free;
    size_t filled, taken; /* buffers ever filled, and given back */
    bool ended, stopped;  /* no more will come; nobody wants more */
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

static void *work_ahead(void *argument)
{
    struct decoder *decoder = argument;
    pthread_mutex_lock(&decoder->lock);
    while (!decoder->ended && !decoder->stopped) {
        if (decoder->filled - decoder->taken == BUFFERS) {
            while (decoder->filled - decoder->taken > BUFFERS / 2 && !decoder->stopped)
                pthread_cond_wait(&decoder->free, &decoder->lock);
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
        if (decoder->ended || decoder->filled - decoder->taken >= BUFFERS / 2)
            pthread_cond_signal(&decoder->ready);
    }
    pthread_mutex_unlock(&decoder->lock);
    return NULL;
}

/* Under the lock: until there is a buffer. */
static void await(struct decoder *decoder)
{
    if (decoder->filled != decoder->taken)
        return;
    while (decoder->filled - decoder->taken < BUFFERS / 2 && !decoder->ended)
        pthread_cond_wait(&decoder->ready, &decoder->lock);
}

static ssize_t wait_for_block(struct decoder *decoder, const void **bytes, struct err *err)
{
    pthread_mutex_lock(&decoder->lock);
    if (decoder->given) {
        decoder->taken++;
        if (decoder->filled - decoder->taken <= BUFFERS / 2)
            pthread_cond_signal(&decoder->free);
    }
    await(decoder);
    size_t place = decoder->taken % BUFFERS;
    ssize_t size = decoder->filled != decoder->taken ? decoder->sizes[place] : 0;
    decoder->given = size > 0;
    if (size < 0)
        *err = decoder->err;
    pthread_mutex_unlock(&decoder->lock);
    *bytes = decoder->buffers + place * BUFFER;
    return size;
}

static ssize_t decoder_next(struct stream *stream, const void **bytes, struct err *err)
{
    struct decoder *decoder = (struct decoder *)stream;
    *bytes = decoder->buffers;
    ssize_t size = decoder->threaded ? wait_for_block(decoder, bytes, err)
                                     : fill(decoder, decoder->buffers, err);
    if (size > 0 && decoder->hash != NULL)
        sha256_add(decoder->hash, *bytes, (size_t)size);
    return size;
}

static void stop(struct decoder *decoder)
{
    if (!decoder->threaded)
        return;
    pthread_mutex_lock(&decoder->lock);
    decoder->stopped = true;
    pthread_cond_signal(&decoder->free);
    pthread_mutex_unlock(&decoder->lock);
    pthread_join(decoder->thread, NULL);
}

static void decoder_close(struct stream *stream)
{
    struct decoder *decoder = (struct decoder *)stream;
    stop(decoder);
    decoder->expander->ops->close(decoder->expander);
    stream_close(decoder->packed.inner);
    pthread_cond_destroy(&decoder->ready);
    pthread_cond_destroy(&decoder->free);
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
    pthread_cond_init(&decoder->ready, NULL);
    pthread_cond_init(&decoder->free, NULL);
    if (coding == CODING_GZIP)
        decoder->expander = expander_of_gzip(&decoder->packed.stream);
    if (decoder->expander == NULL)
        decoder->expander = expander_of_archive(&decoder->packed.stream, coding);
    /* where no thread can be had, the reader does it all */
    decoder->threaded = pthread_create(&decoder->thread, NULL, work_ahead, decoder) == 0;
    return &decoder->stream;
}
