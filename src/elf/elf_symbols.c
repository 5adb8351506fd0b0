/* The references that relocations bind, and what their versions are. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"
#include "elf/elf_gnu_hash.h"
#include "elf/reloc.h"

enum { INDEX = 0x7fff }; /* of a versym; the other bit says hidden */

struct symbols {
    struct elf_image *image;
    struct span table;                       /* from DT_SYMTAB to the end of its segment */
    struct span versyms;                     /* empty where there are none */
    struct VEC(struct elf_version) versions; /* by index */
    struct VEC(struct elf_ref) refs;
    struct VEC(uint32_t) bindings, plt_bindings;
    struct VEC(struct elf_odd_reloc) odd;
    uint32_t last_type; /* of the last relocation, where class_known */
    enum reloc_class last_class;
    bool class_known;
    uint64_t inits;                 /* relocations that give an entry of DT_INIT_ARRAY */
    const Elf64_Phdr *last_segment; /* into which the last relocation wrote */
    uint32_t *ref_of;               /* by symbol index: 1 + index in refs; 0 none */
    size_t ref_room;
};

static struct elf_version *version_at(struct symbols *symbols, uint16_t index)
{
    while (symbols->versions.count <= index)
        *vec_push(&symbols->versions) = (struct elf_version){0};
    return &symbols->versions.at[index];
}

/* What each versym index stands for, from needs and definitions (the base
 * definition gives no version: glibc elf/dl-version.c). */
static void index_versions(struct symbols *symbols)
{
    const struct elf_facts *facts = symbols->image->facts;
    version_at(symbols, 0);
    for (size_t i = 0; i < facts->need_count; i++)
        for (size_t j = 0; j < facts->needs[i].count; j++) {
            const struct elf_need_version *need = &facts->needs[i].versions[j];
            *version_at(symbols, need->index) = (struct elf_version){.name = need->name,
                                                                     .file = facts->needs[i].file,
                                                                     .key = need->key,
                                                                     .hash = need->hash,
                                                                     .hidden = need->hidden};
        }
    for (size_t i = 0; i < facts->version_count; i++) {
        const struct elf_def_version *def = &facts->versions[i];
        struct elf_version *version = version_at(symbols, def->index);
        if (!def->base)
            *version = (struct elf_version){.name = def->name, .key = def->key, .hash = def->hash};
    }
}

/* ---- references ---- */

/* The ref of dynsym entry `index`, made where it is new; NULL where the
 * relocation binds without a lookup. */
static struct elf_ref *ref_of_symbol(struct symbols *symbols, size_t index)
{
    struct elf_image *image = symbols->image;
    if (index < symbols->ref_room && symbols->ref_of[index] != 0)
        return &symbols->refs.at[symbols->ref_of[index] - 1];
    Elf64_Sym symbol;
    if (elf_read_syms(image, symbols->table, index, 1, &symbol) == 0) {
        elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.symtab,
                    "a relocation's symbol inside DT_SYMTAB");
        return NULL;
    }
    unsigned visibility = ELF64_ST_VISIBILITY(symbol.st_other);
    if (ELF64_ST_BIND(symbol.st_info) == STB_LOCAL || elf_is_internal(&symbol))
        return NULL;
    const char *name = elf_string(image, symbol.st_name);
    if (name == NULL) {
        elf_trouble(image, ELF_BAD_DYNAMIC, symbol.st_name, "a symbol name inside DT_STRTAB");
        return NULL;
    }
    size_t length = strlen(name);
    struct elf_ref *ref = vec_push(&symbols->refs);
    *ref = (struct elf_ref){
        .name = arena_copy(&image->facts->arena, name, length),
        .key = hash_bytes(name, length),
        .gnu_hash = image->stays ? gnu_hash_value((const unsigned char *)name, length) : 0,
        .size = elf_short_size(&symbol),
        .version = elf_versym(symbols->image, symbols->versyms, index) & INDEX,
        .type = ELF64_ST_TYPE(symbol.st_info),
        .bind = ELF64_ST_BIND(symbol.st_info),
        .defined = symbol.st_shndx != SHN_UNDEF,
        .is_protected = visibility == STV_PROTECTED,
        .canonical = symbol.st_shndx == SHN_UNDEF && symbol.st_value != 0,
    };
    if (symbols->versyms.size != 0 && symbols->versions.count > 1 &&
        ref->version >= symbols->versions.count)
        elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.versym + 2 * index,
                    "a symbol's version among those of the file");
    if (index >= symbols->ref_room) {
        size_t room = index + index / 2 + 64;
        symbols->ref_of = must_realloc(symbols->ref_of, room * sizeof *symbols->ref_of);
        memset(symbols->ref_of + symbols->ref_room, 0,
               (room - symbols->ref_room) * sizeof *symbols->ref_of);
        symbols->ref_room = room;
    }
    symbols->ref_of[index] = (uint32_t)symbols->refs.count;
    return ref;
}

