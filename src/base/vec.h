/* Growable arrays: `struct VEC(int) v = {0}; *vec_push(&v) = 3; v.at[0]; v.count`. */
#ifndef WILLRUN_BASE_VEC_H
#define WILLRUN_BASE_VEC_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

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

#define vec_free(v) (free((v)->at), (v)->at = NULL, (v)->count = (v)->room = 0)

#endif
