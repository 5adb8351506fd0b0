/* What ld.so thinks of a file that it has opened, by what one header says otherwise than it should:
 * open_verify and _dl_map_object_from_fd of glibc's elf/dl-load.c, and process_elf_file of its
 * machines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <errno.h>
#include <string.h>

#include "replay/glibc.h"

/* A library that serves, and its loader. */
struct pair {
    struct elf_facts loader, library;
    struct file_facts file;
    struct glibc_loader release;
    struct glibc glibc;
    Elf64_Phdr segments[3];
};

static void make_elf(struct elf_facts *elf, uint16_t machine, bool wide, bool big)
{
    *elf = (struct elf_facts){.state = ELF_WHOLE,
                              .wide = wide,
                              .big = big,
                              .type = ET_DYN,
                              .machine = machine,
                              .version = EV_CURRENT,
                              .phentsize = wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr),
                              .has_dynamic = true,
                              .dynamic_size = 0x100,
                              .has_stack = true,
                              .abi_os = UINT32_MAX};
    memcpy(elf->ident, ELFMAG, SELFMAG);
    elf->ident[EI_CLASS] = wide ? ELFCLASS64 : ELFCLASS32;
    elf->ident[EI_DATA] = big ? ELFDATA2MSB : ELFDATA2LSB;
    elf->ident[EI_VERSION] = EV_CURRENT;
}

static void make_pair(struct pair *pair, uint16_t machine, bool wide, bool big, unsigned minor)
{
    *pair = (struct pair){.file = {.kind = FILE_ELF, .size = 0x2000}};
    make_elf(&pair->loader, machine, wide, big);
    make_elf(&pair->library, machine, wide, big);
    pair->segments[0] = (Elf64_Phdr){.p_type = PT_LOAD, .p_filesz = 0x1000, .p_align = 0x1000};
    pair->segments[1] = (Elf64_Phdr){.p_type = PT_DYNAMIC, .p_filesz = 0x100};
    pair->library.phdrs = pair->segments;
    pair->library.phnum = 2;
    pair->file.elf = &pair->library;
    pair->release.elf = &pair->loader;
    pair->release.minor = minor;
    pair->glibc.loader = &pair->release;
}

/* ---- what is changed ---- */

typedef void change(struct pair *pair);

#define CHANGE(name, change)                                                                       \
    static void name(struct pair *pair)                                                            \
    {                                                                                              \
        change;                                                                                    \
    }
CHANGE(nothing, (void)pair)
CHANGE(short_file, pair->file.size = 40)
CHANGE(a_text, pair->file.kind = FILE_OTHER)
CHANGE(unreadable, (pair->file.kind = FILE_UNREADABLE, pair->file.error = EIO))
CHANGE(other_class, pair->library.ident[EI_CLASS] ^= 3)
CHANGE(other_order, pair->library.ident[EI_DATA] ^= 3)
CHANGE(other_machine_and_order,
       (pair->library.ident[EI_DATA] ^= 3, pair->library.big = !pair->library.big))
CHANGE(same_machine_swapped,
       (pair->library.ident[EI_DATA] ^= 3, pair->library.big = !pair->library.big,
        pair->library.machine = __builtin_bswap16(pair->library.machine)))
CHANGE(ident_version, pair->library.ident[EI_VERSION] = 2)
CHANGE(ident_version_of_other,
       (pair->library.ident[EI_VERSION] = 2, pair->library.machine = EM_S390))
CHANGE(for_gnu, pair->library.ident[EI_OSABI] = ELFOSABI_GNU)
CHANGE(for_bsd, pair->library.ident[EI_OSABI] = ELFOSABI_FREEBSD)
CHANGE(abi_of_sysv, pair->library.ident[EI_ABIVERSION] = 1)
CHANGE(abi_of_gnu,
       (pair->library.ident[EI_OSABI] = ELFOSABI_GNU, pair->library.ident[EI_ABIVERSION] = 3))
CHANGE(late_abi_of_gnu,
       (pair->library.ident[EI_OSABI] = ELFOSABI_GNU, pair->library.ident[EI_ABIVERSION] = 4))
