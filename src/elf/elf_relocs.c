#include "elf/elf_relocs.h"

#include <string.h>

#include "base/vec.h"
#include "elf/elf_image.h"

struct reading {
    struct elf_image image;
    struct span symbols;
    struct arena *arena;
    struct VEC(struct elf_raw_reloc) relocs;
};

static void add(struct reading *reading, const Elf64_Rela *from)
{
    size_t index = ELF64_R_SYM(from->r_info);
    struct elf_raw_reloc reloc = {.type = (uint32_t)ELF64_R_TYPE(from->r_info),
                                  .offset = from->r_offset,
                                  .addend = from->r_addend};
    Elf64_Sym symbol;
    if (index != 0 && elf_read_syms(&reading->image, reading->symbols, index, 1, &symbol) != 0) {
        const char *name = elf_string(&reading->image, symbol.st_name);
        unsigned bind = ELF64_ST_BIND(symbol.st_info);
        reloc.name = arena_string(reading->arena, name != NULL ? name : "");
        reloc.local = bind == STB_LOCAL;
        reloc.weak = bind == STB_WEAK && symbol.st_shndx == SHN_UNDEF;
    }
    *vec_push(&reading->relocs) = reloc;
}

static void read_table(struct reading *reading, uint64_t address, uint64_t size, bool rela)
{
    struct span table, part;
    if (size == 0 || !elf_at(&reading->image, address, &table) || !span_at(table, 0, size, &part))
        return;
    Elf64_Rela chunk[ELF_CHUNK];
    for (size_t first = 0, count;
         (count = elf_read_relocs(&reading->image, part, rela, first, ELF_CHUNK, chunk)) != 0;
         first += count)
        for (size_t i = 0; i < count; i++)
            add(reading, &chunk[i]);
}

size_t elf_raw_relocs(struct span file, struct arena *arena, const struct elf_raw_reloc **relocs)
{
    struct elf_facts facts = {.file_size = file.size};
    struct reading reading = {.image = {.file = file, .facts = &facts}, .arena = arena};
    const struct elf_tables *tables = &reading.image.tables;
    size_t count = 0;
    *relocs = NULL;
    if (elf_read_header(&reading.image)) {
        elf_read_dynamic(&reading.image);
        if (!tables->has_symtab || !elf_at(&reading.image, tables->symtab, &reading.symbols))
            reading.symbols = (struct span){0};
        read_table(&reading, tables->plt, tables->plt_size, tables->plt_kind == DT_RELA);
        read_table(&reading, tables->rel, tables->rel_size, false);
        read_table(&reading, tables->rela, tables->rela_size, true);
        count = reading.relocs.count;
    }
    struct elf_raw_reloc *kept = arena_array(arena, count + 1, sizeof *kept);
    if (count != 0)
        memcpy(kept, reading.relocs.at, count * sizeof *kept);
    *relocs = kept;
    vec_free(&reading.relocs);
    arena_free(&facts.arena);
    return count;
}
