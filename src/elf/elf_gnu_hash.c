#include "elf/elf_gnu_hash.h"

bool gnu_hash_open(struct elf_image *image, struct gnu_hash *hash)
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

uint32_t gnu_hash_start(const struct elf_image *image, const struct gnu_hash *hash, uint32_t value)
{
    bool wide = image->facts->wide;
    unsigned shift = wide ? 6 : 5, bits = 1U << shift;
    if (hash->bucket_count == 0 || hash->bloom_count == 0)
        return 0;
    uint64_t at = (value >> shift) & (hash->bloom_count - 1);
    uint64_t word =
        wide ? elf_u64(image, hash->bloom, 8 * at) : elf_u32(image, hash->bloom, 4 * at);
    uint32_t second = hash->bloom_shift < 32 ? value >> hash->bloom_shift : 0;
    if ((word >> (value & (bits - 1)) & word >> (second & (bits - 1)) & 1) == 0)
        return 0;
    return elf_u32(image, hash->buckets, 4 * (uint64_t)(value % hash->bucket_count));
}

uint32_t gnu_hash_value(const unsigned char *name, size_t length)
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

size_t gnu_hash_end(struct elf_image *image, const struct gnu_hash *hash)
{
    uint32_t last = 0, words = hash->bloom_count;
    /* _dl_setup_hash asserts it, but for 0: then a look-up reads anywhere */
    if ((words & (words - 1)) != 0 || (words == 0 && hash->bucket_count != 0))
        elf_trouble(image, ELF_BAD_DYNAMIC, image->tables.gnu_hash,
                    "a DT_GNU_HASH filter with a power of two of words");
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
