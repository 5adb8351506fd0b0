/* The DT_GNU_HASH table of one file, as loaders walk it. Private to src/elf. */
#ifndef WILLRUN_ELF_ELF_GNU_HASH_H
#define WILLRUN_ELF_ELF_GNU_HASH_H

#include "elf/elf_image.h"

/* The parts of a DT_GNU_HASH table (binutils, elf/gnu hash). */
struct gnu_hash {
    uint32_t bucket_count, first, bloom_count, bloom_shift;
    struct span bloom, buckets, chain;
    size_t chain_first; /* the symbol with which the chain at hand begins */
};

bool gnu_hash_open(struct elf_image *image, struct gnu_hash *hash);

/* The hash of a name (binutils bfd_elf_gnu_hash). */
uint32_t gnu_hash_value(const unsigned char *name, size_t length);

/* Where the chain begins that a loader walks for a name with this hash; 0: the
 * filter or an empty bucket end the lookup. */
uint32_t gnu_hash_start(const struct elf_image *image, const struct gnu_hash *hash, uint32_t value);

/* One past the last symbol of the table: the end of the chain of the last bucket. */
size_t gnu_hash_end(struct elf_image *image, const struct gnu_hash *hash);

#endif
