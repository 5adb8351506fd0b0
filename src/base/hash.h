/* A keyed 64-bit hash of names. The key is random for each process, so that
 * nobody can make a file whose names collide on purpose: two names with the
 * same value are the same name for every practical purpose (a million names
 * collide with a probability below 1 in 10 million). */
#ifndef WILLRUN_BASE_HASH_H
#define WILLRUN_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t hash_bytes(const void *bytes, size_t length);

#endif
