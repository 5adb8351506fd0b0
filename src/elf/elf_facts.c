#include "elf/elf_facts.h"

#include <stdlib.h>
#include <string.h>

#include "elf/elf_image.h"

void elf_read_all(struct elf_image *image, bool symbols)
{
    image->facts->file_size = image->file.size;
    image->facts->abi_os = UINT32_MAX;
    if (!elf_read_header(image))
        return;
    elf_read_notes(image);
    elf_read_dynamic(image);
    elf_check_demands(image);
    elf_read_relr(image);
    if (symbols) {
        elf_read_versions(image);
        elf_read_symbols(image);
        elf_read_release(image);
    }
}

static void read_facts(struct elf_facts *facts, struct span file, bool symbols, bool stays)
{
    struct elf_image image = {.file = file, .stays = stays, .facts = facts};
    elf_read_all(&image, symbols);
}

struct elf_facts *elf_facts_read(struct span file, bool symbols)
{
    struct elf_facts *facts = must_alloc(sizeof *facts);
    memset(facts, 0, sizeof *facts);
    read_facts(facts, file, symbols, false);
    return facts;
}

const struct elf_facts *elf_facts_read_in(struct arena *arena, struct span file, bool symbols,
                                          bool stays)
{
    struct elf_facts *facts = arena_alloc(arena, sizeof *facts);
    facts->arena = *arena; /* lent while the facts are made */
    read_facts(facts, file, symbols, stays);
    *arena = facts->arena;
    facts->arena = (struct arena){0};
    return facts;
}

void elf_facts_free(struct elf_facts *facts)
{
    if (facts == NULL)
        return;
    struct arena arena = facts->arena; /* the arena's blocks do not hold the struct */
    arena_free(&arena);
    free(facts);
}

const Elf64_Phdr *elf_last_header(const struct elf_facts *facts, Elf64_Word type)
{
    const Elf64_Phdr *last = NULL;
    for (size_t i = 0; facts->phdrs != NULL && i < facts->phnum; i++)
        if (facts->phdrs[i].p_type == type)
            last = &facts->phdrs[i];
    return last;
}

bool elf_tells_base(const struct elf_facts *facts)
{
    const Elf64_Phdr *phdr = elf_last_header(facts, PT_PHDR);
    if (phdr == NULL)
        return facts->type == ET_EXEC;
    for (size_t i = 0; i < facts->phnum; i++) {
        const Elf64_Phdr *load = &facts->phdrs[i];
        if (load->p_type == PT_LOAD && facts->phoff - load->p_offset < load->p_filesz)
            return phdr->p_vaddr == load->p_vaddr + (facts->phoff - load->p_offset);
    }
    return false;
}

bool elf_maps_last(const struct elf_facts *facts, Elf64_Word type, uint32_t flags)
{
    const Elf64_Phdr *last = elf_last_header(facts, type);
    return last == NULL || elf_segment(facts, last->p_vaddr, 1, flags) != NULL;
}

bool elf_spoils_debug(const struct elf_facts *facts)
{
    return facts->has_debug && facts->machine != EM_MIPS && !elf_maps_last(facts, PT_DYNAMIC, PF_W);
}
