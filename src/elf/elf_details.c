#include "elf/elf_details.h"

#include <string.h>

#include "base/vec.h"
#include "elf/elf_image.h"

enum { MOST_SECTIONS = 65536 };

/* ---- sections ---- */

static struct elf_section section_at(const struct elf_image *image, struct span header,
                                     uint64_t *name, uint64_t *offset, uint64_t *size)
{
    bool wide = image->facts->wide;
    struct elf_section section = {.name = "", .type = elf_u32(image, header, 4)};
    *name = elf_u32(image, header, 0);
    section.flags = wide ? elf_u64(image, header, 8) : elf_u32(image, header, 8);
    section.address = wide ? elf_u64(image, header, 16) : elf_u32(image, header, 12);
    *offset = wide ? elf_u64(image, header, 24) : elf_u32(image, header, 16);
    *size = wide ? elf_u64(image, header, 32) : elf_u32(image, header, 20);
    section.link = elf_u32(image, header, wide ? 40 : 24);
    section.entry = wide ? elf_u64(image, header, 56) : elf_u32(image, header, 36);
    return section;
}

/* Section headers as e_shoff, e_shentsize, e_shnum and e_shstrndx say; a count of 0 stands in
 * sh_size of the first (gabi, "ELF Header"). */
static void read_sections(struct elf_image *image, struct arena *arena, struct elf_details *details)
{
    bool wide = image->facts->wide;
    struct span file = image->file, header, names = {0};
    uint64_t at = wide ? elf_u64(image, file, 40) : elf_u32(image, file, 32);
    uint64_t each = elf_u16(image, file, wide ? 58 : 46), name, offset, size;
    uint64_t count = elf_u16(image, file, wide ? 60 : 48);
    uint64_t strings = elf_u16(image, file, wide ? 62 : 50);
    if (at == 0 || each < (wide ? 64U : 40U) || !span_at(file, at, each, &header))
        return;
    struct elf_section first = section_at(image, header, &name, &offset, &size);
    count = count == 0 ? size : count;
    strings = strings == SHN_XINDEX ? first.link : strings;
    if (count > MOST_SECTIONS || !span_at(file, at, count * each, &header))
        return;
    struct elf_section *sections = arena_array(arena, (size_t)count + 1, sizeof *sections);
    if (strings < count) {
        struct span row = {header.data + strings * each, each};
        section_at(image, row, &name, &offset, &size);
        span_at(file, offset, size, &names);
    }
    for (uint64_t i = 0; i < count; i++) {
        struct span row = {header.data + i * each, each};
        sections[i] = section_at(image, row, &name, &offset, &size);
        const char *text = span_text(names, name);
        sections[i].name = text != NULL ? text : "";
        if (sections[i].type != SHT_NOBITS)
            span_at(file, offset, size, &sections[i].bytes);
        details->has_symtab |= sections[i].type == SHT_SYMTAB && sections[i].bytes.size != 0;
        details->has_dwarf |= strcmp(sections[i].name, ".debug_info") == 0 ||
                              strcmp(sections[i].name, ".zdebug_info") == 0;
    }
    details->sections = sections;
    details->section_count = (size_t)count;
}

const struct elf_section *elf_section_of(const struct elf_details *details, const char *name)
{
    for (size_t i = 0; i < details->section_count; i++)
        if (strcmp(details->sections[i].name, name) == 0)
            return &details->sections[i];
    return NULL;
}

/* ---- the dynamic symbol table ---- */

/* How many entries it has: no tag says so. The section header does, where there is one; else
 * DT_HASH; else linkers put the strings behind it. */
static uint64_t symbol_count(const struct elf_image *image, const struct elf_details *details,
                             struct span table)
{
    const struct elf_tables *tables = &image->tables;
    uint64_t most = table.size / elf_sym_size(image);
    for (size_t i = 0; i < details->section_count; i++) {
        const struct elf_section *section = &details->sections[i];
        if (section->type == SHT_DYNSYM && section->address == tables->symtab)
            return section->bytes.size / elf_sym_size(image);
    }
    struct span hash;
    if (image->facts->has_hash && elf_at(image, tables->hash, &hash) && hash.size >= 8)
        return elf_u32(image, hash, 4) < most ? elf_u32(image, hash, 4) : most;
    if (tables->strtab > tables->symtab) {
        uint64_t between = (tables->strtab - tables->symtab) / elf_sym_size(image);
        return between < most ? between : most;
    }
    return 0;
}

struct version_names VEC(struct elf_version);

/* What the indices of DT_VERSYM stand for among the needs. */
static void index_versions(const struct elf_facts *facts, struct version_names *names)
{
    for (size_t i = 0; i < facts->need_count; i++)
        for (size_t j = 0; j < facts->needs[i].count; j++) {
            const struct elf_need_version *need = &facts->needs[i].versions[j];
            while (names->count <= need->index)
                *vec_push(names) = (struct elf_version){0};
            names->at[need->index] =
                (struct elf_version){.name = need->name, .file = facts->needs[i].file};
        }
}

struct imports VEC(struct elf_import);

static void add_import(const struct elf_image *image, const Elf64_Sym *symbol, uint16_t versym,
                       const struct version_names *versions, struct imports *imports)
{
    unsigned bind = ELF64_ST_BIND(symbol->st_info);
    const char *name = elf_string(image, symbol->st_name);
    if (symbol->st_shndx != SHN_UNDEF || bind == STB_LOCAL || name == NULL || *name == 0)
        return;
    struct elf_import *import = vec_push(imports);
    *import = (struct elf_import){.name = name, .weak = bind == STB_WEAK};
    versym &= 0x7fff;
    if (versym < versions->count) {
        import->version = versions->at[versym].name;
        import->file = versions->at[versym].file;
    }
}

