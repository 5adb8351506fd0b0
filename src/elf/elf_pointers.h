/* The memory of a file as its loader makes it: pointers after relocation, for a file that is loaded
 * at address 0. Private to src/elf. */
#ifndef WILLRUN_ELF_ELF_POINTERS_H
#define WILLRUN_ELF_ELF_POINTERS_H

#include "elf/elf_image.h"
#include "elf/elf_relocs.h"

struct elf_pointers {
    struct elf_image image;
    struct elf_facts facts;
    struct arena arena;
    const struct elf_raw_reloc *relocs; /* in the order of their addresses */
    size_t count;
    uint64_t word; /* bytes of a pointer */
};

/* False: the file has no header that can be read. To be closed either way; not to be moved. */
bool elf_pointers_open(struct elf_pointers *pointers, struct span file);
void elf_pointers_close(struct elf_pointers *pointers);

/* What relocates the memory at `address`; NULL: nothing does. */
const struct elf_raw_reloc *elf_reloc_at(const struct elf_pointers *pointers, uint64_t address);

/* The pointer at `address`; 0: none, or one to a symbol. */
uint64_t elf_pointer_at(const struct elf_pointers *pointers, uint64_t address);

/* The word at an offset in `bytes`, as the file has it. */
uint64_t elf_word(const struct elf_pointers *pointers, struct span bytes, uint64_t offset);

/* The text at `address`, in the file's bytes; NULL: there is none, or an empty one. */
const char *elf_text_at(const struct elf_pointers *pointers, uint64_t address);

#endif
