/* SHA-256 (FIPS 180-4), by which images name their parts. */
#ifndef WILLRUN_BASE_SHA256_H
#define WILLRUN_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BLOCK = 64, SHA256_HEX = 64 };

struct sha256_engine; /* the best that this processor can do */

struct sha256 {
    const struct sha256_engine *engine;
    uint32_t state[8];
    uint64_t size; /* bytes so far */
    unsigned char rest[SHA256_BLOCK];
};

void sha256_begin(struct sha256 *hash);
void sha256_begin_portable(struct sha256 *hash); /* without what only some processors do */
void sha256_add(struct sha256 *hash, const void *bytes, size_t size);

/* `size` bytes to each of two hashes, which takes much less time than to add them one after the
 * other where the processor has instructions for it; best where both have whole blocks so far. */
void sha256_add_two(struct sha256 *a, const void *a_bytes, struct sha256 *b, const void *b_bytes,
                    size_t size);

/* The digest in lower-case hexadecimal digits, with a NUL. */
void sha256_end(struct sha256 *hash, char hex[SHA256_HEX + 1]);

#endif
