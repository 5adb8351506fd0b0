/* The definitions that others may find in a file, and the lookups of them. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/vec.h"
#include "elf/elf_gnu_hash.h"

enum { INDEX = 0x7fff }; /* of a versym; the other bit says hidden */

struct defs {
    struct elf_image *image;
    struct span table;    /* from DT_SYMTAB to the end of its segment */
    struct span versyms;  /* empty where there are none */
    size_t version_count; /* what they are indices of; 1: nothing */
    struct elf_def *at;   /* in the facts' arena */
    size_t count, room;
};

uint16_t elf_versym(const struct elf_image *image, struct span versyms, size_t index)
{
    return versyms.size != 0 ? elf_u16(image, versyms, 2 * (uint64_t)index) : 1;
}

uint32_t elf_short_size(const Elf64_Sym *symbol)
{
    return symbol->st_size < UINT32_MAX ? (uint32_t)symbol->st_size : UINT32_MAX;
}

bool elf_is_internal(const Elf64_Sym *symbol)
{
    unsigned visibility = ELF64_ST_VISIBILITY(symbol->st_other);
    return visibility == STV_HIDDEN || visibility == STV_INTERNAL;
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

/* A lookup of a name with a version reads that of the symbol it ends at. */
static void check_versym(const struct defs *defs, size_t index)
{
    if (defs->versyms.size != 0 && defs->version_count > 1 &&
        (elf_versym(defs->image, defs->versyms, index) & INDEX) >= defs->version_count)
        elf_trouble(defs->image, ELF_BAD_DYNAMIC, defs->image->tables.versym + 2 * index,
                    "a symbol's version among those of the file");
}

/* ---- all of them, in an index ---- */

/* Room for the definitions among the symbols [first, end), as far as the table has them. */
static void make_room(struct defs *defs, size_t first, size_t end)
{
    size_t held = defs->table.size / elf_sym_size(defs->image);
    if (end > held)
        end = held;
    defs->room = end > first ? end - first : 0;
    defs->at = arena_array(&defs->image->facts->arena, defs->room, sizeof *defs->at);
}

static struct elf_def def_of(const struct defs *defs, size_t index, const Elf64_Sym *symbol,
                             uint64_t key)
{
    return (struct elf_def){
        .key = key,
        .size = elf_short_size(symbol),
        .versym = elf_versym(defs->image, defs->versyms, index),
        .type = ELF64_ST_TYPE(symbol->st_info),
        .bind = ELF64_ST_BIND(symbol->st_info),
        .zero = symbol->st_value == 0,
        .undefined = symbol->st_shndx == SHN_UNDEF,
        .absolute = symbol->st_shndx == SHN_ABS,
        .guarded = ELF64_ST_VISIBILITY(symbol->st_other) == STV_PROTECTED,
        .internal = elf_is_internal(symbol),
    };
}

static void add_def(struct defs *defs, size_t index, const Elf64_Sym *symbol, const char *name,
                    size_t length)
{
    if (defs->count < defs->room) /* else the table ends here */
        defs->at[defs->count++] = def_of(defs, index, symbol, hash_bytes(name, length));
}

static void read_gnu_def(struct defs *defs, const struct gnu_hash *hash, size_t index,
                         const Elf64_Sym *symbol)
{
    struct elf_image *image = defs->image;
    const char *name = may_define(symbol) ? elf_string(image, symbol->st_name) : NULL;
    if (name == NULL)
        return;
    size_t length = strlen(name);
    uint32_t value = gnu_hash_value((const unsigned char *)name, length);
    uint32_t link = elf_u32(image, hash->chain, 4 * (uint64_t)(index - hash->first));
    if ((link | 1) != (value | 1))
        return;
    uint32_t start = gnu_hash_start(image, hash, value);
    if (start >= hash->chain_first && start <= index)
        add_def(defs, index, symbol, name, length);
}

static void read_gnu_defs(struct defs *defs)
{
    struct elf_image *image = defs->image;
    struct gnu_hash hash;
    if (!gnu_hash_open(image, &hash)) {
        elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.gnu_hash, "DT_GNU_HASH in a segment");
        return;
    }
    size_t end = gnu_hash_end(image, &hash);
    Elf64_Sym chunk[ELF_CHUNK];
    make_room(defs, hash.first, end);
    hash.chain_first = hash.first;
    for (size_t first = hash.first; first < end;) {
        size_t want = end - first < ELF_CHUNK ? end - first : ELF_CHUNK;
        size_t count = elf_read_syms(image, defs->table, first, want, chunk);
        for (size_t i = 0; i < count; i++) {
            size_t index = first + i;
            check_versym(defs, index);
            read_gnu_def(defs, &hash, index, &chunk[i]);
            if (elf_u32(image, hash.chain, 4 * (uint64_t)(index - hash.first)) & 1)
                hash.chain_first = index + 1; /* that was the last of its chain */
        }
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

static void read_sysv_defs(struct defs *defs)
{
    struct elf_image *image = defs->image;
    size_t end = sysv_hash_end(image);
    Elf64_Sym chunk[ELF_CHUNK];
    make_room(defs, 1, end);
    for (size_t first = 1; first < end;) {
        size_t want = end - first < ELF_CHUNK ? end - first : ELF_CHUNK;
        size_t count = elf_read_syms(image, defs->table, first, want, chunk);
        for (size_t i = 0; i < count; i++) {
            check_versym(defs, first + i);
            const char *name = elf_string(image, chunk[i].st_name);
            if (name != NULL && may_define(&chunk[i]))
                add_def(defs, first + i, &chunk[i], name, strlen(name));
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
static void index_defs(struct defs *defs)
{
    struct elf_facts *facts = defs->image->facts;
    struct elf_def *at = defs->at;
    size_t count = defs->count, room = 8;
    while (room < count + count / 2)
        room *= 2;
    uint32_t *slots = arena_array(&facts->arena, room, sizeof *slots);
    size_t words = room / 8; /* 8 bits or more for each definition */
    uint64_t *bloom = arena_array(&facts->arena, words, sizeof *bloom);
    for (size_t i = count; i-- > 0;) {
        size_t place = at[i].key & (room - 1);
        while (slots[place] != 0 && at[slots[place] - 1].key != at[i].key)
            place = (place + 1) & (room - 1);
        bloom[bloom_word(at[i].key) & (words - 1)] |= bloom_bits(at[i].key);
        at[i].next = slots[place];
        slots[place] = (uint32_t)i + 1;
    }
    facts->defs = at;
    facts->def_count = count;
    facts->def_slots = slots;
    facts->def_room = room;
    facts->def_bloom = bloom;
    facts->def_bloom_words = words;
}

static const struct elf_def *find_indexed(const struct elf_facts *facts, uint64_t key)
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

/* ---- one at a time, in the file ---- */

enum { MOST = 64 }; /* of one name: each of another version */

/* A file that stays mapped, and what the last lookup found there. */
struct elf_lazy {
    const unsigned char *bloom; /* the filter, where its words are those of memory; else NULL */
    struct elf_image image;
    struct defs defs;
    struct gnu_hash hash;
    struct elf_def found[MOST];
};

/* Both readers call the same files malformed. */
static bool open_lazy(struct defs *defs, struct gnu_hash *hash)
{
    struct elf_image *image = defs->image;
    if (!gnu_hash_open(image, hash)) {
        elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.gnu_hash, "DT_GNU_HASH in a segment");
        return false;
    }
    size_t end = gnu_hash_end(image, hash);
    if (end > hash->first && defs->table.size / elf_sym_size(image) < end)
        elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.symtab, "DT_SYMTAB in a segment");
    for (size_t i = hash->first; i < end && i < defs->versyms.size / 2; i++)
        check_versym(defs, i);
    return true;
}

static void make_lazy(const struct defs *defs)
{
    struct elf_facts *facts = defs->image->facts;
    struct gnu_hash hash;
    struct defs own = *defs;
    if (!open_lazy(&own, &hash))
        return;
    struct elf_lazy *lazy = arena_alloc(&facts->arena, sizeof *lazy);
    lazy->image = *defs->image;
    lazy->hash = hash;
    if (facts->wide && facts->big == (BYTE_ORDER == BIG_ENDIAN) && hash.bloom_count != 0 &&
        hash.bloom_shift < 32)
        lazy->bloom = hash.bloom.data;
    lazy->defs = *defs;
    lazy->defs.image = &lazy->image;
    lazy->defs.at = lazy->found;
    lazy->defs.room = MOST;
    facts->lazy = lazy;
}

/* Most lookups end here: the filter says that there is no such name. */
static inline bool is_filtered(const struct elf_lazy *lazy, uint32_t value)
{
    uint64_t word;
    if (lazy->bloom == NULL)
        return false;
    memcpy(&word, lazy->bloom + 8 * (size_t)(value >> 6 & (lazy->hash.bloom_count - 1)), 8);
    return (word >> (value & 63) & word >> (value >> lazy->hash.bloom_shift & 63) & 1) == 0;
}

static const struct elf_def *find_in_file(struct elf_lazy *lazy, const char *name, uint64_t key,
                                          uint32_t value)
{
    struct defs *defs = &lazy->defs;
    const struct gnu_hash *hash = &lazy->hash;
    uint32_t at = gnu_hash_start(defs->image, hash, value), link = 0;
    defs->count = 0;
    for (; at >= hash->first && at != 0 && (link & 1) == 0; at++) {
        uint64_t place = 4 * (uint64_t)(at - hash->first);
        if (place + 4 > hash->chain.size || defs->count == MOST)
            break;
        link = elf_u32(defs->image, hash->chain, place);
        Elf64_Sym symbol;
        if ((link | 1) != (value | 1) ||
            elf_read_syms(defs->image, defs->table, at, 1, &symbol) == 0 || !may_define(&symbol))
            continue;
        const char *own = elf_string(defs->image, symbol.st_name);
        if (own == NULL || strcmp(own, name) != 0)
            continue;
        lazy->found[defs->count] = def_of(defs, at, &symbol, key);
        if (defs->count != 0)
            lazy->found[defs->count - 1].next = (uint32_t)defs->count + 1;
        defs->count++;
    }
    return defs->count != 0 ? lazy->found : NULL;
}

/* ---- both ---- */

void elf_read_defs(struct elf_image *image, struct span table, struct span versyms,
                   size_t version_count)
{
    struct defs defs = {
        .image = image, .table = table, .versyms = versyms, .version_count = version_count};
    if (image->stays && image->facts->has_gnu_hash) {
        make_lazy(&defs);
        return;
    }
    if (image->facts->has_gnu_hash)
        read_gnu_defs(&defs);
    else if (image->facts->has_hash)
        read_sysv_defs(&defs);
    index_defs(&defs);
}

const struct elf_def *elf_first_def(const struct elf_facts *facts, const char *name, uint64_t key)
{
    if (facts->lazy == NULL)
        return find_indexed(facts, key);
    return find_in_file(facts->lazy, name, key,
                        gnu_hash_value((const unsigned char *)name, strlen(name)));
}

const struct elf_def *elf_first_def_of(const struct elf_facts *facts, const struct elf_ref *ref)
{
    if (facts->lazy == NULL || ref->gnu_hash == 0)
        return elf_first_def(facts, ref->name, ref->key);
    if (is_filtered(facts->lazy, ref->gnu_hash))
        return NULL;
    return find_in_file(facts->lazy, ref->name, ref->key, ref->gnu_hash);
}

const struct elf_def *elf_next_def(const struct elf_facts *facts, const struct elf_def *def)
{
    const struct elf_def *first = facts->lazy != NULL ? facts->lazy->found : facts->defs;
    return def->next != 0 ? &first[def->next - 1] : NULL;
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