/* Returns whether the symbol is looked up at all. */
static bool use_ref(struct symbols *symbols, size_t index, enum reloc_class class, bool plt)
{
    struct elf_ref *ref = ref_of_symbol(symbols, index);
    if (ref == NULL)
        return false;
    ref->when |= plt && class == RELOC_JUMP_SLOT ? BIND_LAZY : BIND_EAGER;
    ref->call |= class == RELOC_JUMP_SLOT;
    ref->copy |= class == RELOC_COPY;
    ref->tls |= class == RELOC_TLS || class == RELOC_TLS_STATIC;
    ref->tls_static |= class == RELOC_TLS_STATIC;
    ref->other |= class == RELOC_SYMBOL || class == RELOC_UNKNOWN;
    uint32_t which = (uint32_t)(ref - symbols->refs.at);
    if (plt)
        *vec_push(&symbols->plt_bindings) = which;
    else
        *vec_push(&symbols->bindings) = which;
    return true;
}

/* Does the relocation write into memory that the file maps, and may be written to?
 * Elsewhere it would end the process. DT_TEXTREL makes all of it writable. */
static bool is_writable(struct symbols *symbols, uint64_t address)
{
    const Elf64_Phdr *last = symbols->last_segment;
    if (last != NULL && address - last->p_vaddr < last->p_memsz)
        return true;
    symbols->last_segment =
        elf_segment(symbols->image->facts, address, 1, symbols->image->facts->textrel ? 0 : PF_W);
    return symbols->last_segment != NULL;
}

/* Relocations of one type stand together: the last one's class is kept. */
static enum reloc_class class_of(struct symbols *symbols, uint32_t type)
{
    struct elf_facts *facts = symbols->image->facts;
    if (symbols->class_known && symbols->last_type == type)
        return symbols->last_class;
    symbols->class_known = true;
    symbols->last_type = type;
    symbols->last_class = reloc_class(facts->machine, type);
    facts->odd_for_musl |= !reloc_in_musl(facts->machine, type, facts->wide);
    return symbols->last_class;
}

/* An entry of DT_INIT_ARRAY, which ld.so calls: `code`, or where a symbol says (0). */
static void note_init(struct symbols *symbols, uint64_t address, uint64_t code)
{
    const struct elf_tables *tables = &symbols->image->tables;
    if (address - tables->init_array >= tables->init_array_size)
        return;
    symbols->inits++;
    if (code != 0 && elf_segment(symbols->image->facts, code, 1, PF_X) == NULL)
        elf_trouble(symbols->image, ELF_BAD_DYNAMIC, address, "a DT_INIT_ARRAY of code");
}

/* In an object at any address a relocation gives each entry of DT_INIT_ARRAY. */
static void check_inits(struct symbols *symbols)
{
    const struct elf_facts *facts = symbols->image->facts;
    const struct elf_tables *tables = &symbols->image->tables;
    bool told = facts->machine == EM_X86_64 || facts->machine == EM_AARCH64;
    if (told && facts->type == ET_DYN && !facts->has_relr &&
        symbols->inits < tables->init_array_size / (facts->wide ? 8 : 4))
        elf_trouble(symbols->image, ELF_BAD_DYNAMIC, tables->init_array,
                    "a relocation for each entry of DT_INIT_ARRAY");
}

