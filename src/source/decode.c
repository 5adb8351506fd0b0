/* A thread that expands compressed bytes ahead of who reads them. */
#include <pthread.h>
#include <stdlib.h>

#include "base/arena.h"
#include "source/expand.h"
#include "source/stream.h"

enum { BUFFER = 128 << 10, BUFFERS = 6 };

/* More than this many bytes, and more than so many from each that is read, is
 * no layer but a bomb: deflate reaches 1:1032, zstd far more. */
static const uint64_t unsuspicious = 8ULL << 30;
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
    uint64_t expanded; /* bytes */
    pthread_t thread;
    bool threaded, given; /* a buffer is lent to the reader */
    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t changed;
    size_t filled, taken; /* buffers ever filled and given back */
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
    if (decoder->expanded > unsuspicious && decoder->expanded / BOMB_RATIO > decoder->packed.size) {
        err_set(err, WILLRUN_EINPUT,
                "%s expands to more than %llu GiB, over %d times its size: willrun takes it for a "
                "decompression bomb",
                decoder->stream.label, (unsigned long long)(unsuspicious >> 30), BOMB_RATIO);
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

static ssize_t wait_for_block(struct decoder *decoder, const void **bytes, struct err *err)
{
    pthread_mutex_lock(&decoder->lock);
    if (decoder->given) {
        decoder->taken++;
        pthread_cond_broadcast(&decoder->changed);
    }
    while (decoder->filled == decoder->taken && !decoder->ended)
        pthread_cond_wait(&decoder->changed, &decoder->lock);
    bool any = decoder->filled != decoder->taken;
    size_t place = decoder->taken % BUFFERS;
    ssize_t size = any ? decoder->sizes[place] : 0;
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
    if (decoder->threaded)
        return wait_for_block(decoder, bytes, err);
    *bytes = decoder->buffers;
    return fill(decoder, decoder->buffers, err);
}

static void decoder_close(struct stream *stream)
{
    struct decoder *decoder = (struct decoder *)stream;
    if (decoder->threaded) {
        pthread_mutex_lock(&decoder->lock);
        decoder->stopped = true;
        pthread_cond_broadcast(&decoder->changed);
        pthread_mutex_unlock(&decoder->lock);
        pthread_join(decoder->thread, NULL);
    }
    decoder->expander->ops->close(decoder->expander);
    stream_close(decoder->packed.inner);
    pthread_cond_destroy(&decoder->changed);
    pthread_mutex_destroy(&decoder->lock);
    free(decoder->buffers);
    free(decoder);
}

struct stream *stream_decoded(struct stream *inner, enum coding coding)
{
    static const struct stream_ops ops = {decoder_next, decoder_close};
    static const struct stream_ops counted_ops = {counted_next, NULL};
    struct decoder *decoder = must_alloc(sizeof *decoder);
    *decoder = (struct decoder){.stream = {&ops, inner->label},
                                .packed = {{&counted_ops, inner->label}, inner, 0},
                                .buffers = must_alloc((size_t)BUFFER * BUFFERS)};
    pthread_mutex_init(&decoder->lock, NULL);
    pthread_cond_init(&decoder->changed, NULL);
    if (coding == CODING_GZIP)
        decoder->expander = expander_of_gzip(&decoder->packed.stream);
    if (decoder->expander == NULL)
        decoder->expander = expander_of_archive(&decoder->packed.stream, coding);
    decoder->threaded = pthread_create(&decoder->thread, NULL, work_ahead, decoder) == 0;
    return &decoder->stream;
}
