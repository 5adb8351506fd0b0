#include "replay/ldcache.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/vec.h"

/* Layout: glibc sysdeps/generic/dl-cache.h. */
enum {
    OLD_HEADER = 16, /* magic (11), padding, nlibs */
    OLD_ENTRY = 12,  /* flags, key, value */
    NEW_HEADER = 48, /* magic and version (20), nlibs, len_strings, flags, extension_offset … */
    NEW_ENTRY = 24,  /* flags, key, value, osversion, hwcap (64 bits) */
    AT_EXTENSION = 32,
    EXTENSION_MAGIC = (int)0xeaa42174,
    TAG_HWCAPS = 1,
    BYTE_ORDER_LITTLE = 2,
    BYTE_ORDER_BIG = 3,
    AT_BYTE_ORDER = 28,
};

static const char old_magic[] = "ld.so-1.7.0";
static const char new_magic[] = "glibc-ld.so.cache1.1";

/* hwcap field of an entry whose subfolder's name stands in the extension. */
static const uint64_t HWCAP_EXTENSION = (uint64_t)1 << 62;
static const uint64_t HWCAP_INDEX = 0xffffffffU;
static const uint64_t ISA_LEVEL_BITS = 0x3ff; /* of the upper half; compared by ldconfig alone */

struct entry {
    const char *name, *path;
    unsigned rank; /* of its glibc-hwcaps subfolder, 1 best; 0: none */
    uint64_t key;
};

struct ldcache {
    struct VEC(struct entry) entries; /* in the order of the file */
    struct VEC(struct entry) better;  /* likewise: those of glibc-hwcaps for better CPUs */
    uint32_t *slots;                  /* by name: 1 + index of the chosen entry */
    size_t room;
    bool valid;
    struct arena arena;
};

struct reader {
    struct span file;
    bool big;
    uint32_t id;  /* what flags must be */
    bool any_elf; /* flags 1 (ELF without a libc) do, too */
    const struct cpu *cpu;
    struct ldcache *cache;
};

static uint32_t u32_at(const struct reader *reader, uint64_t at)
{
    struct span part;
    uint32_t value = 0;
    if (!span_at(reader->file, at, 4, &part))
        return 0;
    memcpy(&value, part.data, 4);
    return reader->big ? be32toh(value) : le32toh(value);
}

static uint64_t u64_at(const struct reader *reader, uint64_t at)
{
    struct span part;
    uint64_t value = 0;
    if (!span_at(reader->file, at, 8, &part))
        return 0;
    memcpy(&value, part.data, 8);
    return reader->big ? be64toh(value) : le64toh(value);
}

/* _DL_CACHE_DEFAULT_ID of each machine (sysdeps/<machine>/dl-cache.h): kind of
 * library in the low byte, 3 for libc6; ABI in the next. */
static uint32_t cache_id(const struct elf_facts *loader)
{
    switch (loader->machine) {
    case EM_X86_64:
        return loader->wide ? 0x0303 : 0x0803;
    case EM_S390:
        return loader->wide ? 0x0403 : 0x0003;
    case EM_PPC64:
        return 0x0503;
    case EM_AARCH64:
        return loader->wide ? 0x0a03 : 0x0003;
    case EM_ARM:
        return loader->flags & EF_ARM_ABI_FLOAT_SOFT ? 0x0b03 : 0x0903;
    case EM_MIPS:
        return loader->wide ? 0x0703 : 0x0003;
    case EM_RISCV:
        return (loader->flags & 6) == 4 ? 0x1003 : 0x0f03;
    case 258 /* LoongArch */:
        return (loader->flags & 7) == 3 ? 0x1203 : 0x1103;
    default:
        return 0x0003;
    }
}

static void add_entry(struct reader *reader, const char *name, const char *path, uint32_t flags,
                      unsigned rank, bool better)
{
    if (name == NULL || path == NULL)
        return;
    if (flags != reader->id && !(reader->any_elf && flags == 1))
        return;
    struct arena *arena = &reader->cache->arena;
    struct entry entry = {arena_string(arena, name), arena_string(arena, path), rank,
                          hash_bytes(name, strlen(name))};
    if (better)
        *vec_push(&reader->cache->better) = entry;
    else
        *vec_push(&reader->cache->entries) = entry;
}

/* The name of hwcaps subfolder `index`, from the extension section. */
static const char *extension_name(const struct reader *reader, uint64_t base, uint32_t index)
{
    uint64_t at = base + u32_at(reader, base + AT_EXTENSION);
    if (u32_at(reader, base + AT_EXTENSION) == 0 || u32_at(reader, at) != (uint32_t)EXTENSION_MAGIC)
        return NULL;
    uint32_t count = u32_at(reader, at + 4);
    for (uint32_t i = 0; i < count && i < 64; i++) {
        uint64_t section = at + 8 + 16 * (uint64_t)i; /* tag, flags, offset, size */
        if (u32_at(reader, section) != TAG_HWCAPS)
            continue;
        uint32_t offset = u32_at(reader, section + 8), size = u32_at(reader, section + 12);
        if (index >= size / 4)
            return NULL;
        return span_text(reader->file, base + u32_at(reader, base + offset + 4 * (uint64_t)index));
    }
    return NULL;
}

/* Rank of an entry by its hwcap field; false where this CPU may not use it, and then
 * *better: is a better one's. */
