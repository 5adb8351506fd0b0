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

/* The first place of the `size` bytes at `mark` in `span`; NULL: none. `rare` is the index of the
 * byte of them that such files have least of: it is what is looked for, many times faster than
 * memmem goes through megabytes. */
static inline const unsigned char *span_find(struct span span, const void *mark, size_t size,
                                             size_t rare)
{
    if (span.size < size)
        return NULL;
    const unsigned char *at = span.data + rare, *end = at + (span.size - size) + 1;
    while (at < end &&
           (at = memchr(at, ((const unsigned char *)mark)[rare], (size_t)(end - at))) != NULL) {
        if (memcmp(at - rare, mark, size) == 0)
            return at - rare;
        at++;
    }
    return NULL;
}

#endif
