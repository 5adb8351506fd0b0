/* libFuzzer target: any bytes as /etc/ld.so.cache, asked for names of their own by loaders of
 * several machines. */
#include <elf.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "replay/ldcache.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is found must be a whole text of the cache's own memory. */
static size_t look_up(struct ldcache *cache, const char *name)
{
    const char *found = ldcache_find(cache, name), *better = ldcache_find_better(cache, name);
    return (found != NULL ? strlen(found) : 0) + (better != NULL ? strlen(better) : 0);
}

static void ask(const uint8_t *data, size_t size, const struct elf_facts *loader,
                const struct cpu *cpu)
{
    struct arena arena = {0};
    unsigned char *bytes = arena_alloc(&arena, size);
    if (size != 0)
        memcpy(bytes, data, size);
    struct ldcache *cache = ldcache_read((struct span){bytes, size}, &arena, loader, cpu);
    volatile size_t sum = ldcache_valid(cache) + look_up(cache, "libc.so.6");
    for (size_t at = 0; at + 3 < size && sum < 1 << 20; at++) { /* every name in it, or nearly so */
        char name[64];
        if (memcmp(data + at, "lib", 3) != 0)
            continue;
        size_t length = strnlen((const char *)data + at, size - at);
        length = length < sizeof name - 1 ? length : sizeof name - 1;
        memcpy(name, data + at, length);
        name[length] = 0;
        sum += 1 + look_up(cache, name);
        at += 16;
    }
    ldcache_free(cache);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct elf_facts amd64 = {.machine = EM_X86_64, .wide = true};
    const struct elf_facts s390 = {.machine = EM_S390, .wide = true, .big = true};
    const struct elf_facts arm = {.machine = EM_ARM};
    const struct cpu newer = {EM_X86_64, 3, 36}, older = {EM_X86_64, 1, 31};
    ask(data, size, &amd64, &newer);
    ask(data, size, &amd64, &older);
    ask(data, size, &s390, &(struct cpu){EM_S390, 0, 36});
    ask(data, size, &arm, &(struct cpu){EM_ARM, 0, 31});
    return 0;
}