static void read_reloc(struct symbols *symbols, Elf64_Rela reloc, bool plt)
{
    enum { MOST_ODD = 64 };
    uint32_t type = (uint32_t)ELF64_R_TYPE(reloc.r_info);
    size_t index = ELF64_R_SYM(reloc.r_info);
    enum reloc_class class = class_of(symbols, type);
    if (class != RELOC_NONE)
        note_init(symbols, reloc.r_offset, class == RELOC_LOCAL ? (uint64_t)reloc.r_addend : 0);
    if (class != RELOC_NONE && !is_writable(symbols, reloc.r_offset))
        elf_trouble(symbols->image, ELF_BAD_DYNAMIC, reloc.r_offset,
                    "a relocation that writes into a writable segment");
    if (reloc_is_call(symbols->image->facts->machine, type) &&
        elf_segment(symbols->image->facts, (uint64_t)reloc.r_addend, 1, PF_X) == NULL)
        elf_trouble(symbols->image, ELF_BAD_DYNAMIC, reloc.r_offset,
                    "an IFUNC relocation that calls code");
    bool waits =
        !plt || class == RELOC_JUMP_SLOT || reloc_waits(symbols->image->facts->machine, type);
    if ((class == RELOC_UNKNOWN || !waits) && symbols->odd.count < MOST_ODD)
        *vec_push(&symbols->odd) = (struct elf_odd_reloc){type, plt, class != RELOC_UNKNOWN};
    bool looked_up = class != RELOC_NONE && class != RELOC_LOCAL && index != 0 &&
                     use_ref(symbols, index, class, plt);
    symbols->image->facts->own_static_tls |= class == RELOC_TLS_STATIC && !looked_up;
    symbols->image->facts->bound_static_tls |= class == RELOC_TLS_STATIC && looked_up;
}

/* How many of the relocations are of the last one's type, which binds nothing, and write into its
 * segment beside DT_INIT_ARRAY: of most files nearly all, and of those there is nothing to tell. */
static size_t skip_plain(const struct symbols *symbols, const Elf64_Rela *relocs, size_t count)
{
    const Elf64_Phdr *segment = symbols->last_segment;
    const struct elf_tables *tables = &symbols->image->tables;
    size_t plain = 0;
    if (!symbols->class_known || symbols->last_class != RELOC_LOCAL || segment == NULL)
        return 0;
    uint64_t start = segment->p_vaddr, size = segment->p_memsz;
    for (; plain < count; plain++) {
        uint64_t address = relocs[plain].r_offset;
        if (ELF64_R_TYPE(relocs[plain].r_info) != symbols->last_type || address - start >= size ||
            address - tables->init_array < tables->init_array_size)
            break;
    }
    return plain;
}

/* One of the leading relative entries, which bind nothing; ld.so asserts that they are what
 * DT_RELACOUNT promises, and writes. */
static bool check_relative(struct symbols *symbols, const Elf64_Rela *reloc, bool rela)
{
    uint64_t address = reloc->r_offset;
    if (rela)
        note_init(symbols, address, (uint64_t)reloc->r_addend);
    if (class_of(symbols, (uint32_t)ELF64_R_TYPE(reloc->r_info)) == RELOC_LOCAL &&
        is_writable(symbols, address))
        return true;
    elf_trouble(symbols->image, ELF_BAD_DYNAMIC, address,
                "a relative relocation that writes into a writable segment");
    return false;
}

static void check_relatives(struct symbols *symbols, struct span part, bool rela, size_t count)
{
    Elf64_Rela room[ELF_CHUNK];
    for (size_t first = 0, held; first < count; first += held) {
        held = count - first < ELF_CHUNK ? count - first : ELF_CHUNK;
        const Elf64_Rela *relocs = elf_view_relocs(symbols->image, part, rela, first, &held, room);
        if (held == 0)
            return;
        for (size_t i = 0; i < held; i++) {
            i += skip_plain(symbols, relocs + i, held - i);
            if (i < held && !check_relative(symbols, &relocs[i], rela))
                return;
        }
    }
}

