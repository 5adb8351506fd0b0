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
