#include "replay/ldcache.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/text.h"

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
    const char *name, *path; /* in the file */
    unsigned rank;           /* of its glibc-hwcaps subfolder, 1 best; 0: none */
};

struct ldcache {
    struct span file;
    struct span texts; /* the file up to its last NUL: whatever begins in here ends in here */
    bool big;
    uint32_t id;  /* what flags must be */
    bool any_elf; /* flags 1 (ELF without a libc) do, too */
    const struct cpu *cpu;
    uint64_t base;    /* of the new form in the file */
    uint64_t table;   /* the first entry */
    uint64_t strings; /* what names and paths count from */
    uint32_t count;
    bool valid, is_old;
    struct arena arena; /* holds the file */
};

static uint32_t u32_at(const struct ldcache *cache, uint64_t at)
{
    struct span part;
    uint32_t value = 0;
    if (!span_at(cache->file, at, 4, &part))
        return 0;
    memcpy(&value, part.data, 4);
    return cache->big ? be32toh(value) : le32toh(value);
}

static uint64_t u64_at(const struct ldcache *cache, uint64_t at)
{
    struct span part;
    uint64_t value = 0;
    if (!span_at(cache->file, at, 8, &part))
        return 0;
    memcpy(&value, part.data, 8);
    return cache->big ? be64toh(value) : le64toh(value);
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

static const char *text_at(const struct ldcache *cache, uint64_t offset)
{
    return offset < cache->texts.size ? (const char *)cache->texts.data + offset : NULL;
}

/* The name of hwcaps subfolder `index`, from the extension section. */
static const char *extension_name(const struct ldcache *cache, uint64_t base, uint32_t index)
{
    uint64_t at = base + u32_at(cache, base + AT_EXTENSION);
    if (u32_at(cache, base + AT_EXTENSION) == 0 || u32_at(cache, at) != (uint32_t)EXTENSION_MAGIC)
        return NULL;
    uint32_t count = u32_at(cache, at + 4);
    for (uint32_t i = 0; i < count && i < 64; i++) {
        uint64_t section = at + 8 + 16 * (uint64_t)i; /* tag, flags, offset, size */
        if (u32_at(cache, section) != TAG_HWCAPS)
            continue;
        uint32_t offset = u32_at(cache, section + 8), size = u32_at(cache, section + 12);
        if (index >= size / 4)
            return NULL;
        return text_at(cache, base + u32_at(cache, base + offset + 4 * (uint64_t)index));
    }
    return NULL;
}

/* Rank of an entry by its hwcap field; false where this CPU may not use it, and then
 * *better: is a better one's. */
static bool entry_rank(const struct ldcache *cache, uint64_t base, uint64_t hwcap, unsigned *rank,
                       bool *better)
{
    const char *names[HWCAPS_LEVELS];
    *rank = 0;
    *better = false;
    if (((hwcap >> 32) & ~ISA_LEVEL_BITS) != (HWCAP_EXTENSION >> 32))
        return hwcap == 0 || hwcaps_old_bits(cache->cpu, hwcap);
    const char *name = extension_name(cache, base, (uint32_t)(hwcap & HWCAP_INDEX));
    *rank = name != NULL ? hwcaps_rank(cache->cpu, name) : 0;
    size_t count = hwcaps_levels(cache->cpu, false, names);
    for (size_t i = 0; name != NULL && i < count; i++)
        *better |= strcmp(names[i], name) == 0;
    return *rank != 0;
}

/* ---- the two forms ---- */

static bool open_new(struct ldcache *cache, uint64_t base)
{
    struct span magic, table;
    if (!span_at(cache->file, base, NEW_HEADER, &magic) ||
        memcmp(magic.data, new_magic, sizeof new_magic - 1) != 0)
        return false;
    unsigned order = magic.data[AT_BYTE_ORDER] & 3;
    if (order != 0 && order != (cache->big ? BYTE_ORDER_BIG : BYTE_ORDER_LITTLE))
        return false;
    uint32_t count = u32_at(cache, base + 20);
    if (!span_at(cache->file, base + NEW_HEADER, (uint64_t)count * NEW_ENTRY, &table))
        return false;
    cache->base = cache->strings = base;
    cache->table = base + NEW_HEADER;
    cache->count = count;
    return true;
}

/* The old form, and the new one that usually follows it in the same file. */
static bool open_old(struct ldcache *cache)
{
    struct span file = cache->file;
    if (file.size < OLD_HEADER || memcmp(file.data, old_magic, sizeof old_magic - 1) != 0)
        return false;
    uint32_t count = u32_at(cache, 12);
    uint64_t strings = OLD_HEADER + (uint64_t)count * OLD_ENTRY;
    if (strings > file.size)
        return false;
    if (open_new(cache, (strings + 7) & ~(uint64_t)7))
        return true;
    cache->is_old = true;
    cache->strings = strings;
    cache->table = OLD_HEADER;
    cache->count = count;
    return true;
}

/* Where entry `index` stands: flags, then the offsets of name and path. */
static uint64_t place_of(const struct ldcache *cache, uint32_t index)
{
    return cache->table + (uint64_t)index * (cache->is_old ? OLD_ENTRY : NEW_ENTRY);
}

/* Entry `index`, where ld.so may take it: on this CPU, or (*better) on a better one. */
static bool read_entry(const struct ldcache *cache, uint32_t index, struct entry *entry,
                       bool *better)
{
    uint64_t at = place_of(cache, index);
    uint32_t flags = u32_at(cache, at);
    *entry = (struct entry){.name = text_at(cache, cache->strings + u32_at(cache, at + 4)),
                            .path = text_at(cache, cache->strings + u32_at(cache, at + 8))};
    *better = false;
    if (entry->name == NULL || entry->path == NULL)
        return false;
    if (flags != cache->id && !(cache->any_elf && flags == 1))
        return false;
    return cache->is_old ||
           entry_rank(cache, cache->base, u64_at(cache, at + 16), &entry->rank, better) || *better;
}

/* The first entry of a name serves, unless a better hwcaps subfolder has it. */
static bool is_preferred(const struct entry *entry, const struct entry *chosen)
{
    return entry->rank != 0 && (chosen->rank == 0 || entry->rank < chosen->rank);
}

/* ---- lookups ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static uint32_t number_at(const char **text)
{
    uint32_t number = 0;
    while (is_digit(**text))
        number = number * 10 + (uint32_t)(*(*text)++ - '0');
    return number;
}

int ldcache_compare(const char *a, const char *b)
{
    while (*a != 0) {
        if (is_digit(*a) && is_digit(*b)) {
            uint32_t left = number_at(&a), right = number_at(&b);
            if (left != right)
                return (int32_t)(left - right);
        } else if (is_digit(*a) || is_digit(*b)) {
            return is_digit(*a) ? 1 : -1;
        } else if (*a != *b) {
            return *a - *b;
        } else {
            a++;
            b++;
        }
    }
    return -(*b != 0);
}

/* What entry `index` is called; NULL: its name lies outside of the file. */
static const char *name_at(const struct ldcache *cache, uint32_t index)
{
    return text_at(cache, cache->strings + u32_at(cache, place_of(cache, index) + 4));
}

static bool is_called(const struct ldcache *cache, uint32_t index, const char *name)
{
    const char *own = name_at(cache, index);
    return own != NULL && ldcache_compare(name, own) == 0;
}

/* The first entry of `name`, found by halves as ld.so does it, so that both miss it in a table that
 * is not sorted; cache->count: there is none. */
static uint32_t first_of(const struct ldcache *cache, const char *name)
{
    uint32_t from = 0, to = cache->count;
    while (from < to) {
        uint32_t middle = from + (to - from - 1) / 2;
        const char *own = name_at(cache, middle);
        int order = own != NULL ? ldcache_compare(name, own) : 0;
        if (own == NULL)
            return cache->count;
        if (order == 0) {
            while (middle > 0 && is_called(cache, middle - 1, name))
                middle--;
            return middle;
        }
        if (order < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return cache->count;
}

/* `for_better`: as a better CPU has it. */
static const char *find(const struct ldcache *cache, const char *name, bool for_better)
{
    struct entry chosen = {0}, entry;
    for (uint32_t i = first_of(cache, name); i < cache->count && is_called(cache, i, name); i++) {
        bool better;
        if (!read_entry(cache, i, &entry, &better) || better != for_better)
            continue;
        if (for_better)
            return entry.path;
        if (chosen.path == NULL || is_preferred(&entry, &chosen))
            chosen = entry;
    }
    return chosen.path;
}

struct ldcache *ldcache_read(struct span bytes, struct arena *arena, const struct elf_facts *loader,
                             const struct cpu *cpu)
{
    struct ldcache *cache = must_alloc(sizeof *cache);
    const unsigned char *last = bytes.size != 0 ? memrchr(bytes.data, 0, bytes.size) : NULL;
    *cache = (struct ldcache){.file = bytes,
                              .big = loader->big,
                              .id = cache_id(loader),
                              .any_elf = cache_id(loader) == 0x0003,
                              .cpu = cpu,
                              .arena = *arena};
    *arena = (struct arena){0};
    if (last != NULL)
        cache->texts = (struct span){bytes.data, (size_t)(last - bytes.data) + 1};
    cache->valid = bytes.size != 0 && (open_new(cache, 0) || open_old(cache));
    return cache;
}

void ldcache_free(struct ldcache *cache)
{
    if (cache == NULL)
        return;
    arena_free(&cache->arena);
    free(cache);
}

bool ldcache_valid(const struct ldcache *cache)
{
    return cache->valid;
}

const char *ldcache_find(const struct ldcache *cache, const char *name)
{
    return find(cache, name, false);
}

const char *ldcache_find_better(const struct ldcache *cache, const char *name)
{
    return find(cache, name, true);
}

/* ---- writing ---- */

/* The highest name first; of one name the first that was found. */
static int by_name(const void *left, const void *right)
{
    const struct ldcache_line *a = left, *b = right;
    int order = ldcache_compare(b->name, a->name);
    return order != 0 ? order : (a->number > b->number) - (a->number < b->number);
}

static void put_u32(struct text *text, uint32_t value, bool big)
{
    value = big ? htobe32(value) : htole32(value);
    text_add(text, (const char *)&value, sizeof value);
}

struct span ldcache_write(struct ldcache_line *lines, size_t count, const struct elf_facts *loader,
                          struct arena *arena)
{
    static const char nothing[NEW_HEADER - AT_BYTE_ORDER] = {0};
    struct text text = {0}, strings = {0};
    bool big = loader->big;
    uint32_t begin = (uint32_t)(NEW_HEADER + count * NEW_ENTRY);
    if (count != 0)
        qsort(lines, count, sizeof *lines, by_name);
    text_add(&text, new_magic, sizeof new_magic - 1);
    put_u32(&text, (uint32_t)count, big);
    size_t length = text.count;
    put_u32(&text, 0, big);
    text_add(&text, nothing, sizeof nothing);
    text.at[AT_BYTE_ORDER] = big ? BYTE_ORDER_BIG : BYTE_ORDER_LITTLE;
    for (size_t i = 0; i < count; i++) {
        put_u32(&text, cache_id(loader), big);
        put_u32(&text, begin + (uint32_t)strings.count, big);
        text_add(&strings, lines[i].name, strlen(lines[i].name) + 1);
        put_u32(&text, begin + (uint32_t)strings.count, big);
        text_add(&strings, lines[i].path, strlen(lines[i].path) + 1);
        text_add(&text, nothing, NEW_ENTRY - 12); /* no osversion, no hwcap */
    }
    uint32_t size = big ? htobe32((uint32_t)strings.count) : htole32((uint32_t)strings.count);
    memcpy(text.at + length, &size, sizeof size);
    text_add(&text, strings.at, strings.count);
    struct span span = {(const unsigned char *)text_keep(&text, arena), text.count};
    vec_free(&text);
    vec_free(&strings);
    return span;
}
