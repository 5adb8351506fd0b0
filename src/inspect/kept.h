/* A vector's elements, moved to an arena. */
#ifndef WILLRUN_INSPECT_KEPT_H
#define WILLRUN_INSPECT_KEPT_H

#include <string.h>

#include "base/vec.h"

static inline void *kept(struct arena *arena, const void *at, size_t count, size_t size)
{
    void *copy = arena_array(arena, count + 1, size);
    if (count != 0)
        memcpy(copy, at, count * size);
    return copy;
}

/* The elements of `v` in `arena`; `v` is emptied, its count stands in *counted. */
#define vec_kept(arena, v, counted)                                                                \
    (*(counted) = (v)->count, kept_then_free(arena, &(v)->at, (v)->count, sizeof *(v)->at))

static inline void *kept_then_free(struct arena *arena, void *at, size_t count, size_t size)
{
    void *elements;
    memcpy(&elements, at, sizeof elements);
    void *copy = kept(arena, elements, count, size);
    free(elements);
    elements = NULL;
    memcpy(at, &elements, sizeof elements);
    return copy;
}

#endif
