/* Memory that lives and dies together. */
#ifndef WILLRUN_BASE_ARENA_H
#define WILLRUN_BASE_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena_block;

/* Zero-initialised is empty and ready. */
struct arena {
    struct arena_block *blocks; /* newest first */
    size_t total;               /* bytes of all of them */
};

/* Zeroed memory for `size` bytes, aligned for any type. Never NULL: exhausted
 * memory ends the process with a sentence, for no analysis can go on without it. */
void *arena_alloc(struct arena *arena, size_t size);
void *arena_array(struct arena *arena, size_t count, size_t size);
char *arena_copy(struct arena *arena, const char *text, size_t length); /* adds the NUL */
char *arena_string(struct arena *arena, const char *text);              /* NULL stays NULL */
char *arena_format(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
char *arena_vformat(struct arena *arena, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
void arena_free(struct arena *arena);

/* malloc, realloc that never return NULL (see arena_alloc). */
void *must_alloc(size_t size);
void *must_realloc(void *old, size_t size);

#endif
