/* What an addon of Node.js and a module of PHP tell of themselves, read from whole, cut and mutated
 * files: each is a heap block of its own, so that AddressSanitizer sees one byte too far. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf/elf_node_module.h"
#include "elf/elf_php_module.h"

enum { CODE_SIZE = 32, BUILT_FOR = 115 };
static const char code_mark[CODE_SIZE + 1] = "the code of the function, to be ";

static unsigned char *addon;
static size_t addon_size;

static int read_addon(void **state)
{
    (void)state;
    FILE *file = fopen(ADDON, "rb");
    assert_non_null(file);
    assert_int_equal(fseek(file, 0, SEEK_END), 0);
    addon_size = (size_t)ftell(file);
    rewind(file);
    addon = malloc(addon_size);
    assert_non_null(addon);
    assert_int_equal(fread(addon, 1, addon_size, file), addon_size);
    return fclose(file);
}

static int forget_addon(void **state)
{
    (void)state;
    free(addon);
    return 0;
}

static unsigned char *copy_of_addon(size_t size)
{
    unsigned char *copy = malloc(size != 0 ? size : 1);
    assert_non_null(copy);
    memcpy(copy, addon, size);
    return copy;
}

/* With this code as the function, for this machine. */
static int version_returned(uint16_t machine, const char *code, size_t size)
{
    unsigned char *copy = copy_of_addon(addon_size);
    unsigned char *place = memmem(copy, addon_size, code_mark, CODE_SIZE);
    assert_non_null(place);
    memset(place, 0, CODE_SIZE);
    memcpy(place, code, size);
    memcpy(copy + offsetof(Elf64_Ehdr, e_machine), &machine, sizeof machine);
    int version = elf_node_api_version((struct span){copy, addon_size});
    free(copy);
    return version;
}

static void test_code(void **state)
{
    (void)state;
    enum { UNTOLD = NODE_API_UNTOLD };
#define CODE(machine, code, version)                                                               \
    {                                                                                              \
        machine, code, sizeof(code) - 1, version                                                   \
    }
    static const struct {
        uint16_t machine;
        const char *code;
        size_t size;
        int version;
    } cases[] = {
        CODE(EM_X86_64, "\xb8\x09\0\0\0\xc3", 9),
        CODE(EM_X86_64, "\xf3\x0f\x1e\xfa\xb8\x08\0\0\0\xc3", 8),
        CODE(EM_X86_64, "\xf3\x0f\x1e\xfa\x55\x48\x89\xe5\xb8\x0a\0\0\0\x5d\xc3", 10),
        CODE(EM_X86_64, "\x6a\x08\x58\xc3", 8),
        CODE(EM_X86_64, "\xb8\xff\xff\xff\x7f\xc3", NODE_API_EXPERIMENTAL),
        CODE(EM_X86_64, "\x55\x48\x89\xe5\xb8\x0a\0\0\0\xc3", UNTOLD), /* the frame stays */
        CODE(EM_X86_64, "\xb8\x09\0\0\0\x90", UNTOLD),                 /* it goes on */
        CODE(EM_X86_64, "\x31\xc0\xc3", UNTOLD),
        CODE(EM_386, "\xf3\x0f\x1e\xfb\x55\x89\xe5\xb8\x08\0\0\0\x5d\xc3", 8),
        CODE(EM_AARCH64, "\x20\x01\x80\x52\xc0\x03\x5f\xd6", 9),
        CODE(EM_AARCH64, "\x5f\x24\x03\xd5\x00\x01\x80\x52\xc0\x03\x5f\xd6", 8),
        CODE(EM_AARCH64, "\x20\x01\x80\x52\0\0\0\0", UNTOLD),
        CODE(EM_ARM, "\x09\x00\xa0\xe3\x1e\xff\x2f\xe1", 9),
        CODE(EM_ARM, "\x08\x20\x70\x47", 8),
        CODE(EM_ARM, "\x80\xb4\x00\xaf\x08\x23\x18\x46", 8),
        CODE(EM_RISCV, "\x25\x45\x82\x80", 9),
        CODE(EM_RISCV, "\x25\x45\x33\x05\xb5\x00\x82\x80", UNTOLD), /* something is added */
        CODE(EM_S390, "\xa7\x29\x00\x09\x07\xfe", 9),
        CODE(EM_PPC64, "\xb8\x09\0\0\0\xc3", UNTOLD),
        CODE(EM_AARCH64, "", UNTOLD),
        CODE(EM_RISCV, "", UNTOLD),
        CODE(EM_S390, "", UNTOLD),
        CODE(EM_X86_64, "", UNTOLD),
    };
#undef CODE
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (version_returned(cases[i].machine, cases[i].code, cases[i].size) != cases[i].version)
            fail_msg("case %zu: not %d", i, cases[i].version);
}

