/* The dynamic section, found through PT_DYNAMIC as loaders do. */
#include <string.h>

#include "base/vec.h"
#include "elf/elf_image.h"

struct strings {
    struct VEC(uint64_t) needed, filters, auxiliaries; /* offsets in DT_STRTAB */
    uint64_t soname, rpath, runpath;                   /* likewise; UINT64_MAX: none */
};

/* Tags whose value is kept as it is. */
static const struct {
    int64_t tag;
    size_t field; /* in struct elf_tables */
} fields[] = {
#define KEPT(tag, field)                                                                           \
    {                                                                                              \
        tag, offsetof(struct elf_tables, field)                                                    \
    }
    KEPT(DT_STRTAB, strtab),
    KEPT(DT_SYMTAB, symtab),
    KEPT(DT_HASH, hash),
    KEPT(DT_GNU_HASH, gnu_hash),
    KEPT(DT_VERSYM, versym),
    KEPT(DT_VERNEED, verneed),
    KEPT(DT_VERNEEDNUM, verneed_count),
    KEPT(DT_VERDEF, verdef),
    KEPT(DT_VERDEFNUM, verdef_count),
    KEPT(DT_REL, rel),
    KEPT(DT_RELSZ, rel_size),
    KEPT(DT_RELENT, rel_entry),
    KEPT(DT_RELCOUNT, rel_relative),
    KEPT(DT_RELA, rela),
    KEPT(DT_RELASZ, rela_size),
    KEPT(DT_RELAENT, rela_entry),
    KEPT(DT_RELACOUNT, rela_relative),
    KEPT(DT_RELR, relr),
    KEPT(DT_RELRSZ, relr_size),
    KEPT(DT_RELRENT, relr_entry),
    KEPT(DT_JMPREL, plt),
    KEPT(DT_PLTRELSZ, plt_size),
    KEPT(DT_PLTREL, plt_kind),
    KEPT(DT_PLTGOT, plt_got),
    KEPT(DT_INIT, init),
    KEPT(DT_INIT_ARRAY, init_array),
    KEPT(DT_INIT_ARRAYSZ, init_array_size),
#undef KEPT
};

/* Tags that say something by being there, or by their bits. */
static void note_flag(struct elf_image *image, const Elf64_Dyn *entry)
{
    struct elf_facts *facts = image->facts;
    uint64_t value = entry->d_un.d_val;
    switch (entry->d_tag) {
    case DT_STRTAB:
        image->tables.has_strtab = image->facts->has_strtab = true;
        break;
    case DT_SYMTAB:
        image->tables.has_symtab = true;
        break;
    case DT_HASH:
        facts->has_hash = true;
        break;
    case DT_GNU_HASH:
        facts->has_gnu_hash = true;
        break;
    case DT_VERSYM:
        facts->has_versym = true;
        break;
    case DT_VERDEF:
        facts->has_verdef = true;
        break;
    case DT_DEBUG:
        facts->has_debug = true;
        break;
    case DT_RELRSZ:
        facts->has_relr = value != 0;
        break;
    case DT_FLAGS:
        facts->dt_flags = (uint32_t)value;
        break;
    case DT_FLAGS_1:
        facts->dt_flags_1 = (uint32_t)value;
        break;
    case DT_SYMBOLIC:
        facts->symbolic = true;
        break;
    case DT_BIND_NOW:
        facts->bind_now = true;
        break;
    case DT_TEXTREL:
        facts->textrel = true;
        break;
    default:
        break;
    }
}

static void note_table(struct elf_image *image, const Elf64_Dyn *entry)
{
    struct elf_tables *tables = &image->tables;
    uint64_t value = entry->d_un.d_val;
    bool mips = image->facts->machine == EM_MIPS;
    if (entry->d_tag >= 0 && entry->d_tag < 64)
        tables->seen |= (uint64_t)1 << entry->d_tag;
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        if (fields[i].tag == entry->d_tag)
            memcpy((char *)tables + fields[i].field, &value, sizeof value);
    if (mips && entry->d_tag == DT_MIPS_GOTSYM)
        tables->mips_gotsym = value, tables->has_mips_got = true;
    if (mips && entry->d_tag == DT_MIPS_SYMTABNO)
        tables->mips_symtabno = value;
    note_flag(image, entry);
}

