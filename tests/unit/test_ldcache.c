/* /etc/ld.so.cache of each machine, written and read: who finds what in whose. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "replay/ldcache.h"

/* The kinds of sysdeps/<machine>/dl-cache.h. */
static const struct {
    struct elf_facts loader;
    uint32_t kind;
} machines[] = {
    {{.machine = EM_X86_64, .wide = true}, 0x0303},
    {{.machine = EM_X86_64}, 0x0803}, /* x32 */
    {{.machine = EM_386}, 0x0003},
    {{.machine = EM_S390, .wide = true, .big = true}, 0x0403},
    {{.machine = EM_S390, .big = true}, 0x0003},
    {{.machine = EM_PPC64, .wide = true}, 0x0503},
    {{.machine = EM_AARCH64, .wide = true}, 0x0a03},
    {{.machine = EM_AARCH64}, 0x0003},
    {{.machine = EM_ARM, .flags = EF_ARM_ABI_FLOAT_HARD}, 0x0903},
    {{.machine = EM_ARM, .flags = EF_ARM_ABI_FLOAT_SOFT}, 0x0b03},
    {{.machine = EM_MIPS, .wide = true, .big = true}, 0x0703},
    {{.machine = EM_MIPS}, 0x0003},
    {{.machine = EM_RISCV, .wide = true, .flags = 4}, 0x1003},
    {{.machine = EM_RISCV, .wide = true}, 0x0f03},
    {{.machine = 258, .wide = true, .flags = 3}, 0x1203},
    {{.machine = 258, .wide = true, .flags = 1}, 0x1103},
    {{.machine = EM_PPC, .big = true}, 0x0003},
};
enum { MACHINES = sizeof machines / sizeof *machines, HEADER = 48, COUNT_AT = 20 };

static uint32_t number_at(struct span file, size_t at, bool big)
{
    uint32_t value;
    memcpy(&value, file.data + at, sizeof value);
    return big ? be32toh(value) : le32toh(value);
}

/* A copy of the first bytes of a cache, for ldcache_read to take. */
static struct ldcache *read_copy(struct span file, size_t size, const struct elf_facts *loader)
{
    static const struct cpu cpu = {EM_X86_64, 1, 36};
    struct arena arena = {0};
    unsigned char *bytes = arena_alloc(&arena, size != 0 ? size : 1);
    memcpy(bytes, file.data, size);
    return ldcache_read((struct span){bytes, size}, &arena, loader, &cpu);
}

static void each_machine_reads_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < MACHINES; i++) {
        struct arena arena = {0};
        struct ldcache_line lines[] = {{"libz.so.1", "/lib/libz.so.1", 0},
                                       {"libb.so.10", "/opt/libb.so.10", 3},
                                       {"libb.so.9", "/opt/libb.so.9", 2},
                                       {"libz.so.1", "/usr/lib/libz.so.1", 1}};
        struct span file = ldcache_write(lines, 4, &machines[i].loader, &arena);
        assert_int_equal(number_at(file, HEADER, machines[i].loader.big), machines[i].kind);
        for (size_t k = 0; k < MACHINES; k++) {
            const struct elf_facts *loader = &machines[k].loader;
            struct ldcache *cache = read_copy(file, file.size, loader);
            bool same_order = loader->big == machines[i].loader.big;
            bool own = same_order && machines[k].kind == machines[i].kind;
            const char *found = ldcache_find(cache, "libz.so.1");
            assert_int_equal(ldcache_valid(cache), same_order);
            assert_int_equal(found != NULL, own);
            if (own) {
                assert_string_equal(found, "/lib/libz.so.1");
                assert_string_equal(ldcache_find(cache, "libb.so.10"), "/opt/libb.so.10");
                assert_string_equal(ldcache_find(cache, "libb.so.9"), "/opt/libb.so.9");
            }
            assert_null(ldcache_find(cache, "liba.so"));
            assert_null(ldcache_find_better(cache, "libz.so.1"));
            ldcache_free(cache);
        }
        arena_free(&arena);
    }
}

static void half_a_cache_is_none(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct ldcache_line line = {"libz.so.1", "/lib/libz.so.1", 0};
    const struct elf_facts *loader = &machines[0].loader;
    struct span file = ldcache_write(&line, 1, loader, &arena);
    for (size_t size = 0; size < file.size; size++) {
        struct ldcache *cache = read_copy(file, size, loader);
        assert_int_equal(ldcache_valid(cache), size >= HEADER + 24);
        assert_null(ldcache_find(cache, "libz.so.1"));
        ldcache_free(cache);
    }
    ((unsigned char *)file.data)[COUNT_AT] = 200; /* more than there are */
    struct ldcache *cache = read_copy(file, file.size, loader);
    assert_false(ldcache_valid(cache));
    ldcache_free(cache);
    struct span empty = ldcache_write(NULL, 0, loader, &arena);
    cache = read_copy(empty, empty.size, loader);
    assert_true(ldcache_valid(cache));
    assert_null(ldcache_find(cache, "libz.so.1"));
    ldcache_free(cache);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_machine_reads_its_own),
        cmocka_unit_test(half_a_cache_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
