#include "base/sha256.h"

#include <stdbool.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#include <immintrin.h>
#endif

static const uint32_t rounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t turn(uint32_t value, unsigned by)
{
    return value >> by | value << (32 - by);
}

static void schedule(const unsigned char *block, uint32_t words[64])
{
    for (size_t i = 0; i < 16; i++)
        words[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
                   (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (size_t i = 16; i < 64; i++) {
        uint32_t a = words[i - 15], b = words[i - 2];
        words[i] = words[i - 16] + (turn(a, 7) ^ turn(a, 18) ^ a >> 3) + words[i - 7] +
                   (turn(b, 17) ^ turn(b, 19) ^ b >> 10);
    }
}

static void blocks_portable(uint32_t state[8], const unsigned char *bytes, size_t count)
{
    uint32_t words[64];
    for (; count > 0; count--, bytes += SHA256_BLOCK) {
        uint32_t v[8];
        memcpy(v, state, sizeof v);
        schedule(bytes, words);
        for (size_t i = 0; i < 64; i++) {
            uint32_t choice = (v[4] & v[5]) ^ (~v[4] & v[6]);
            uint32_t majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            uint32_t one = v[7] + (turn(v[4], 6) ^ turn(v[4], 11) ^ turn(v[4], 25)) + choice +
                           rounds[i] + words[i];
            uint32_t two = (turn(v[0], 2) ^ turn(v[0], 13) ^ turn(v[0], 22)) + majority;
            memmove(v + 1, v, 7 * sizeof *v);
            v[4] += one;
            v[0] = one + two;
        }
        for (size_t i = 0; i < 8; i++)
            state[i] += v[i];
    }
}

#if defined(__x86_64__)
/* The processor's own instructions for it keep the state as (a, b, e, f) and
 * (c, d, g, h), and do two rounds at a time (Intel SDM, SHA256RNDS2). */
__attribute__((target("sha,sse4.1,ssse3"))) static void
blocks_by_cpu(uint32_t state[8], const unsigned char *bytes, size_t count)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
    __m128i abef = _mm_set_epi32((int)state[0], (int)state[1], (int)state[4], (int)state[5]);
    __m128i cdgh = _mm_set_epi32((int)state[2], (int)state[3], (int)state[6], (int)state[7]);
    for (; count > 0; count--, bytes += SHA256_BLOCK) {
        const __m128i old_abef = abef, old_cdgh = cdgh;
        __m128i words[4];
        for (unsigned i = 0; i < 4; i++)
            words[i] = _mm_shuffle_epi8(
                _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * (size_t)i)), swap);
#pragma GCC unroll 16
        for (unsigned i = 0; i < 16; i++) {
            __m128i now = words[i % 4];
            __m128i sum = _mm_add_epi32(
                now, _mm_loadu_si128((const __m128i *)(const void *)(rounds + 4 * (size_t)i)));
            cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
            abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
            if (i < 12) { /* the words of four rounds, sixteen rounds later */
                __m128i last = words[(i + 3) % 4];
                __m128i next = _mm_sha256msg1_epu32(now, words[(i + 1) % 4]);
                next = _mm_add_epi32(next, _mm_alignr_epi8(last, words[(i + 2) % 4], 4));
                words[i % 4] = _mm_sha256msg2_epu32(next, last);
            }
        }
        abef = _mm_add_epi32(abef, old_abef);
        cdgh = _mm_add_epi32(cdgh, old_cdgh);
    }
    uint32_t out[8];
    _mm_storeu_si128((__m128i *)(void *)out, abef);
    _mm_storeu_si128((__m128i *)(void *)(out + 4), cdgh);
    const uint32_t kept[8] = {out[3], out[2], out[7], out[6], out[1], out[0], out[5], out[4]};
    memcpy(state, kept, sizeof kept);
}

static bool cpu_does_it(void)
{
    unsigned a, b = 0, c = 0, d;
    bool sse = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) != 0 && (c & bit_SSE4_1) != 0;
    return sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) != 0;
}
#endif

static sha256_take *choose(void)
{
#if defined(__x86_64__)
    if (cpu_does_it())
        return blocks_by_cpu;
#endif
    return blocks_portable;
}

static void begin(struct sha256 *hash, sha256_take *take)
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    *hash = (struct sha256){.take = take};
    memcpy(hash->state, start, sizeof start);
}

void sha256_begin(struct sha256 *hash)
{
    begin(hash, choose());
}

void sha256_begin_portable(struct sha256 *hash)
{
    begin(hash, blocks_portable);
}

void sha256_add(struct sha256 *hash, const void *bytes, size_t size)
{
    const unsigned char *at = bytes;
    size_t held = hash->size % SHA256_BLOCK;
    hash->size += size;
    if (held != 0) {
        size_t part = SHA256_BLOCK - held < size ? SHA256_BLOCK - held : size;
        memcpy(hash->rest + held, at, part);
        at += part;
        size -= part;
        if (held + part < SHA256_BLOCK)
            return;
        hash->take(hash->state, hash->rest, 1);
    }
    hash->take(hash->state, at, size / SHA256_BLOCK);
    if (size % SHA256_BLOCK != 0)
        memcpy(hash->rest, at + size / SHA256_BLOCK * SHA256_BLOCK, size % SHA256_BLOCK);
}

void sha256_end(struct sha256 *hash, char hex[SHA256_HEX + 1])
{
    static const char digits[] = "0123456789abcdef";
    static const unsigned char padding[SHA256_BLOCK] = {0x80};
    uint64_t bits = hash->size * 8;
    unsigned char length[8];
    for (size_t i = 0; i < sizeof length; i++)
        length[i] = (unsigned char)(bits >> (56 - 8 * i));
    size_t held = hash->size % SHA256_BLOCK;
    sha256_add(hash, padding, held < 56 ? 56 - held : 120 - held);
    sha256_add(hash, length, sizeof length);
    for (size_t i = 0; i < SHA256_HEX; i++)
        hex[i] = digits[hash->state[i / 8] >> (28 - 4 * (i % 8)) & 15];
    hex[SHA256_HEX] = 0;
}
