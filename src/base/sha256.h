/* SHA-256 (FIPS 180-4), by which images name their parts. */
#ifndef WILLRUN_BASE_SHA256_H
#define WILLRUN_BASE_SHA256_H

#include <stddef.h>
#include <stdint.h>

enum { SHA256_BLOCK = 64, SHA256_HEX = 64 };

/* Takes whole blocks into a state. */
typedef void sha256_take(uint32_t state[8], const unsigned char *bytes, size_t count);

struct sha256 {
    sha256_take *take; /* the best that this processor can do */
    uint32_t state[8];
    uint64_t size; /* bytes so far */
    unsigned char rest[SHA256_BLOCK];
};

void sha256_begin(struct sha256 *hash);
void sha256_begin_portable(struct sha256 *hash); /* without what only some processors do */
void sha256_add(struct sha256 *hash, const void *bytes, size_t size);

/* The digest in lower-case hexadecimal digits, with a NUL. */
void sha256_end(struct sha256 *hash, char hex[SHA256_HEX + 1]);

#endif
