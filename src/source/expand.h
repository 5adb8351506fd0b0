/* What expands compressed bytes, one file a library. */
#ifndef WILLRUN_SOURCE_EXPAND_H
#define WILLRUN_SOURCE_EXPAND_H

#include "source/stream.h"

struct expander;

struct expander_ops {
    /* Up to `room` bytes into `to`; 0 at the end, -1 with a sentence in `err`. */
    ssize_t (*fill)(struct expander *expander, unsigned char *to, size_t room, struct err *err);
    void (*close)(struct expander *expander); /* not what it reads from */
};

struct expander {
    const struct expander_ops *ops;
};

/* From `from`, which stays the caller's. */
struct expander *expander_of_archive(struct stream *from, enum coding coding); /* libarchive */
struct expander *expander_of_gzip(struct stream *from); /* NULL: out of memory */

#endif