static bool entry_rank(const struct reader *reader, uint64_t base, uint64_t hwcap, unsigned *rank,
                       bool *better)
{
    const char *names[HWCAPS_LEVELS];
    *rank = 0;
    *better = false;
    if (((hwcap >> 32) & ~ISA_LEVEL_BITS) != (HWCAP_EXTENSION >> 32))
        return hwcap == 0 || hwcaps_old_bits(reader->cpu, hwcap);
    const char *name = extension_name(reader, base, (uint32_t)(hwcap & HWCAP_INDEX));
    *rank = name != NULL ? hwcaps_rank(reader->cpu, name) : 0;
    size_t count = hwcaps_levels(reader->cpu, false, names);
    for (size_t i = 0; name != NULL && i < count; i++)
        *better |= strcmp(names[i], name) == 0;
    return *rank != 0;
}

static bool read_new(struct reader *reader, uint64_t base)
{
    struct span magic;
    if (!span_at(reader->file, base, NEW_HEADER, &magic) ||
        memcmp(magic.data, new_magic, sizeof new_magic - 1) != 0)
        return false;
    unsigned order = magic.data[AT_BYTE_ORDER] & 3;
    if (order != 0 && order != (reader->big ? BYTE_ORDER_BIG : BYTE_ORDER_LITTLE))
        return false;
    uint32_t count = u32_at(reader, base + 20);
    struct span table;
    if (!span_at(reader->file, base + NEW_HEADER, (uint64_t)count * NEW_ENTRY, &table))
        return false;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = base + NEW_HEADER + (uint64_t)i * NEW_ENTRY;
        unsigned rank;
        bool better;
        if (!entry_rank(reader, base, u64_at(reader, at + 16), &rank, &better) && !better)
            continue;
        add_entry(reader, span_text(reader->file, base + u32_at(reader, at + 4)),
                  span_text(reader->file, base + u32_at(reader, at + 8)), u32_at(reader, at), rank,
                  better);
    }
    return true;
}

/* The old form, and the new one that usually follows it in the same file. */
static bool read_old(struct reader *reader)
{
    struct span file = reader->file;
    if (file.size < OLD_HEADER || memcmp(file.data, old_magic, sizeof old_magic - 1) != 0)
        return false;
    uint32_t count = u32_at(reader, 12);
    uint64_t strings = OLD_HEADER + (uint64_t)count * OLD_ENTRY;
    if (strings > file.size)
        return false;
    if (read_new(reader, (strings + 7) & ~(uint64_t)7))
        return true;
    for (uint32_t i = 0; i < count; i++) {
        uint64_t at = OLD_HEADER + (uint64_t)i * OLD_ENTRY;
        add_entry(reader, span_text(file, strings + u32_at(reader, at + 4)),
                  span_text(file, strings + u32_at(reader, at + 8)), u32_at(reader, at), 0, false);
    }
    return true;
}

/* The first entry of a name serves, unless a better hwcaps subfolder has it. */
static bool better(const struct entry *entry, const struct entry *chosen)
{
    return entry->rank != 0 && (chosen->rank == 0 || entry->rank < chosen->rank);
}

static void index_entries(struct ldcache *cache)
{
    size_t room = 16;
    while (room < cache->entries.count * 2)
        room *= 2;
    cache->slots = arena_array(&cache->arena, room, sizeof *cache->slots);
    cache->room = room;
    for (size_t i = 0; i < cache->entries.count; i++) {
        const struct entry *entry = &cache->entries.at[i];
        size_t at = entry->key & (room - 1);
        while (cache->slots[at] != 0 && cache->entries.at[cache->slots[at] - 1].key != entry->key)
            at = (at + 1) & (room - 1);
        if (cache->slots[at] == 0 || better(entry, &cache->entries.at[cache->slots[at] - 1]))
            cache->slots[at] = (uint32_t)i + 1;
    }
}

struct ldcache *ldcache_read(struct span bytes, const struct elf_facts *loader,
                             const struct cpu *cpu)
{
    struct ldcache *cache = must_alloc(sizeof *cache);
    memset(cache, 0, sizeof *cache);
    struct reader reader = {.file = bytes,
                            .big = loader->big,
                            .id = cache_id(loader),
                            .any_elf = cache_id(loader) == 0x0003,
                            .cpu = cpu,
                            .cache = cache};
    cache->valid = bytes.size != 0 && (read_new(&reader, 0) || read_old(&reader));
    index_entries(cache);
    return cache;
}

void ldcache_free(struct ldcache *cache)
{
    if (cache == NULL)
        return;
    vec_free(&cache->entries);
    vec_free(&cache->better);
    arena_free(&cache->arena);
    free(cache);
}

bool ldcache_valid(const struct ldcache *cache)
{
    return cache->valid;
}

const char *ldcache_find(const struct ldcache *cache, const char *name)
{
    uint64_t key = hash_bytes(name, strlen(name));
    for (size_t at = key & (cache->room - 1); cache->slots[at] != 0;
         at = (at + 1) & (cache->room - 1)) {
        const struct entry *entry = &cache->entries.at[cache->slots[at] - 1];
        if (entry->key == key)
            return entry->path;
    }
    return NULL;
}

const char *ldcache_find_better(const struct ldcache *cache, const char *name)
{
    for (size_t i = 0; i < cache->better.count; i++)
        if (strcmp(cache->better.at[i].name, name) == 0)
            return cache->better.at[i].path;
    return NULL;
}