static void read_imports(struct elf_image *image, struct arena *arena, struct elf_details *details)
{
    struct span table, versyms = {0};
    struct imports imports = {0};
    struct version_names versions = {0};
    Elf64_Sym chunk[ELF_CHUNK];
    if (!image->tables.has_symtab || !elf_at(image, image->tables.symtab, &table))
        return;
    if (image->facts->has_versym)
        elf_at(image, image->tables.versym, &versyms);
    index_versions(image->facts, &versions);
    uint64_t count = symbol_count(image, details, table);
    for (uint64_t first = 1; first < count;) {
        size_t want = count - first < ELF_CHUNK ? (size_t)(count - first) : ELF_CHUNK;
        size_t got = elf_read_syms(image, table, (size_t)first, want, chunk);
        for (size_t i = 0; i < got; i++)
            if (chunk[i].st_shndx == SHN_UNDEF)
                add_import(image, &chunk[i], elf_versym(image, versyms, (size_t)first + i),
                           &versions, &imports);
        if (got == 0)
            break;
        first += got;
    }
    struct elf_import *kept = arena_array(arena, imports.count + 1, sizeof *kept);
    if (imports.count != 0)
        memcpy(kept, imports.at, imports.count * sizeof *kept);
    details->imports = kept;
    details->import_count = imports.count;
    vec_free(&imports);
    vec_free(&versions);
}

/* Go's linker leaves the build id out of the segments of notes. */
static void read_build_id(const struct elf_image *image, struct arena *arena,
                          const struct elf_details *details)
{
    enum { HEADER = 16 }; /* bytes of a note's header with the name "GNU" */
    const struct elf_section *section = elf_section_of(details, ".note.gnu.build-id");
    struct span id;
    if (image->facts->build_id != NULL || section == NULL || section->bytes.size < HEADER ||
        memcmp(section->bytes.data + 12, "GNU", 4) != 0 ||
        !span_at(section->bytes, HEADER, elf_u32(image, section->bytes, 4), &id) || id.size > 64)
        return;
    char *text = arena_string(arena, "");
    for (size_t i = 0; i < id.size; i++)
        text = arena_format(arena, "%s%02x", text, id.data[i]);
    image->facts->build_id = text;
}

void elf_details_read(struct arena *arena, struct span file, struct elf_details *details)
{
    struct elf_facts *facts = arena_alloc(arena, sizeof *facts);
    struct elf_image image = {.file = file, .facts = facts};
    *details = (struct elf_details){.file = file, .facts = facts};
    facts->arena = *arena; /* lent while the facts are made */
    facts->file_size = file.size;
    facts->abi_os = UINT32_MAX;
    bool whole = elf_read_header(&image);
    if (whole) {
        elf_read_notes(&image);
        elf_read_dynamic(&image);
        elf_read_versions(&image);
    }
    *arena = facts->arena;
    facts->arena = (struct arena){0};
    if (whole) {
        read_sections(&image, arena, details);
        read_build_id(&image, arena, details);
        read_imports(&image, arena, details);
    }
}

/* ---- looking for names and texts ---- */

/* Bits of those of `names` that stand in one symbol table, by its strings alone. */
static uint64_t names_in(const struct elf_details *details, const struct elf_section *table,
                         const char *const *names, size_t count)
{
    struct elf_facts facts = *details->facts;
    const struct elf_image image = {.file = details->file, .facts = &facts};
    Elf64_Sym chunk[ELF_CHUNK];
    uint64_t found = 0;
    if (table->link >= details->section_count)
        return 0;
    struct span strings = details->sections[table->link].bytes;
    for (size_t first = 0;;) {
        size_t got = elf_read_syms(&image, table->bytes, first, ELF_CHUNK, chunk);
        for (size_t i = 0; i < got; i++) {
            const char *name = span_text(strings, chunk[i].st_name);
            for (size_t n = 0; name != NULL && *name != 0 && n < count; n++)
                if (names[n][0] == name[0] && strcmp(names[n], name) == 0)
                    found |= (uint64_t)1 << n;
        }
        if (got == 0)
            return found;
        first += got;
    }
}

uint64_t elf_named(const struct elf_details *details, const char *const *names, size_t count)
{
    uint64_t found = 0;
    for (size_t i = 0; i < details->section_count; i++)
        if (details->sections[i].type == SHT_SYMTAB || details->sections[i].type == SHT_DYNSYM)
            found |= names_in(details, &details->sections[i], names, count);
    return found;
}

const unsigned char *elf_mapped_bytes(const struct elf_details *details, bool writable,
                                      struct span bytes)
{
    const struct elf_facts *facts = details->facts;
    size_t left = details->file.size; /* segments may overlap: no byte is worth two looks */
    for (size_t i = 0; facts->phdrs != NULL && i < facts->phnum; i++) {
        const Elf64_Phdr *segment = &facts->phdrs[i];
        struct span part;
        if (segment->p_type != PT_LOAD || ((segment->p_flags & PF_W) != 0) != writable ||
            !span_at(details->file, segment->p_offset, segment->p_filesz, &part) ||
            part.size > left)
            continue;
        left -= part.size;
        const unsigned char *at = memmem(part.data, part.size, bytes.data, bytes.size);
        if (at != NULL)
            return at;
    }
    return NULL;
}

bool elf_has_text(const struct elf_details *details, const char *text)
{
    struct span bytes = {(const unsigned char *)text, strlen(text) + 1};
    return elf_mapped_bytes(details, false, bytes) != NULL;
}
