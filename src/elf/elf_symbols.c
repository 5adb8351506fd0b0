/* Definitions that others may find here, and the references that relocations bind. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"
#include "elf/elf_image.h"
#include "elf/reloc.h"

enum { INDEX = 0x7fff }; /* of a versym; the other bit says hidden */

struct symbols {
    struct elf_image *image;
    struct span table;                       /* from DT_SYMTAB to the end of its segment */
    struct span versyms;                     /* empty where there are none */
    struct VEC(struct elf_version) versions; /* by index */
    struct elf_def *defs;                    /* in the facts' arena */
    size_t def_count, def_room;
    struct VEC(struct elf_ref) refs;
    struct VEC(uint32_t) bindings, plt_bindings;
    struct VEC(struct elf_odd_reloc) odd;
    uint32_t last_type; /* of the last relocation, where class_known */
    enum reloc_class last_class;
    bool class_known;
    const Elf64_Phdr *last_segment; /* into which the last relocation wrote */
    uint32_t *ref_of;               /* by symbol index: 1 + index in refs; 0 none */
    size_t ref_room;
};

static void set_version(struct symbols *symbols, uint16_t index, const struct elf_version *version)
{
    while (symbols->versions.count <= index)
        *vec_push(&symbols->versions) = (struct elf_version){0};
    symbols->versions.at[index] = *version;
}

/* What each versym index stands for, from needs and definitions (the base
 * definition gives no version: glibc elf/dl-version.c). */
static void index_versions(struct symbols *symbols)
{
    const struct elf_facts *facts = symbols->image->facts;
    set_version(symbols, 0, &(struct elf_version){0});
    for (size_t i = 0; i < facts->need_count; i++)
        for (size_t j = 0; j < facts->needs[i].count; j++) {
            const struct elf_need_version *need = &facts->needs[i].versions[j];
            set_version(symbols, need->index,
                        &(struct elf_version){.name = need->name,
                                              .file = facts->needs[i].file,
                                              .key = need->key,
                                              .hidden = need->hidden});
        }
    for (size_t i = 0; i < facts->version_count; i++) {
        const struct elf_def_version *def = &facts->versions[i];
        if (!def->base)
            set_version(symbols, def->index,
                        &(struct elf_version){.name = def->name, .key = def->key});
    }
}

static uint16_t versym_of(const struct symbols *symbols, size_t index)
{
    return symbols->versyms.size != 0
               ? elf_u16(symbols->image, symbols->versyms, 2 * (uint64_t)index)
               : 1;
}

/* ---- definitions ---- */

static uint32_t short_size(const Elf64_Sym *symbol)
{
    return symbol->st_size < UINT32_MAX ? (uint32_t)symbol->st_size : UINT32_MAX;
}

/* Room for the definitions among the symbols [first, end), as far as the table has them. */
static void make_room(struct symbols *symbols, size_t first, size_t end)
{
    size_t held = symbols->table.size / elf_sym_size(symbols->image);
    if (end > held)
        end = held;
    symbols->def_room = end > first ? end - first : 0;
    symbols->defs =
        arena_array(&symbols->image->facts->arena, symbols->def_room, sizeof *symbols->defs);
}

static void add_def(struct symbols *symbols, size_t index, const Elf64_Sym *symbol,
                    const char *name, size_t length)
{
    if (symbols->def_count == symbols->def_room)
        return; /* the table ends here */
    symbols->defs[symbols->def_count++] = (struct elf_def){
        .key = hash_bytes(name, length),
        .size = short_size(symbol),
        .versym = versym_of(symbols, index),
        .type = ELF64_ST_TYPE(symbol->st_info),
        .bind = ELF64_ST_BIND(symbol->st_info),
        .zero = symbol->st_value == 0,
        .undefined = symbol->st_shndx == SHN_UNDEF,
        .absolute = symbol->st_shndx == SHN_ABS,
    };
}

/* Can any lookup end at this symbol? Both loaders pass over local symbols, and
 * over undefined ones without a value (thread-local ones apart). */
