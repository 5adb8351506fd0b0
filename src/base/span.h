/* A bounded view of bytes: the only way to read a file's content. */
#ifndef WILLRUN_BASE_SPAN_H
#define WILLRUN_BASE_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct span {
    const unsigned char *data; /* borrowed */
    size_t size;               /* bytes */
};

/* The part of `span` at [offset, offset+size) in `part`; false where it does not fit. */
static inline bool span_at(struct span span, uint64_t offset, uint64_t size, struct span *part)
{
    if (offset > span.size || size > span.size - offset)
        return false;
    *part = (struct span){span.data + offset, (size_t)size};
    return true;
}

/* The NUL-terminated text at `offset`; NULL where it does not end inside the span. */
static inline const char *span_text(struct span span, uint64_t offset)
{
    if (offset >= span.size)
        return NULL;
    const char *text = (const char *)span.data + offset;
    return memchr(text, 0, span.size - (size_t)offset) != NULL ? text : NULL;
}

#endif