static void note_string(struct strings *strings, const Elf64_Dyn *entry)
{
    uint64_t value = entry->d_un.d_val;
    switch (entry->d_tag) {
    case DT_NEEDED:
        *vec_push(&strings->needed) = value;
        break;
    case DT_FILTER:
        *vec_push(&strings->filters) = value;
        break;
    case DT_AUXILIARY:
        *vec_push(&strings->auxiliaries) = value;
        break;
    case DT_SONAME:
        strings->soname = value;
        break;
    case DT_RPATH:
        strings->rpath = value;
        break;
    case DT_RUNPATH:
        strings->runpath = value;
        break;
    default:
        break;
    }
}

static void read_entries(struct elf_image *image, struct span table, struct strings *strings)
{
    enum { AT_ONCE = 32 }; /* more would only read what lies behind the section */
    Elf64_Dyn entries[AT_ONCE];
    for (size_t first = 0;;) {
        size_t count = elf_read_dyns(image, table, first, AT_ONCE, entries);
        for (size_t i = 0; i < count; i++) {
            if (entries[i].d_tag == DT_NULL)
                return;
            note_table(image, &entries[i]);
            note_string(strings, &entries[i]);
        }
        if (count == 0)
            return; /* no DT_NULL: the segment's end ends it */
        first += count;
    }
}

static const char *text_at(struct elf_image *image, uint64_t offset)
{
    if (offset == UINT64_MAX)
        return NULL;
    const char *text = elf_string(image, offset);
    if (text == NULL)
        elf_trouble(image, ELF_BAD_DYNAMIC, offset, "a string inside DT_STRTAB");
    return arena_string(&image->facts->arena, text);
}

static const char *const *texts_at(struct elf_image *image, const uint64_t *offsets, size_t count,
                                   size_t *kept)
{
    const char **texts = arena_array(&image->facts->arena, count + 1, sizeof *texts);
    *kept = 0;
    for (size_t i = 0; i < count; i++) {
        const char *text = text_at(image, offsets[i]);
        if (text != NULL)
            texts[(*kept)++] = text;
    }
    return texts;
}

static void keep_strings(struct elf_image *image, struct strings *strings)
{
    struct elf_facts *facts = image->facts;
    facts->needed =
        texts_at(image, strings->needed.at, strings->needed.count, &facts->needed_count);
    facts->filters =
        texts_at(image, strings->filters.at, strings->filters.count, &facts->filter_count);
    facts->auxiliaries = texts_at(image, strings->auxiliaries.at, strings->auxiliaries.count,
                                  &facts->auxiliary_count);
    facts->soname = text_at(image, strings->soname);
    facts->rpath = text_at(image, strings->rpath);
    facts->runpath = text_at(image, strings->runpath);
    facts->musl_path = facts->runpath != NULL ? facts->runpath : facts->rpath;
    vec_free(&strings->needed);
    vec_free(&strings->filters);
    vec_free(&strings->auxiliaries);
}

static void merge_flags(struct elf_facts *facts)
{
    facts->symbolic |= (facts->dt_flags & DF_SYMBOLIC) != 0;
    facts->textrel |= (facts->dt_flags & DF_TEXTREL) != 0;
    facts->bind_now |= (facts->dt_flags & DF_BIND_NOW) != 0 || (facts->dt_flags_1 & DF_1_NOW) != 0;
    facts->static_tls = (facts->dt_flags & DF_STATIC_TLS) != 0;
}

void elf_read_dynamic(struct elf_image *image)
{
    struct elf_facts *facts = image->facts;
    const Elf64_Phdr *dynamic = elf_last_header(facts, PT_DYNAMIC);
    if (dynamic == NULL || dynamic->p_filesz == 0)
        return;
    struct span table;
    if (!elf_at(image, dynamic->p_vaddr, &table)) {
        elf_trouble(image, ELF_BAD_DYNAMIC, dynamic->p_offset, "a dynamic section in a segment");
        return;
    }
    struct strings strings = {.soname = UINT64_MAX, .rpath = UINT64_MAX, .runpath = UINT64_MAX};
    read_entries(image, table, &strings);
    if (image->tables.has_strtab && !elf_at(image, image->tables.strtab, &image->strings))
        elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.strtab, "DT_STRTAB in a segment");
    keep_strings(image, &strings);
    merge_flags(facts);
}