static bool may_define(const Elf64_Sym *symbol)
{
    unsigned char type = ELF64_ST_TYPE(symbol->st_info);
    if (ELF64_ST_BIND(symbol->st_info) == STB_LOCAL)
        return false;
    return symbol->st_shndx != SHN_UNDEF || symbol->st_value != 0 || type == STT_TLS;
}

/* The parts of a DT_GNU_HASH table (binutils, elf/gnu hash). */
struct gnu_hash {
    uint32_t bucket_count, first, bloom_count, bloom_shift;
    struct span bloom, buckets, chain;
};

static bool open_gnu_hash(struct elf_image *image, struct gnu_hash *hash)
{
    struct span table;
    if (!elf_at(image, image->tables.gnu_hash, &table) || table.size < 16)
        return false;
    hash->bucket_count = elf_u32(image, table, 0);
    hash->first = elf_u32(image, table, 4);
    hash->bloom_count = elf_u32(image, table, 8);
    hash->bloom_shift = elf_u32(image, table, 12);
    uint64_t bloom = (uint64_t)hash->bloom_count * (image->facts->wide ? 8 : 4);
    uint64_t buckets = (uint64_t)hash->bucket_count * 4;
    if (!span_at(table, 16, bloom, &hash->bloom) ||
        !span_at(table, 16 + bloom, buckets, &hash->buckets))
        return false;
    uint64_t chain = 16 + bloom + buckets;
    return span_at(table, chain, table.size - chain, &hash->chain);
}

/* A loader finds a name only where the filter, the bucket and the chain agree. */
static bool gnu_hash_reaches(struct elf_image *image, const struct gnu_hash *hash, size_t index,
                             uint32_t value)
{
    bool wide = image->facts->wide;
    unsigned shift = wide ? 6 : 5, bits = 1U << shift;
    if (hash->bucket_count == 0 || hash->bloom_count == 0)
        return false;
    uint64_t at = (value >> shift) & (hash->bloom_count - 1);
    uint64_t word =
        wide ? elf_u64(image, hash->bloom, 8 * at) : elf_u32(image, hash->bloom, 4 * at);
    uint32_t second = hash->bloom_shift < 32 ? value >> hash->bloom_shift : 0;
    if ((word >> (value & (bits - 1)) & word >> (second & (bits - 1)) & 1) == 0)
        return false;
    uint32_t start = elf_u32(image, hash->buckets, 4 * (uint64_t)(value % hash->bucket_count));
    return start != 0 && start <= index;
}

static uint32_t gnu_hash_value(const unsigned char *name, size_t length)
{
    enum { P1 = 33, P2 = P1 * P1, P3 = P2 * P1, P4 = P3 * P1 };
    uint32_t value = 5381;
    for (; length >= 4; length -= 4, name += 4) /* four steps of value * 33 + byte */
        value = value * P4 + name[0] * (uint32_t)P3 + name[1] * (uint32_t)P2 +
                name[2] * (uint32_t)P1 + name[3];
    for (; length > 0; length--)
        value = value * P1 + *name++;
    return value;
}

/* One past the last symbol of the table: the end of the chain of the last bucket. */
static size_t gnu_hash_end(struct elf_image *image, const struct gnu_hash *hash)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < hash->bucket_count; i++) {
        uint32_t start = elf_u32(image, hash->buckets, 4 * (uint64_t)i);
        last = start > last ? start : last;
    }
    if (last < hash->first || last == 0)
        return 0;
    size_t links = hash->chain.size / 4;
    for (size_t at = last - hash->first; at < links; at++)
        if (elf_u32(image, hash->chain, 4 * (uint64_t)at) & 1)
            return hash->first + at + 1;
    elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.gnu_hash, "a DT_GNU_HASH chain that ends");
    return hash->first + links;
}

static void read_gnu_def(struct symbols *symbols, const struct gnu_hash *hash, size_t index,
                         const Elf64_Sym *symbol)
{
    struct elf_image *image = symbols->image;
    const char *name = may_define(symbol) ? elf_string(image, symbol->st_name) : NULL;
    if (name == NULL)
        return;
    size_t length = strlen(name);
    uint32_t value = gnu_hash_value((const unsigned char *)name, length);
    uint32_t link = elf_u32(image, hash->chain, 4 * (uint64_t)(index - hash->first));
    if ((link | 1) == (value | 1) && gnu_hash_reaches(image, hash, index, value))
        add_def(symbols, index, symbol, name, length);
}