CHANGE(padding, pair->library.ident[EI_NIDENT - 1] = 1)
CHANGE(version, pair->library.version = 2)
CHANGE(other_machine, pair->library.machine = EM_S390)
CHANGE(object_file, pair->library.type = ET_REL)
CHANGE(headers_of_other_size, pair->library.phentsize++)
CHANGE(headers_outside, pair->library.state = ELF_BAD_PHDRS)
CHANGE(header_cut, pair->library.state = ELF_SHORT_HEADER)
CHANGE(note_of_other, pair->library.abi_os = ELF_NOTE_OS_LINUX + 1)
CHANGE(note_of_linux, pair->library.abi_os = ELF_NOTE_OS_LINUX)
CHANGE(small_pages, pair->segments[0].p_align = 0x800)
CHANGE(off_the_page, pair->segments[0].p_offset = 0x10)
CHANGE(off_the_alignment, (pair->segments[0].p_align = 0x4000, pair->segments[0].p_offset = 0x1000))
CHANGE(no_alignment, pair->segments[0].p_align = 0)
CHANGE(no_segments, pair->library.phnum = 0)
CHANGE(no_load, pair->segments[0].p_type = PT_NOTE)
CHANGE(no_headers, pair->library.phdrs = NULL)
CHANGE(fixed_program, pair->library.type = ET_EXEC)
CHANGE(no_dynamic, pair->library.has_dynamic = false)
CHANGE(empty_dynamic, pair->segments[1].p_filesz = 0)
CHANGE(dynamic_of_nothing, pair->library.dynamic_size = 0)
CHANGE(pie, pair->library.dt_flags_1 = DF_1_PIE)
CHANGE(no_dlopen, (pair->glibc.opening = true, pair->library.dt_flags_1 = DF_1_NOOPEN))
CHANGE(no_dlopen_at_a_start, pair->library.dt_flags_1 = DF_1_NOOPEN)
CHANGE(stack, (pair->glibc.opening = true, pair->library.stack_exec = true))
CHANGE(stack_of_host, (stack(pair), pair->glibc.stack_exec = true))
CHANGE(stack_at_a_start, pair->library.stack_exec = true)
CHANGE(no_stack, (pair->glibc.opening = true, pair->library.has_stack = false))

/* Segments that do not follow one another, the last of which begins in the first. */
static void overlapping(struct pair *pair)
{
    pair->segments[0].p_vaddr = 0x10000;
    pair->segments[0].p_filesz = 0x3000;
    pair->segments[2] =
        (Elf64_Phdr){.p_type = PT_LOAD, .p_vaddr = 0x11000, .p_filesz = 0x1000, .p_align = 0x1000};
    pair->library.phnum = 3;
}

static void apart(struct pair *pair)
{
    overlapping(pair);
    pair->segments[2].p_vaddr = 0x20000;
}

CHANGE(soft, (pair->loader.flags = EF_ARM_EABI_VER5 | EF_ARM_ABI_FLOAT_HARD,
              pair->library.flags = EF_ARM_EABI_VER5 | EF_ARM_ABI_FLOAT_SOFT))
CHANGE(hard, (pair->loader.flags = EF_ARM_EABI_VER5 | EF_ARM_ABI_FLOAT_HARD,
              pair->library.flags = EF_ARM_EABI_VER5 | EF_ARM_ABI_FLOAT_HARD))
CHANGE(hard_for_soft, (pair->loader.flags = EF_ARM_EABI_VER5 | EF_ARM_ABI_FLOAT_SOFT,
                       pair->library.flags = EF_ARM_EABI_VER5 | EF_ARM_ABI_FLOAT_HARD))
CHANGE(old_eabi, (pair->loader.flags = EF_ARM_EABI_VER5 | EF_ARM_ABI_FLOAT_HARD,
                  pair->library.flags = EF_ARM_EABI_VER4 | EF_ARM_ABI_FLOAT_SOFT))
CHANGE(double_floats, pair->loader.flags = pair->library.flags = 4)
CHANGE(single_floats, (pair->loader.flags = 4, pair->library.flags = 2))

