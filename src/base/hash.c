#include "base/hash.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static uint64_t key[2];
static pthread_once_t key_once = PTHREAD_ONCE_INIT;
static atomic_bool key_made; /* spares a call each time */

static void make_key(void)
{
    if (getrandom(key, sizeof key, GRND_NONBLOCK) != (ssize_t)sizeof key) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        key[0] = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15U;
        key[1] = (uint64_t)now.tv_sec ^ (uintptr_t)&now;
    }
    atomic_store_explicit(&key_made, true, memory_order_release);
}

/* Both halves of a 128-bit product folded together: every input bit reaches
 * every output bit. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t word_at(const unsigned char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
}

static uint32_t half_at(const unsigned char *bytes)
{
    uint32_t half;
    memcpy(&half, bytes, sizeof half);
    return half;
}

/* Fewer than eight bytes: with the length, no two such texts give the same word. */
static uint64_t short_word(const unsigned char *bytes, size_t length)
{
    if (length >= 4)
        return (uint64_t)half_at(bytes) << 32 | half_at(bytes + length - 4);
    if (length == 0)
        return 0;
    return (uint64_t)bytes[0] << 16 | (uint64_t)bytes[length / 2] << 8 | bytes[length - 1];
}

uint64_t hash_bytes(const void *bytes, size_t length)
{
    if (!atomic_load_explicit(&key_made, memory_order_acquire))
        pthread_once(&key_once, make_key);
    const unsigned char *at = bytes, *end = at + length;
    uint64_t state = key[0] ^ length;
    for (size_t left = length; left > 8; left -= 8, at += 8)
        state = fold(state ^ word_at(at) ^ 0x2d358dccaa6c78a5U, key[1] | 1) + 0x8bb84b93962eacc9U;
    /* the last eight bytes, some of them for the second time */
    uint64_t last = length >= 8 ? word_at(end - 8) : short_word(at, length);
    state = fold(state ^ last, key[1] ^ 0x4b33a62ed433d4a3U);
    return fold(state, key[0] ^ 0x9e3779b97f4a7c15U);
}