static void test_whole(void **state)
{
    (void)state;
    const struct span file = {addon, addon_size};
    assert_int_equal(elf_node_module_version(file), BUILT_FOR);
    assert_int_equal(elf_node_of(file).abi, 0);
    static const char text[] = "no node_register_module_v1, but node_register_module_v127";
    static const char old[] = "node_register_module_v108 node_api_module_get_api_version_v1";
    assert_int_equal(elf_node_of((struct span){(const void *)text, sizeof text - 1}).abi, 127);
    assert_int_equal(elf_node_of((struct span){(const void *)text, sizeof text - 2}).abi, 12);
    assert_false(elf_node_of((struct span){(const void *)text, sizeof text - 1}).asks_api);
    assert_true(elf_node_of((struct span){(const void *)old, sizeof old - 1}).asks_api);
}

static void test_php(void **state)
{
    (void)state;
    struct arena arena = {0};
    const struct elf_php_module *modules;
    assert_int_equal(elf_php_modules((struct span){addon, addon_size}, &arena, &modules), 1);
    assert_string_equal(modules[0].name, "thing");
    assert_int_equal(modules[0].demand_count, 2);
    assert_string_equal(modules[0].demands[0].name, "pdo");
    assert_false(modules[0].demands[0].conflicts);
    assert_string_equal(modules[0].demands[1].name, "other");
    assert_true(modules[0].demands[1].conflicts);
    arena_free(&arena);
}

/* What is read of any file keeps to what the header promises. */
static void read_all(unsigned char *bytes, size_t size)
{
    const struct span file = {bytes, size};
    assert_in_range(elf_node_module_version(file), 0, 999);
    assert_in_range(elf_node_of(file).abi, 0, 999);
    elf_node_api_version(file);
    struct arena arena = {0};
    const struct elf_php_module *modules;
    size_t count = elf_php_modules(file, &arena, &modules);
    for (size_t i = 0; i < count; i++)
        assert_true(strlen(modules[i].name) != 0 && modules[i].demand_count <= 64);
    arena_free(&arena);
    free(bytes);
}

static void test_cut(void **state)
{
    (void)state;
    for (size_t size = 0; size < addon_size; size++)
        read_all(copy_of_addon(size), size);
}

static void test_mutants(void **state)
{
    (void)state;
    static const unsigned char values[] = {0x00, 0x01, 0x7f, 0x80, 0xff};
    for (size_t at = EI_NIDENT - 12; at < addon_size; at++) {
        unsigned char *copy = copy_of_addon(addon_size);
        copy[at] = values[at % sizeof values];
        if (at % 3 == 0 && at + 8 <= addon_size) /* a whole word: sizes and addresses */
            memset(copy + at, values[at % sizeof values], 8);
        read_all(copy, addon_size);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_whole), cmocka_unit_test(test_code),    cmocka_unit_test(test_php),
        cmocka_unit_test(test_cut),   cmocka_unit_test(test_mutants),
    };
    return cmocka_run_group_tests(tests, read_addon, forget_addon);
}
