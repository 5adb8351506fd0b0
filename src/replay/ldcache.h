/* /etc/ld.so.cache: which path a name has, by the rules of glibc elf/dl-cache.c. */
#ifndef WILLRUN_REPLAY_LDCACHE_H
#define WILLRUN_REPLAY_LDCACHE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/span.h"
#include "elf/elf_facts.h"
#include "replay/hwcaps.h"

struct ldcache;

/* Read the cache in `bytes` for a loader of the machine in `loader` on `cpu`, which it
 * is read for; big- and little-endian, old and new form, hwcaps
 * extension. Never NULL: a file that is no cache is an empty one, as for ld.so
 * (ldcache_valid tells). It takes `arena`, which holds the bytes. */
struct ldcache *ldcache_read(struct span bytes, struct arena *arena, const struct elf_facts *loader,
                             const struct cpu *cpu);
void ldcache_free(struct ldcache *cache);
bool ldcache_valid(const struct ldcache *cache);

/* The path that ld.so takes for `name`; NULL: not in the cache. */
const char *ldcache_find(const struct ldcache *cache, const char *name);

/* The path that ld.so takes for `name` on a better CPU; NULL: no other. */
const char *ldcache_find_better(const struct ldcache *cache, const char *name);

/* The order of names, where numbers are compared as numbers: _dl_cache_libcmp. */
int ldcache_compare(const char *a, const char *b);

/* What a name has in a cache that is written. */
struct ldcache_line {
    const char *name, *path;
    size_t number; /* the first of a name serves */
};

/* A cache of the new form for the loader, as ldconfig writes it; sorts `lines`. In `arena`. */
struct span ldcache_write(struct ldcache_line *lines, size_t count, const struct elf_facts *loader,
                          struct arena *arena);

#endif
