#include "base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/must.h"

enum {
    FIRST_BLOCK = 4096,
    BLOCKS = 8,             /* as many of a size before they double: little is left over */
    MAP_FROM = 1 << 15,     /* a block of that many bytes and more is mapped */
    LARGEST_BLOCK = 1 << 21 /* a huge page, where the kernel gives one */
};

struct arena_block {
    struct arena_block *older;
    size_t size, used; /* bytes of `data` */
    size_t mapped;     /* bytes that were mapped for it; 0: it is malloc's */
    alignas(max_align_t) unsigned char data[];
};

_Noreturn static void out_of_memory(void)
{
    fputs("willrun: memory is exhausted\n", stderr);
    exit(2);
}

void *must_have(void *made)
{
    if (made == NULL)
        out_of_memory();
    return made;
}

void *must_alloc(size_t size)
{
    return must_have(malloc(size != 0 ? size : 1));
}

void *must_realloc(void *old, size_t size)
{
    return must_have(realloc(old, size != 0 ? size : 1));
}

/* Zeroed pages. Arenas are filled from their start, so most of a block will be
 * touched: it is cheaper to have its pages at once than by a fault each. */
static struct arena_block *map_block(size_t bytes)
{
    bool huge = bytes >= LARGEST_BLOCK;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | (huge ? 0 : MAP_POPULATE);
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (memory == MAP_FAILED)
        out_of_memory();
    if (huge)
        madvise(memory, bytes, MADV_HUGEPAGE);
    struct arena_block *block = memory;
    block->mapped = bytes;
    return block;
}

static struct arena_block *new_block(struct arena *arena, size_t size)
{
    size_t bytes = FIRST_BLOCK;
    while (bytes < LARGEST_BLOCK && bytes * BLOCKS <= arena->total)
        bytes *= 2;
    if (size > SIZE_MAX - sizeof(struct arena_block))
        out_of_memory();
    if (bytes < size + sizeof(struct arena_block))
        bytes = size + sizeof(struct arena_block);
    struct arena_block *block = bytes >= MAP_FROM ? map_block(bytes) : calloc(1, bytes);
    if (block == NULL)
        out_of_memory();
    block->size = bytes - sizeof *block;
    arena->total += bytes;
    block->older = arena->blocks;
    arena->blocks = block;
    return block;
}

static void free_block(struct arena_block *block)
{
    if (block->mapped != 0)
        munmap(block, block->mapped);
    else
        free(block);
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
    if (length != 0) /* of nothing, there may be no text */
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
        free_block(block);
    }
    arena->total = 0;
}