static void read_relocs(struct symbols *symbols, uint64_t address, uint64_t size, bool rela,
                        uint64_t skip, bool plt)
{
    struct elf_image *image = symbols->image;
    struct span table, part;
    if (size == 0)
        return;
    if (!elf_at(image, address, &table) || !span_at(table, 0, size, &part)) {
        elf_trouble(image, ELF_BAD_DYNAMIC, address, "a relocation table in a segment");
        return;
    }
    size_t all = part.size / elf_reloc_size(image, rela);
    Elf64_Rela room[ELF_CHUNK];
    size_t start = skip < all ? (size_t)skip : all;
    check_relatives(symbols, part, rela, start);
    for (size_t first = start, count; first < all; first += count) {
        count = ELF_CHUNK;
        const Elf64_Rela *relocs = elf_view_relocs(image, part, rela, first, &count, room);
        if (count == 0)
            return;
        for (size_t i = 0; i < count; i++)
            read_reloc(symbols, relocs[i], plt);
    }
}

/* MIPS binds the symbols of the global part of the GOT without relocations
 * (MIPS ABI supplement, chapter 5): functions with a stub at the first call. */
static void read_mips_got(struct symbols *symbols)
{
    const struct elf_tables *tables = &symbols->image->tables;
    if (!tables->has_mips_got)
        return;
    for (uint64_t i = tables->mips_gotsym; i < tables->mips_symtabno; i++) {
        Elf64_Sym symbol;
        if (elf_read_syms(symbols->image, symbols->table, (size_t)i, 1, &symbol) == 0)
            return;
        bool lazy = symbol.st_value != 0 && symbol.st_shndx == SHN_UNDEF;
        use_ref(symbols, (size_t)i, lazy ? RELOC_JUMP_SLOT : RELOC_SYMBOL, lazy);
    }
}

#define KEEP(facts, field, count_field, vec)                                                       \
    do {                                                                                           \
        void *kept_ = arena_array(&(facts)->arena, (vec).count + 1, sizeof *(vec).at);             \
        if ((vec).count != 0)                                                                      \
            memcpy(kept_, (vec).at, (vec).count * sizeof *(vec).at);                               \
        (facts)->field = kept_;                                                                    \
        (facts)->count_field = (vec).count;                                                        \
        vec_free(&(vec));                                                                          \
    } while (0)

static void read_refs(struct symbols *symbols)
{
    struct elf_facts *facts = symbols->image->facts;
    const struct elf_tables *tables = &symbols->image->tables;
    read_relocs(symbols, tables->rel, tables->rel_size, false, tables->rel_relative, false);
    read_relocs(symbols, tables->rela, tables->rela_size, true, tables->rela_relative, false);
    read_mips_got(symbols);
    read_relocs(symbols, tables->plt, tables->plt_size, tables->plt_kind == DT_RELA, 0, true);
    check_inits(symbols);
    KEEP(facts, refs, ref_count, symbols->refs);
    KEEP(facts, bindings, binding_count, symbols->bindings);
    KEEP(facts, plt_bindings, plt_binding_count, symbols->plt_bindings);
    KEEP(facts, odd_relocs, odd_reloc_count, symbols->odd);
}

void elf_read_symbols(struct elf_image *image)
{
    struct elf_facts *facts = image->facts;
    struct symbols symbols = {.image = image};
    facts->symbols_read = true;
    if (!image->tables.has_symtab)
        return;
    if (!elf_at(image, image->tables.symtab, &symbols.table)) {
        elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.symtab, "DT_SYMTAB in a segment");
        return;
    }
    if (facts->has_versym && !elf_at(image, image->tables.versym, &symbols.versyms))
        elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.versym, "DT_VERSYM in a segment");
    index_versions(&symbols);
    elf_read_defs(image, symbols.table, symbols.versyms, symbols.versions.count);
    read_refs(&symbols);
    free(symbols.ref_of);
    KEEP(facts, version_of, version_of_count, symbols.versions);
}
