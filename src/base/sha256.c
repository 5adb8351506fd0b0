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
#define BY_CPU __attribute__((target("sha,sse4.1,ssse3")))

/* What the processor has of the state of one hash: (a, b, e, f) and (c, d, g, h), as its
 * instruction for two rounds wants it (Intel SDM, SHA256RNDS2), and sixteen words. */
struct lane {
    __m128i abef, cdgh, words[4];
};

BY_CPU static inline struct lane lane_begin(const uint32_t state[8])
{
    struct lane lane;
    lane.abef = _mm_set_epi32((int)state[0], (int)state[1], (int)state[4], (int)state[5]);
    lane.cdgh = _mm_set_epi32((int)state[2], (int)state[3], (int)state[6], (int)state[7]);
    return lane;
}

BY_CPU static inline void lane_end(const struct lane *lane, uint32_t state[8])
{
    uint32_t out[8];
    _mm_storeu_si128((__m128i *)(void *)out, lane->abef);
    _mm_storeu_si128((__m128i *)(void *)(out + 4), lane->cdgh);
    const uint32_t kept[8] = {out[3], out[2], out[7], out[6], out[1], out[0], out[5], out[4]};
    memcpy(state, kept, sizeof kept);
}

BY_CPU static inline void lane_load(struct lane *lane, const unsigned char *bytes)
{
    const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
#pragma GCC unroll 4
    for (size_t i = 0; i < 4; i++)
        lane->words[i] = _mm_shuffle_epi8(
            _mm_loadu_si128((const __m128i *)(const void *)(bytes + 16 * i)), swap);
}

/* Rounds 4 * `at` and the three behind it. */
BY_CPU static inline void lane_turn(struct lane *lane, unsigned at)
{
    __m128i *words = lane->words, now = words[at % 4];
    const void *constants = rounds + 4 * (size_t)at;
    __m128i sum = _mm_add_epi32(now, _mm_loadu_si128((const __m128i *)constants));
    lane->cdgh = _mm_sha256rnds2_epu32(lane->cdgh, lane->abef, sum);
    lane->abef = _mm_sha256rnds2_epu32(lane->abef, lane->cdgh, _mm_shuffle_epi32(sum, 0x0e));
    if (at < 12) { /* the words of four rounds, sixteen rounds later */
        __m128i last = words[(at + 3) % 4];
        __m128i next = _mm_sha256msg1_epu32(now, words[(at + 1) % 4]);
        next = _mm_add_epi32(next, _mm_alignr_epi8(last, words[(at + 2) % 4], 4));
        words[at % 4] = _mm_sha256msg2_epu32(next, last);
    }
}

/* A round waits for the one before it, but the processor can begin one of another hash meanwhile:
 * two lanes take little more time than one. */
BY_CPU __attribute__((always_inline)) static inline void
lanes_take(unsigned lanes, uint32_t *const *states, const unsigned char *const *bytes, size_t count)
{
    struct lane lane[2], old[2];
    for (unsigned i = 0; i < lanes; i++)
        lane[i] = lane_begin(states[i]);
    for (size_t block = 0; block < count; block++) {
        for (unsigned i = 0; i < lanes; i++) {
            old[i] = lane[i];
            lane_load(&lane[i], bytes[i] + block * SHA256_BLOCK);
        }
#pragma GCC unroll 16
        for (unsigned at = 0; at < 16; at++)
            for (unsigned i = 0; i < lanes; i++)
                lane_turn(&lane[i], at);
        for (unsigned i = 0; i < lanes; i++) {
            lane[i].abef = _mm_add_epi32(lane[i].abef, old[i].abef);
            lane[i].cdgh = _mm_add_epi32(lane[i].cdgh, old[i].cdgh);
        }
    }
    for (unsigned i = 0; i < lanes; i++)
        lane_end(&lane[i], states[i]);
}

BY_CPU static void blocks_by_cpu(uint32_t state[8], const unsigned char *bytes, size_t count)
{
    lanes_take(1, &state, &bytes, count);
}

BY_CPU static void pairs_by_cpu(uint32_t *const states[2], const unsigned char *const bytes[2],
                                size_t count)
{
    lanes_take(2, states, bytes, count);
}

static bool cpu_does_it(void)
{
    unsigned a, b = 0, c = 0, d;
    bool sse = __get_cpuid(1, &a, &b, &c, &d) && (c & bit_SSSE3) != 0 && (c & bit_SSE4_1) != 0;
    return sse && __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b & bit_SHA) != 0;
}
#endif

struct sha256_engine {
    /* whole blocks into a state */
    void (*take)(uint32_t state[8], const unsigned char *bytes, size_t count);
    /* as many into two states; NULL: not faster than one after the other */
    void (*take_two)(uint32_t *const states[2], const unsigned char *const bytes[2], size_t count);
};

static const struct sha256_engine portable = {blocks_portable, NULL};

static const struct sha256_engine *choose(void)
{
#if defined(__x86_64__)
    static const struct sha256_engine by_cpu = {blocks_by_cpu, pairs_by_cpu};
    if (cpu_does_it())
        return &by_cpu;
#endif
    return &portable;
}

static void begin(struct sha256 *hash, const struct sha256_engine *engine)
{
    static const uint32_t start[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    *hash = (struct sha256){.engine = engine};
    memcpy(hash->state, start, sizeof start);
}

void sha256_begin(struct sha256 *hash)
{
    begin(hash, choose());
}

void sha256_begin_portable(struct sha256 *hash)
{
    begin(hash, &portable);
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
        hash->engine->take(hash->state, hash->rest, 1);
    }
    hash->engine->take(hash->state, at, size / SHA256_BLOCK);
    if (size % SHA256_BLOCK != 0)
        memcpy(hash->rest, at + size / SHA256_BLOCK * SHA256_BLOCK, size % SHA256_BLOCK);
}

void sha256_add_two(struct sha256 *a, const void *a_bytes, struct sha256 *b, const void *b_bytes,
                    size_t size)
{
    size_t whole = 0;
    if (a->engine->take_two != NULL && a->engine == b->engine && a->size % SHA256_BLOCK == 0 &&
        b->size % SHA256_BLOCK == 0) {
        uint32_t *const states[] = {a->state, b->state};
        const unsigned char *const bytes[] = {a_bytes, b_bytes};
        whole = size / SHA256_BLOCK * SHA256_BLOCK;
        a->engine->take_two(states, bytes, size / SHA256_BLOCK);
        a->size += whole;
        b->size += whole;
    }
    sha256_add(a, (const unsigned char *)a_bytes + whole, size - whole);
    sha256_add(b, (const unsigned char *)b_bytes + whole, size - whole);
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
