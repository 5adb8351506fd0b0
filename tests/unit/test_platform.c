/* The table of machines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "platform/platform.h"

static struct elf_facts elf_of(uint16_t machine, bool wide, bool big, uint32_t flags)
{
    struct elf_facts elf = {.machine = machine, .wide = wide, .big = big, .flags = flags};
    elf.ident[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
    elf.ident[EI_DATA] = big ? ELFDATA2MSB : ELFDATA2LSB;
    return elf;
}

static const struct {
    const char *given, *name; /* NULL: there is none */
} names[] = {
    {"linux/amd64", "linux/amd64"},
    {"amd64", "linux/amd64"},
    {"x86_64", "linux/amd64"},
    {"linux/amd64/v3", "linux/amd64"},
    {"Linux/AMD64", "linux/amd64"},
    {"i386", "linux/386"},
    {"linux/arm64/v8", "linux/arm64"},
    {"aarch64", "linux/arm64"},
    {"linux/arm", "linux/arm/v7"},
    {"arm/v6", "linux/arm/v6"},
    {"armhf", "linux/arm/v7"},
    {"armel", "linux/arm/v5"},
    {"ppc64el", "linux/ppc64le"},
    {"s390x", "linux/s390x"},
    {"mips64el", "linux/mips64le"},
    {"loongarch64", "linux/loong64"},
    {"riscv64", "linux/riscv64"},
    {"windows/amd64", NULL},
    {"linux/", NULL},
    {"", NULL},
    {"linux/vax", NULL},
};

static void platforms_are_found_by_all_their_names(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct platform *row = platform_by_name(names[i].given);
        print_message("%s\n", names[i].given);
        assert_int_equal(row == NULL, names[i].name == NULL);
        if (row != NULL)
            assert_string_equal(row->name, names[i].name);
    }
}

static const struct {
    uint16_t machine;
    bool wide, big;
    uint32_t flags;
    const char *interp;
    const char *name; /* NULL: Docker has none */
} files[] = {
    {EM_X86_64, true, false, 0, NULL, "linux/amd64"},
    {EM_X86_64, false, false, 0, NULL, NULL}, /* x32 */
    {EM_386, false, false, 0, NULL, "linux/386"},
    {EM_AARCH64, true, false, 0, NULL, "linux/arm64"},
    {EM_AARCH64, true, true, 0, NULL, NULL},
    {EM_ARM, false, false, 0x05000400, NULL, "linux/arm/v7"},
    {EM_ARM, false, false, 0x05000200, NULL, "linux/arm/v5"},
    {EM_ARM, false, false, 0x05000000, NULL, "linux/arm/v7"},
    {EM_ARM, false, false, 0x05000000, "/lib/ld-linux.so.3", "linux/arm/v5"},
    {EM_ARM, false, false, 0x05000000, "/lib/ld-linux-armhf.so.3", "linux/arm/v7"},
    {EM_ARM, false, false, 0, NULL, NULL}, /* the old ABI */
    {EM_ARM, false, true, 0x05000400, NULL, NULL},
    {EM_RISCV, true, false, 5, NULL, "linux/riscv64"},
    {EM_RISCV, false, false, 5, NULL, NULL},
    {EM_PPC64, true, false, 2, NULL, "linux/ppc64le"},
    {EM_PPC64, true, true, 1, NULL, "linux/ppc64"},
    {EM_PPC, false, true, 0, NULL, NULL},
    {EM_S390, true, true, 0, NULL, "linux/s390x"},
    {EM_S390, false, true, 0, NULL, NULL},
    {EM_MIPS, false, true, 0x70001007, NULL, "linux/mips"},
    {EM_MIPS, false, false, 0x70001007, NULL, "linux/mipsle"},
    {EM_MIPS, true, false, 0x80000007, NULL, "linux/mips64le"},
    {EM_MIPS, true, true, 0x80000007, NULL, "linux/mips64"},
    {EM_MIPS, false, false, 0x80000027, NULL, NULL}, /* n32 */
    {258, true, false, 0x43, NULL, "linux/loong64"},
};

