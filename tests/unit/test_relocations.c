/* Packed relative relocations, read from hand-made files of both widths and byte orders, and
 * the relocations that musl knows. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "elf/elf_facts.h"
#include "elf/reloc.h"

enum { DYNAMIC_AT = 0x200, RELR_AT = 0x300, FILE_SIZE = 0x1000, INIT_AT = 0x800, INIT_WORDS = 3 };

struct layout {
    bool wide, big;
};

static void put(unsigned char *at, uint64_t value, size_t size, bool big)
{
    for (size_t i = 0; i < size; i++)
        at[big ? size - 1 - i : i] = (unsigned char)(value >> 8 * i);
}

static void put_header(unsigned char *file, struct layout layout)
{
    bool wide = layout.wide, big = layout.big;
    memcpy(file, ELFMAG, SELFMAG);
    file[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
    file[EI_DATA] = big ? ELFDATA2MSB : ELFDATA2LSB;
    put(file + 16, ET_DYN, 2, big);
    put(file + 18, wide ? big ? EM_S390 : EM_X86_64 : EM_ARM, 2, big);
    put(file + (wide ? 32 : 28), wide ? 64 : 52, wide ? 8 : 4, big);
    put(file + (wide ? 54 : 42), wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr), 2, big);
    put(file + (wide ? 56 : 44), 2, 2, big);
}

static void put_segment(unsigned char *at, uint32_t type, uint64_t place, uint64_t size,
                        struct layout layout)
{
    size_t word = layout.wide ? 8 : 4;
    size_t first = layout.wide ? 8 : 4; /* p_offset, p_vaddr, p_paddr, p_filesz, p_memsz */
    const uint64_t values[] = {place, place, place, size, size};
    put(at, type, 4, layout.big);
    for (size_t i = 0; i < 5; i++)
        put(at + first + i * word, values[i], word, layout.big);
}

/* A file with these entries in DT_RELR; is a word of DT_INIT_ARRAY among what they relocate? */
static bool relocates_init(struct layout layout, const uint64_t *entries, size_t count)
{
    static unsigned char file[FILE_SIZE];
    size_t word = layout.wide ? 8 : 4, header = layout.wide ? 64 : 52;
    size_t segment = layout.wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    const uint64_t tags[] = {36,
                             RELR_AT,
                             35,
                             count * word,
                             DT_INIT_ARRAY,
                             INIT_AT,
                             DT_INIT_ARRAYSZ,
                             INIT_WORDS * word,
                             DT_NULL,
                             0};
    memset(file, 0, sizeof file);
    put_header(file, layout);
    put_segment(file + header, PT_LOAD, 0, FILE_SIZE, layout);
    put_segment(file + header + segment, PT_DYNAMIC, DYNAMIC_AT, sizeof tags / 8 * word, layout);
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        put(file + DYNAMIC_AT + i * word, tags[i], word, layout.big);
    for (size_t i = 0; i < count; i++)
        put(file + RELR_AT + i * word, entries[i], word, layout.big);
    struct elf_facts *facts = elf_facts_read((struct span){file, sizeof file}, false);
    assert_true(facts->has_relr);
    bool found = facts->relr_init;
    elf_facts_free(facts);
    return found;
}

static const struct layout layouts[] = {{true, false}, {false, false}, {true, true}};

static void each_entry_is_an_address_or_a_bitmap(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        struct layout layout = layouts[i];
        uint64_t word = layout.wide ? 8 : 4, bits = word * 8 - 1;
        uint64_t last = INIT_AT + (INIT_WORDS - 1) * word;
#define ENTRIES(...) (const uint64_t[]){__VA_ARGS__}, sizeof((uint64_t[]){__VA_ARGS__}) / 8
        assert_true(relocates_init(layout, ENTRIES(INIT_AT)));
        assert_true(relocates_init(layout, ENTRIES(last)));
        assert_false(relocates_init(layout, ENTRIES(last + word)));
        assert_false(relocates_init(layout, ENTRIES(INIT_AT - word)));
        /* a bitmap's first bit is its mark, the next is the word behind the address */
        assert_true(relocates_init(layout, ENTRIES(INIT_AT - word, 3)));
        assert_false(relocates_init(layout, ENTRIES(INIT_AT - 2 * word, 3)));
        assert_true(relocates_init(layout, ENTRIES(INIT_AT - 2 * word, 5)));
        /* a second bitmap goes on where the first ends */
        assert_true(relocates_init(layout, ENTRIES(INIT_AT - (1 + bits) * word, 1, 3)));
        assert_false(relocates_init(layout, ENTRIES(INIT_AT - bits * word, 1, 1 << 4 | 1)));
    }
}

/* REL_* of arch/<machine>/reloc.h, in 1.2.2 to 1.2.5 */
static void musl_knows_few_types(void **state)
{
    static const struct {
        uint16_t machine;
        bool wide;
        uint32_t types[12];
    } rows[] = {{EM_X86_64, true, {1, 2, 5, 6, 7, 8, 16, 17, 18, 36}},
                {EM_386, false, {1, 2, 5, 6, 7, 8, 14, 35, 36, 37, 41}},
                {EM_AARCH64, true, {257, 1024, 1025, 1026, 1027, 1028, 1029, 1030, 1031}},
                {EM_ARM, false, {2, 13, 17, 18, 19, 20, 21, 22, 23}},
                {EM_RISCV, true, {2, 3, 4, 5, 7, 9, 11}},
                {EM_S390, true, {10, 9, 11, 12, 22, 54, 55, 56}}};
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (uint32_t type = 1; type < 2048; type++) {
            bool listed = false;
            for (size_t j = 0; rows[i].types[j] != 0 && j < 12; j++)
                listed |= rows[i].types[j] == type;
            assert_int_equal(reloc_in_musl(rows[i].machine, type, rows[i].wide), listed);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_entry_is_an_address_or_a_bitmap),
        cmocka_unit_test(musl_knows_few_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
