#include "elf/elf_cut.h"

#include <string.h>

#include "elf/elf_gnu_hash.h"
#include "elf/elf_image.h"

/* Of each entry what musl's loader makes of it when it reads the table by the
 * rules of its own machine (elf_raw_relocs): r_info, and the symbol it names. */
static void mark_relocs(struct elf_image *image, uint64_t address, uint64_t size, bool rela)
{
    uint64_t entry = elf_reloc_size(image, rela), word = image->facts->wide ? 8 : 4;
    struct span table, part, symbols;
    if (size == 0 || !elf_at(image, address, &table) || !span_at(table, 0, size, &part))
        return;
    for (uint64_t at = 0; at + entry <= part.size; at += entry)
        elf_note(image, part.data + at + word, word);
    if (!image->tables.has_symtab || !elf_at(image, image->tables.symtab, &symbols))
        return;
    struct elf_image quiet = *image; /* reads without a mark */
    quiet.seen = NULL;
    Elf64_Rela relocs[ELF_CHUNK];
    Elf64_Sym symbol;
    for (size_t first = 0, count;
         (count = elf_read_relocs(&quiet, part, rela, first, ELF_CHUNK, relocs)) != 0;
         first += count)
        for (size_t i = 0; i < count; i++)
            if (ELF64_R_SYM(relocs[i].r_info) != 0 &&
                elf_read_syms(image, symbols, ELF64_R_SYM(relocs[i].r_info), 1, &symbol) != 0)
                elf_string(image, symbol.st_name);
}

/* A lookup in the file itself walks the table for any name: all of it counts. */
static void mark_hash(struct elf_image *image)
{
    struct gnu_hash hash;
    if (!image->facts->has_gnu_hash || !gnu_hash_open(image, &hash))
        return;
    size_t end = gnu_hash_end(image, &hash), links = end > hash.first ? end - hash.first : 0;
    elf_note(image, hash.bloom.data, hash.bloom.size);
    elf_note(image, hash.buckets.data, hash.buckets.size);
    elf_note(image, hash.chain.data, links * 4);
}

/* Runs grow by a byte on each side. */
static void widen(unsigned char *seen, size_t size)
{
    for (size_t at = 0; at < size;) {
        unsigned char *start = memchr(seen + at, 1, size - at);
        if (start == NULL)
            return;
        unsigned char *end = memchr(start, 0, size - (size_t)(start - seen));
        if (start != seen)
            start[-1] = 1;
        if (end == NULL)
            return;
        *end = 1;
        at = (size_t)(end - seen) + 1;
    }
}

void elf_cut(struct span file, unsigned char *seen)
{
    struct elf_facts facts = {0};
    struct elf_image image = {.file = file, .facts = &facts, .seen = seen};
    const struct elf_tables *tables = &image.tables;
    elf_read_all(&image, true);
    mark_hash(&image);
    mark_relocs(&image, tables->plt, tables->plt_size, tables->plt_kind == DT_RELA);
    mark_relocs(&image, tables->rel, tables->rel_size, false);
    mark_relocs(&image, tables->rela, tables->rela_size, true);
    widen(seen, file.size);
    arena_free(&facts.arena);
}