static void a_file_has_the_platform_of_its_machine_and_abi(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct elf_facts elf =
            elf_of(files[i].machine, files[i].wide, files[i].big, files[i].flags);
        elf.interp = files[i].interp;
        const struct platform *row = platform_of_elf(&elf);
        print_message("%zu %s\n", i, files[i].name != NULL ? files[i].name : "none");
        assert_int_equal(row == NULL, files[i].name == NULL);
        if (row != NULL)
            assert_string_equal(row->name, files[i].name);
    }
}

static const struct {
    const char *host;
    uint16_t machine;
    bool wide, big;
    uint32_t flags;
    bool runs;
} pairs[] = {
    {"linux/amd64", EM_X86_64, true, false, 0, true},
    {"linux/amd64", EM_X86_64, false, false, 0, false},
    {"linux/amd64", EM_386, false, false, 0, true},
    {"linux/amd64", 6, false, false, 0, true}, /* EM_486 */
    {"linux/amd64", EM_AARCH64, true, false, 0, false},
    {"linux/386", EM_X86_64, true, false, 0, false},
    {"linux/386", EM_386, false, false, 0, true},
    {"linux/arm64", EM_ARM, false, false, 0x05000400, true},
    {"linux/arm64", EM_ARM, false, false, 0x05000200, true},
    {"linux/arm64", EM_ARM, false, false, 0, false},
    {"linux/arm/v7", EM_AARCH64, true, false, 0, false},
    {"linux/arm/v7", EM_ARM, false, false, 0x05000200, true},
    {"linux/arm/v5", EM_ARM, false, false, 0x05000400, true},
    {"linux/ppc64le", EM_PPC64, true, true, 1, false},
    {"linux/ppc64", EM_PPC64, true, false, 2, false},
    {"linux/ppc64", EM_PPC64, true, true, 2, true},
    {"linux/s390x", EM_S390, true, true, 0, true},
    {"linux/mips64le", EM_MIPS, false, false, 0x70001007, true},
    {"linux/mips64le", EM_MIPS, false, false, 0x80000027, false},
    {"linux/mips64le", EM_MIPS, true, true, 0x80000007, false},
    {"linux/riscv64", EM_RISCV, false, false, 5, false},
};

static void a_kernel_runs_its_own_machine_and_its_compat_layer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        struct elf_facts elf =
            elf_of(pairs[i].machine, pairs[i].wide, pairs[i].big, pairs[i].flags);
        print_message("%zu %s\n", i, pairs[i].host);
        assert_int_equal(platform_runs(platform_by_name(pairs[i].host), &elf), pairs[i].runs);
    }
}

/* arch/riscv and arch/s390 compare EI_CLASS, the others do not. */
static void a_lying_class_is_seen_by_some_kernels_alone(void **state)
{
    (void)state;
    struct elf_facts amd64 = elf_of(EM_X86_64, true, false, 0);
    struct elf_facts riscv = elf_of(EM_RISCV, true, false, 5);
    amd64.ident[EI_CLASS] = riscv.ident[EI_CLASS] = ELFCLASS32;
    assert_true(platform_runs(platform_by_name("linux/amd64"), &amd64));
    assert_false(platform_runs(platform_by_name("linux/riscv64"), &riscv));
}

static void machines_have_names_for_sentences(void **state)
{
    (void)state;
    assert_string_equal(platform_machine_name(EM_X86_64, true, false), "x86-64");
    assert_string_equal(platform_machine_name(EM_PPC, false, true), "PowerPC (32-bit)");
    assert_string_equal(platform_machine_name(EM_ARM, false, false), "arm");
    assert_non_null(platform_machine_name(0xfff0, true, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(platforms_are_found_by_all_their_names),
        cmocka_unit_test(a_file_has_the_platform_of_its_machine_and_abi),
        cmocka_unit_test(a_kernel_runs_its_own_machine_and_its_compat_layer),
        cmocka_unit_test(a_lying_class_is_seen_by_some_kernels_alone),
        cmocka_unit_test(machines_have_names_for_sentences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
