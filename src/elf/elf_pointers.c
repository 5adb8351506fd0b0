#include "elf/elf_pointers.h"

#include <stdlib.h>

enum { LONGEST_TEXT = 4096 };

static int by_address(const void *a, const void *b)
{
    uint64_t one = ((const struct elf_raw_reloc *)a)->offset;
    uint64_t other = ((const struct elf_raw_reloc *)b)->offset;
    return (one > other) - (one < other);
}

bool elf_pointers_open(struct elf_pointers *pointers, struct span file)
{
    const struct elf_raw_reloc *relocs;
    *pointers = (struct elf_pointers){.facts = {.file_size = file.size}};
    pointers->image = (struct elf_image){.file = file, .facts = &pointers->facts};
    if (!elf_read_header(&pointers->image))
        return false;
    pointers->word = pointers->facts.wide ? 8 : 4;
    pointers->count = elf_raw_relocs(file, &pointers->arena, &relocs);
    struct elf_raw_reloc *sorted =
        arena_array(&pointers->arena, pointers->count + 1, sizeof *sorted);
    memcpy(sorted, relocs, pointers->count * sizeof *sorted);
    qsort(sorted, pointers->count, sizeof *sorted, by_address);
    pointers->relocs = sorted;
    return true;
}

void elf_pointers_close(struct elf_pointers *pointers)
{
    arena_free(&pointers->arena);
    arena_free(&pointers->facts.arena);
}

const struct elf_raw_reloc *elf_reloc_at(const struct elf_pointers *pointers, uint64_t address)
{
    const struct elf_raw_reloc key = {.offset = address};
    return bsearch(&key, pointers->relocs, pointers->count, sizeof key, by_address);
}

uint64_t elf_word(const struct elf_pointers *pointers, struct span bytes, uint64_t offset)
{
    return pointers->facts.wide ? elf_u64(&pointers->image, bytes, offset)
                                : elf_u32(&pointers->image, bytes, offset);
}

uint64_t elf_pointer_at(const struct elf_pointers *pointers, uint64_t address)
{
    struct span bytes;
    const struct elf_raw_reloc *reloc = elf_reloc_at(pointers, address);
    if (reloc != NULL && reloc->addend != 0)
        return (uint64_t)reloc->addend;
    return elf_at(&pointers->image, address, &bytes) ? elf_word(pointers, bytes, 0) : 0;
}

const char *elf_text_at(const struct elf_pointers *pointers, uint64_t address)
{
    struct span bytes;
    size_t length = 0;
    if (address == 0 || !elf_at(&pointers->image, address, &bytes))
        return NULL;
    size_t limit = bytes.size < LONGEST_TEXT ? bytes.size : LONGEST_TEXT;
    while (length < limit && bytes.data[length] >= ' ')
        length++;
    bool text = length != 0 && length < limit && bytes.data[length] == 0;
    return text ? (const char *)bytes.data : NULL;
}
