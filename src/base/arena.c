#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

struct arena_block {
    struct arena_block *older;
    size_t size, used; /* bytes of `data` */
    alignas(max_align_t) unsigned char data[];
};

_Noreturn static void out_of_memory(void)
{
    fputs("willrun: memory is exhausted\n", stderr);
    exit(2);
}

void *must_alloc(size_t size)
{
    void *memory = malloc(size != 0 ? size : 1);
    if (memory == NULL)
        out_of_memory();
    return memory;
}

void *must_realloc(void *old, size_t size)
{
    void *memory = realloc(old, size != 0 ? size : 1);
    if (memory == NULL)
        out_of_memory();
    return memory;
}

static struct arena_block *new_block(struct arena *arena, size_t size)
{
    size_t room = arena->next != 0 ? arena->next : FIRST_BLOCK;
    if (room < LARGEST_BLOCK)
        arena->next = room * 2;
    if (room < size)
        room = size;
    if (room > SIZE_MAX - sizeof(struct arena_block))
        out_of_memory();
    struct arena_block *block = calloc(1, sizeof *block + room);
    if (block == NULL)
        out_of_memory();
    block->size = room;
    block->older = arena->blocks;
    arena->blocks = block;
    return block;
}

/* `align` is a power of two, at most that of max_align_t. */
static void *take(struct arena *arena, size_t size, size_t align)
{
    struct arena_block *block = arena->blocks;
    size_t at = block != NULL ? (block->used + align - 1) & ~(align - 1) : 0;
    if (block == NULL || at > block->size || block->size - at < size) {
        block = new_block(arena, size);
        at = 0;
    }
    block->used = at + size;
    return block->data + at;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    /* nothing of a smaller size needs more */
    size_t align = alignof(max_align_t);
    while (align > 1 && align / 2 >= size)
        align /= 2;
    return take(arena, size, align);
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        out_of_memory();
    return arena_alloc(arena, total);
}

char *arena_copy(struct arena *arena, const char *text, size_t length)
{
    char *copy = take(arena, length + 1, 1);
    memcpy(copy, text, length);
    return copy;
}

char *arena_string(struct arena *arena, const char *text)
{
    return text != NULL ? arena_copy(arena, text, strlen(text)) : NULL;
}

char *arena_vformat(struct arena *arena, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    char *text = take(arena, (size_t)(length > 0 ? length : 0) + 1, 1);
    if (length > 0)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vformat(arena, format, args);
    va_end(args);
    return text;
}

void arena_free(struct arena *arena)
{
    while (arena->blocks != NULL) {
        struct arena_block *block = arena->blocks;
        arena->blocks = block->older;
        free(block);
    }
    arena->next = 0;
}
