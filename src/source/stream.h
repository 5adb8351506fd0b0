/* Bytes that come in order, block by block: a part of a file, standard input,
 * or what a compressed stream expands to. */
#ifndef WILLRUN_SOURCE_STREAM_H
#define WILLRUN_SOURCE_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/sha256.h"
#include "base/span.h"

struct stream;

struct stream_ops {
    /* The next bytes, borrowed until the next call; 0 at the end, -1 with a
     * sentence in `err`. */
    ssize_t (*next)(struct stream *stream, const void **bytes, struct err *err);
    void (*close)(struct stream *stream);
};

struct stream {
    const struct stream_ops *ops;
    const char *label; /* what it is, for sentences; borrowed */
};

/* How bytes are compressed. */
enum coding { CODING_NONE, CODING_GZIP, CODING_ZSTD, CODING_XZ, CODING_BZIP2 };
enum { CODING_HEAD = 8 }; /* bytes that tell it */
enum coding coding_of(struct span head);

/* `size` bytes at `offset` of the open file `fd`, which is borrowed. A file that
 * ends before is told of as cut short. */
struct stream *stream_of_range(int fd, uint64_t offset, uint64_t size, const char *label);

/* All of `fd`, which is borrowed and cannot seek. */
struct stream *stream_of_pipe(int fd, const char *label);

/* The first bytes of a stream of stream_of_pipe, which next gives once more: up to
 * `size` of them. False with a sentence. */
bool stream_peek(struct stream *pipe, size_t size, struct span *head, struct err *err);

/* What `inner`, which it owns, expands to. A thread of its own works ahead. `hash`, where it is not
 * NULL, gets all that is read. */
struct stream *stream_decoded(struct stream *inner, enum coding coding, struct sha256 *hash);

ssize_t stream_next(struct stream *stream, const void **bytes, struct err *err);
void stream_close(struct stream *stream); /* NULL too */

#endif