static const struct {
    change *change;
    enum refusal refusal;
    bool skip; /* it is passed over, and the search goes on */
    uint16_t machine;
    unsigned minor; /* of glibc 2; 0: 36 */
} rows[] = {
    {nothing, REFUSED_NONE, false, EM_X86_64, 0},
    {nothing, REFUSED_NONE, false, EM_386, 0},
    {nothing, REFUSED_NONE, false, EM_PPC64, 0},
    {short_file, REFUSED_SHORT, false, EM_X86_64, 0},
    {short_file, REFUSED_SHORT, false, EM_386, 0},
    {a_text, REFUSED_MAGIC, false, EM_X86_64, 0},
    {unreadable, REFUSED_ERRNO, false, EM_X86_64, 0},
    {other_class, REFUSED_CLASS, true, EM_X86_64, 0},
    {other_order, REFUSED_DATA, false, EM_X86_64, 0},
    {other_order, REFUSED_DATA, false, EM_PPC64, 0},
    {other_machine_and_order, REFUSED_MACHINE, true, EM_X86_64, 0},
    {same_machine_swapped, REFUSED_DATA, false, EM_X86_64, 0},
    {ident_version, REFUSED_IDENT_VERSION, false, EM_X86_64, 0},
    {ident_version_of_other, REFUSED_MACHINE, true, EM_X86_64, 0},
    {for_gnu, REFUSED_NONE, false, EM_X86_64, 0},
    {for_bsd, REFUSED_OSABI, false, EM_X86_64, 0},
    {abi_of_sysv, REFUSED_ABIVERSION, false, EM_X86_64, 0},
    {abi_of_gnu, REFUSED_NONE, false, EM_X86_64, 0},
    {late_abi_of_gnu, REFUSED_ABIVERSION, false, EM_X86_64, 0},
    {padding, REFUSED_PADDING, false, EM_X86_64, 0},
    {version, REFUSED_VERSION, false, EM_X86_64, 0},
    {other_machine, REFUSED_MACHINE, true, EM_X86_64, 0},
    {object_file, REFUSED_TYPE, false, EM_X86_64, 0},
    {headers_of_other_size, REFUSED_PHENTSIZE, false, EM_X86_64, 0},
    {headers_of_other_size, REFUSED_PHENTSIZE, false, EM_386, 0},
    {headers_outside, REFUSED_PHDRS, false, EM_X86_64, 0},
    {header_cut, REFUSED_PHDRS, false, EM_X86_64, 0},
    {note_of_other, REFUSED_ABI_NOTE, true, EM_X86_64, 0},
    {note_of_other, REFUSED_NONE, false, EM_X86_64, 37},
    {note_of_linux, REFUSED_NONE, false, EM_X86_64, 0},
    {small_pages, REFUSED_ALIGN_PAGE, false, EM_X86_64, 34},
    {small_pages, REFUSED_NONE, false, EM_X86_64, 35},
    {off_the_page, REFUSED_ALIGN_OFFSET, false, EM_X86_64, 0},
    {off_the_alignment, REFUSED_ALIGN_OFFSET, false, EM_X86_64, 34},
    {off_the_alignment, REFUSED_NONE, false, EM_X86_64, 35},
    {no_alignment, REFUSED_NONE, false, EM_X86_64, 34},
    {no_segments, REFUSED_NO_SEGMENTS, false, EM_X86_64, 0},
    {no_load, REFUSED_NO_SEGMENTS, false, EM_X86_64, 0},
    {no_headers, REFUSED_NO_SEGMENTS, false, EM_X86_64, 0},
    {fixed_program, REFUSED_EXEC, false, EM_X86_64, 0},
    {no_dynamic, REFUSED_NO_DYNAMIC, false, EM_X86_64, 0},
    {empty_dynamic, REFUSED_NO_DYNAMIC, false, EM_X86_64, 0},
    {dynamic_of_nothing, REFUSED_NO_DYNAMIC, false, EM_X86_64, 0},
    {pie, REFUSED_PIE, false, EM_X86_64, 0},
    {no_dlopen, REFUSED_NOOPEN, false, EM_X86_64, 0},
    {no_dlopen_at_a_start, REFUSED_NONE, false, EM_X86_64, 0},
    {stack, REFUSED_NONE, false, EM_X86_64, 40},
    {stack, REFUSED_EXEC_STACK, false, EM_X86_64, 41},
    {stack_of_host, REFUSED_NONE, false, EM_X86_64, 41},
    {stack_at_a_start, REFUSED_NONE, false, EM_X86_64, 41},
    {no_stack, REFUSED_EXEC_STACK, false, EM_X86_64, 41},
    {no_stack, REFUSED_NONE, false, EM_AARCH64, 41},
    {overlapping, REFUSED_ALIGN_OFFSET, false, EM_X86_64, 0},
    {apart, REFUSED_NONE, false, EM_X86_64, 0},
    {soft, REFUSED_MACHINE, true, EM_ARM, 0},
    {hard, REFUSED_NONE, false, EM_ARM, 0},
    {hard_for_soft, REFUSED_MACHINE, true, EM_ARM, 0},
    {old_eabi, REFUSED_NONE, false, EM_ARM, 0},
    {double_floats, REFUSED_NONE, false, EM_RISCV, 0},
    {single_floats, REFUSED_MACHINE, true, EM_RISCV, 0},
};

static void a_file_is_refused_by_its_headers(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pair pair;
        bool skip = false, class = false;
        int error = 0;
        uint16_t machine = rows[i].machine;
        make_pair(&pair, machine, machine != EM_386 && machine != EM_ARM, machine == EM_PPC64,
                  rows[i].minor != 0 ? rows[i].minor : 36);
        rows[i].change(&pair);
        enum refusal refusal = glibc_verify(&pair.glibc, &pair.file, &skip, &error, &class);
        if (refusal != rows[i].refusal || skip != rows[i].skip)
            fail_msg("row %zu: refusal %d, %s", i, (int)refusal, skip ? "passed over" : "told");
        assert_int_equal(class, rows[i].refusal == REFUSED_CLASS);
        assert_int_equal(error, refusal == REFUSED_ERRNO        ? EIO
                                : refusal == REFUSED_EXEC_STACK ? EINVAL
                                                                : 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_refused_by_its_headers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
