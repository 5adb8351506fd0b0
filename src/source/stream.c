#include "source/stream.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/arena.h"
#include "base/meter.h"

enum { BLOCK = 256 << 10 };

ssize_t stream_next(struct stream *stream, const void **bytes, struct err *err)
{
    return stream->ops->next(stream, bytes, err);
}

void stream_close(struct stream *stream)
{
    if (stream != NULL)
        stream->ops->close(stream);
}

enum coding coding_of(struct span head)
{
    static const struct {
        enum coding coding;
        size_t size;
        const char *magic;
    } magics[] = {{CODING_GZIP, 2, "\x1f\x8b"},
                  {CODING_ZSTD, 4, "\x28\xb5\x2f\xfd"},
                  {CODING_XZ, 6,
                   "\xfd"
                   "7zXZ\0"},
                  {CODING_BZIP2, 3, "BZh"}};
    for (size_t i = 0; i < sizeof magics / sizeof *magics; i++)
        if (head.size >= magics[i].size && memcmp(head.data, magics[i].magic, magics[i].size) == 0)
            return magics[i].coding;
    /* a zstd stream may start with a frame to skip (RFC 8878, 3.1.2) */
    bool skipped = head.size >= 4 && (head.data[0] & 0xf0) == 0x50 &&
                   memcmp(head.data + 1, "\x2a\x4d\x18", 3) == 0;
    return skipped ? CODING_ZSTD : CODING_NONE;
}

static ssize_t read_again(int fd, void *to, size_t size, int64_t offset)
{
    ssize_t part;
    do {
        part = offset >= 0 ? pread(fd, to, size, offset) : read(fd, to, size);
    } while (part < 0 && errno == EINTR);
    return part;
}

/* ---- a part of a file ---- */

struct range_stream {
    struct stream stream; /* first */
    struct meter *meter;
    int fd;
    uint64_t offset, left;
    unsigned char block[BLOCK];
};

static ssize_t range_next(struct stream *stream, const void **bytes, struct err *err)
{
    struct range_stream *range = (struct range_stream *)stream;
    if (meter_stops(range->meter, stream->label, err))
        return -1;
    size_t size = range->left < BLOCK ? (size_t)range->left : BLOCK;
    ssize_t part =
        size != 0 ? read_again(range->fd, range->block, size, (int64_t)range->offset) : 0;
    if (part < 0)
        err_set(err, WILLRUN_EINPUT, "%s cannot be read: %s", stream->label, err_text(errno));
    if (part == 0 && size != 0) {
        err_set(err, WILLRUN_EINPUT, "%s is cut short: %llu bytes are missing", stream->label,
                (unsigned long long)range->left);
        return -1;
    }
    if (part > 0) {
        range->offset += (uint64_t)part;
        range->left -= (uint64_t)part;
        meter_add(range->meter, (size_t)part);
    }
    *bytes = range->block;
    return part;
}

static void plain_close(struct stream *stream)
{
    free(stream);
}

struct stream *stream_of_range(int fd, uint64_t offset, uint64_t size, const char *label)
{
    static const struct stream_ops ops = {range_next, plain_close};
    struct range_stream *range = must_alloc(sizeof *range);
    range->stream = (struct stream){&ops, label};
    range->meter = meter_here;
    range->fd = fd;
    range->offset = offset;
    range->left = size;
    return &range->stream;
}

/* ---- what cannot seek ---- */

struct pipe_stream {
    struct stream stream; /* first */
    struct meter *meter;
    int fd;
    size_t held; /* bytes in `block` that next has not given yet */
    unsigned char block[BLOCK];
};

/* Until there is something to read, or nobody wants it any more. */
static void await(const struct pipe_stream *from)
{
    enum { LOOK_AGAIN = 100 }; /* milliseconds */
    struct pollfd pipe = {.fd = from->fd, .events = POLLIN};
    int ready;
    do {
        ready = poll(&pipe, 1, LOOK_AGAIN);
    } while ((ready == 0 || (ready < 0 && errno == EINTR)) && !meter_stopped(from->meter));
}

static ssize_t pipe_next(struct stream *stream, const void **bytes, struct err *err)
{
    struct pipe_stream *from = (struct pipe_stream *)stream;
    ssize_t part = (ssize_t)from->held;
    from->held = 0;
    *bytes = from->block;
    if (part == 0)
        await(from);
    if (meter_stops(from->meter, stream->label, err))
        return -1;
    if (part == 0)
        part = read_again(from->fd, from->block, BLOCK, -1);
    if (part < 0)
        err_set(err, WILLRUN_EINPUT, "%s cannot be read: %s", stream->label, err_text(errno));
    if (part > 0)
        meter_add(from->meter, (size_t)part);
    return part;
}

struct stream *stream_of_pipe(int fd, const char *label)
{
    static const struct stream_ops ops = {pipe_next, plain_close};
    struct pipe_stream *from = must_alloc(sizeof *from);
    from->stream = (struct stream){&ops, label};
    from->meter = meter_here;
    from->fd = fd;
    from->held = 0;
    return &from->stream;
}

bool stream_peek(struct stream *pipe, size_t size, struct span *head, struct err *err)
{
    struct pipe_stream *from = (struct pipe_stream *)pipe;
    while (from->held < size && from->held < BLOCK) {
        await(from);
        if (meter_stops(from->meter, pipe->label, err))
            return false;
        ssize_t part = read_again(from->fd, from->block + from->held, BLOCK - from->held, -1);
        if (part < 0)
            return err_set(err, WILLRUN_EINPUT, "%s cannot be read: %s", pipe->label,
                           err_text(errno));
        if (part == 0)
            break;
        from->held += (size_t)part;
    }
    *head = (struct span){from->block, from->held < size ? from->held : size};
    return true;
}