static void read_gnu_defs(struct symbols *symbols)
{
    struct elf_image *image = symbols->image;
    struct gnu_hash hash;
    if (!open_gnu_hash(image, &hash)) {
        elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.gnu_hash, "DT_GNU_HASH in a segment");
        return;
    }
    size_t end = gnu_hash_end(image, &hash);
    Elf64_Sym chunk[ELF_CHUNK];
    make_room(symbols, hash.first, end);
    for (size_t first = hash.first; first < end;) {
        size_t want = end - first < ELF_CHUNK ? end - first : ELF_CHUNK;
        size_t count = elf_read_syms(image, symbols->table, first, want, chunk);
        for (size_t i = 0; i < count; i++)
            read_gnu_def(symbols, &hash, first + i, &chunk[i]);
        if (count < want) {
            elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.symtab, "DT_SYMTAB in a segment");
            return;
        }
        first += count;
    }
}

/* How many symbols DT_HASH chains; s390x and alpha keep 64-bit words there. */
static size_t sysv_hash_end(struct elf_image *image)
{
    struct span table;
    if (!elf_at(image, image->tables.hash, &table)) {
        elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.hash, "DT_HASH in a segment");
        return 0;
    }
    bool wide_words = image->facts->machine == EM_S390 && image->facts->wide;
    return wide_words ? (size_t)elf_u64(image, table, 8) : elf_u32(image, table, 4);
}

static void read_sysv_defs(struct symbols *symbols)
{
    struct elf_image *image = symbols->image;
    size_t end = sysv_hash_end(image);
    Elf64_Sym chunk[ELF_CHUNK];
    make_room(symbols, 1, end);
    for (size_t first = 1; first < end;) {
        size_t want = end - first < ELF_CHUNK ? end - first : ELF_CHUNK;
        size_t count = elf_read_syms(image, symbols->table, first, want, chunk);
        for (size_t i = 0; i < count; i++) {
            const char *name = elf_string(image, chunk[i].st_name);
            if (name != NULL && may_define(&chunk[i]))
                add_def(symbols, first + i, &chunk[i], name, strlen(name));
        }
        if (count < want) {
            elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.symtab, "DT_SYMTAB in a segment");
            return;
        }
        first += count;
    }
}

/* The place of a key in the Bloom filter: a word, and two bits in it. The slots
 * use the low bits of the key. */
static size_t bloom_word(uint64_t key)
{
    return (size_t)(key >> 32);
}

static uint64_t bloom_bits(uint64_t key)
{
    return (uint64_t)1 << (key >> 58) | (uint64_t)1 << (key >> 52 & 63);
}

/* Slots by key, then chains through `next`, in the order of the symbol table. */
static void index_defs(struct symbols *symbols)
{
    struct elf_facts *facts = symbols->image->facts;
    struct elf_def *defs = symbols->defs;
    size_t count = symbols->def_count, room = 8;
    while (room < count + count / 2)
        room *= 2;
    uint32_t *slots = arena_array(&facts->arena, room, sizeof *slots);
    size_t words = room / 8; /* 8 bits or more for each definition */
    uint64_t *bloom = arena_array(&facts->arena, words, sizeof *bloom);
    for (size_t i = count; i-- > 0;) {
        size_t at = defs[i].key & (room - 1);
        while (slots[at] != 0 && defs[slots[at] - 1].key != defs[i].key)
            at = (at + 1) & (room - 1);
        bloom[bloom_word(defs[i].key) & (words - 1)] |= bloom_bits(defs[i].key);
        defs[i].next = slots[at];
        slots[at] = (uint32_t)i + 1;
    }
    facts->defs = defs;
    facts->def_count = count;
    facts->def_slots = slots;
    facts->def_room = room;
    facts->def_bloom = bloom;
    facts->def_bloom_words = words;
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
    if (ELF64_ST_BIND(symbol.st_info) == STB_LOCAL || visibility == STV_HIDDEN ||
        visibility == STV_INTERNAL)
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
        .size = short_size(&symbol),
        .version = versym_of(symbols, index) & INDEX,
        .type = ELF64_ST_TYPE(symbol.st_info),
        .bind = ELF64_ST_BIND(symbol.st_info),
        .defined = symbol.st_shndx != SHN_UNDEF,
        .is_protected = visibility == STV_PROTECTED,
    };
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

