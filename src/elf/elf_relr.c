/* Packed relative relocations (gabi, "Relative Relocation Table"): an even word
 * is an address that is relocated, an odd one a bitmap of the words behind. */
#include "elf/elf_image.h"

struct packed {
    uint64_t word;         /* bytes of one */
    uint64_t next;         /* address of the first word that a bitmap stands for */
    uint64_t first, count; /* words that are looked for: address, number */
};

static bool is_sought(const struct packed *packed, uint64_t address)
{
    return address >= packed->first && (address - packed->first) / packed->word < packed->count;
}

/* Does this entry relocate one of the words? */
static bool take(struct packed *packed, uint64_t entry)
{
    uint64_t bits = packed->word * 8 - 1, start = packed->next;
    if ((entry & 1) == 0) {
        packed->next = entry + packed->word;
        return is_sought(packed, entry);
    }
    packed->next = start + bits * packed->word;
    for (uint64_t i = 0; i < bits; i++)
        if ((entry >> (i + 1) & 1) != 0 && is_sought(packed, start + i * packed->word))
            return true;
    return false;
}

void elf_read_relr(struct elf_image *image)
{
    const struct elf_tables *tables = &image->tables;
    struct elf_facts *facts = image->facts;
    struct packed packed = {.word = facts->wide ? 8 : 4, .first = tables->init_array};
    struct span table, part;
    packed.count = tables->init_array_size / packed.word;
    if (packed.count == 0 || tables->relr_size == 0 || !elf_at(image, tables->relr, &table) ||
        !span_at(table, 0, tables->relr_size, &part))
        return;
    for (uint64_t at = 0; at + packed.word <= part.size && !facts->relr_init; at += packed.word)
        facts->relr_init =
            take(&packed, facts->wide ? elf_u64(image, part, at) : elf_u32(image, part, at));
}
