/* Growable arrays: `struct VEC(int) v = {0}; *vec_push(&v) = 3; v.at[0]; v.count`. */
#ifndef WILLRUN_BASE_VEC_H
#define WILLRUN_BASE_VEC_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

#define VEC(type)                                                                                  \
    {                                                                                              \
        type *at;                                                                                  \
        size_t count, room;                                                                        \
    }

/* Returns room for at least one more element of `size` bytes. */
static inline void *vec_grow(void *at, size_t count, size_t *room, size_t size)
{
    if (count < *room)
        return at;
    size_t more = *room != 0 ? *room * 2 : 8;
    size_t bytes;
    if (__builtin_mul_overflow(more, size, &bytes))
        bytes = SIZE_MAX; /* must_realloc says so */
    *room = more;
    return must_realloc(at, bytes);
}

/* Pointer to a new last element, not initialised. */
#define vec_push(v)                                                                                \
    ((v)->at = vec_grow((v)->at, (v)->count, &(v)->room, sizeof *(v)->at), &(v)->at[(v)->count++])

/* `more` elements behind the last, copied from `from`, which may be NULL for none. */
#define vec_append(v, from, more)                                                                  \
    do {                                                                                           \
        size_t more_ = (more);                                                                     \
        while (more_ > (v)->room - (v)->count)                                                     \
            (v)->at = vec_grow((v)->at, (v)->room, &(v)->room, sizeof *(v)->at);                   \
        if (more_ != 0)                                                                            \
            memcpy((v)->at + (v)->count, (from), more_ * sizeof *(v)->at);                         \
        (v)->count += more_;                                                                       \
    } while (0)

#define vec_free(v) (free((v)->at), (v)->at = NULL, (v)->count = (v)->room = 0)

#endif