/* Does the relocation write into memory that the file maps? Elsewhere it would
 * end the process. */
static bool is_mapped(struct symbols *symbols, uint64_t address)
{
    const struct elf_facts *facts = symbols->image->facts;
    const Elf64_Phdr *last = symbols->last_segment;
    if (last != NULL && address - last->p_vaddr < last->p_memsz)
        return true;
    for (size_t i = 0; facts->phdrs != NULL && i < facts->phnum; i++) {
        const Elf64_Phdr *segment = &facts->phdrs[i];
        if (segment->p_type != PT_LOAD || address - segment->p_vaddr >= segment->p_memsz)
            continue;
        symbols->last_segment = segment;
        return true;
    }
    return false;
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

static void read_reloc(struct symbols *symbols, const Elf64_Rela *reloc, bool plt)
{
    enum { MOST_ODD = 64 };
    uint32_t type = (uint32_t)ELF64_R_TYPE(reloc->r_info);
    size_t index = ELF64_R_SYM(reloc->r_info);
    enum reloc_class class = class_of(symbols, type);
    if (class != RELOC_NONE && !is_mapped(symbols, reloc->r_offset))
        elf_trouble(symbols->image, ELF_BAD_DYNAMIC, reloc->r_offset,
                    "a relocation that writes into a segment");
    if (class == RELOC_UNKNOWN && symbols->odd.count < MOST_ODD)
        *vec_push(&symbols->odd) = (struct elf_odd_reloc){.type = type, .plt = plt};
    bool looked_up = class != RELOC_NONE && class != RELOC_LOCAL && index != 0 &&
                     use_ref(symbols, index, class, plt);
    symbols->image->facts->own_static_tls |= class == RELOC_TLS_STATIC && !looked_up;
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
    Elf64_Rela chunk[ELF_CHUNK];
    /* the leading relative entries bind nothing; the last of them is looked at for its place */
    size_t start = skip < all ? (size_t)skip : all;
    for (size_t first = start > 0 ? start - 1 : 0; first < all;) {
        size_t count = elf_read_relocs(image, part, rela, first, ELF_CHUNK, chunk);
        if (count == 0)
            return;
        for (size_t i = 0; i < count; i++)
            read_reloc(symbols, &chunk[i], plt);
        first += count;
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
    if (facts->has_gnu_hash)
        read_gnu_defs(&symbols);
    else if (facts->has_hash)
        read_sysv_defs(&symbols);
    index_defs(&symbols);
    read_refs(&symbols);
    free(symbols.ref_of);
    KEEP(facts, version_of, version_of_count, symbols.versions);
}

const struct elf_def *elf_first_def(const struct elf_facts *facts, uint64_t key)
{
    if (facts->def_room == 0)
        return NULL;
    uint64_t bits = bloom_bits(key);
    if ((facts->def_bloom[bloom_word(key) & (facts->def_bloom_words - 1)] & bits) != bits)
        return NULL;
    for (size_t at = key & (facts->def_room - 1); facts->def_slots[at] != 0;
         at = (at + 1) & (facts->def_room - 1)) {
        const struct elf_def *def = &facts->defs[facts->def_slots[at] - 1];
        if (def->key == key)
            return def;
    }
    return NULL;
}

const struct elf_def *elf_next_def(const struct elf_facts *facts, const struct elf_def *def)
{
    return def->next != 0 ? &facts->defs[def->next - 1] : NULL;
}

static const struct elf_version *version_at(const struct elf_facts *facts, uint16_t index)
{
    static const struct elf_version none = {0};
    return index < facts->version_of_count ? &facts->version_of[index] : &none;
}

const struct elf_version *elf_ref_version(const struct elf_facts *facts, const struct elf_ref *ref)
{
    return version_at(facts, ref->version);
}

const struct elf_version *elf_def_version(const struct elf_facts *facts, const struct elf_def *def)
{
    return version_at(facts, def->versym & INDEX);
}
