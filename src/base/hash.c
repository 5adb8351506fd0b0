#include "base/hash.h"

#include <pthread.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

static uint64_t key[2];
static pthread_once_t key_once = PTHREAD_ONCE_INIT;

static void make_key(void)
{
    if (getrandom(key, sizeof key, GRND_NONBLOCK) == (ssize_t)sizeof key)
        return;
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    key[0] = (uint64_t)now.tv_nsec * 0x9e3779b97f4a7c15U;
    key[1] = (uint64_t)now.tv_sec ^ (uintptr_t)&now;
}

/* Both halves of a 128-bit product folded together: every input bit reaches
 * every output bit. */
static uint64_t fold(uint64_t a, uint64_t b)
{
    unsigned __int128 product = (unsigned __int128)a * b;
    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t word_at(const unsigned char *bytes, size_t length)
{
    uint64_t word = 0;
    memcpy(&word, bytes, length);
    return word;
}

uint64_t hash_bytes(const void *bytes, size_t length)
{
    pthread_once(&key_once, make_key);
    const unsigned char *at = bytes;
    uint64_t state = key[0] ^ length;
    size_t left = length;
    for (; left > 8; left -= 8, at += 8)
        state =
            fold(state ^ word_at(at, 8) ^ 0x2d358dccaa6c78a5U, key[1] | 1) + 0x8bb84b93962eacc9U;
    state = fold(state ^ word_at(at, left), key[1] ^ 0x4b33a62ed433d4a3U);
    return fold(state, key[0] ^ 0x9e3779b97f4a7c15U);
}
