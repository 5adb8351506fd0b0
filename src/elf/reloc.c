#include "elf/reloc.h"

#include <elf.h>
#include <stddef.h>

/* <elf.h> of older systems lacks these (LoongArch psABI). */
enum { MACHINE_LOONGARCH = 258 };

struct row {
    uint16_t machine;
    uint16_t type;
    enum reloc_class class;
};

static const struct row rows[] = {
    {EM_X86_64, R_X86_64_NONE, RELOC_NONE},
    {EM_X86_64, R_X86_64_64, RELOC_SYMBOL},
    {EM_X86_64, R_X86_64_PC32, RELOC_SYMBOL},
    {EM_X86_64, R_X86_64_COPY, RELOC_COPY},
    {EM_X86_64, R_X86_64_GLOB_DAT, RELOC_SYMBOL},
    {EM_X86_64, R_X86_64_JUMP_SLOT, RELOC_JUMP_SLOT},
    {EM_X86_64, R_X86_64_RELATIVE, RELOC_LOCAL},
    {EM_X86_64, R_X86_64_32, RELOC_SYMBOL},
    {EM_X86_64, R_X86_64_DTPMOD64, RELOC_TLS},
    {EM_X86_64, R_X86_64_DTPOFF64, RELOC_TLS},
    {EM_X86_64, R_X86_64_TPOFF64, RELOC_TLS_STATIC},
    {EM_X86_64, R_X86_64_SIZE32, RELOC_SYMBOL},
    {EM_X86_64, R_X86_64_SIZE64, RELOC_SYMBOL},
    {EM_X86_64, R_X86_64_TLSDESC, RELOC_TLS},
    {EM_X86_64, R_X86_64_IRELATIVE, RELOC_LOCAL},
    {EM_X86_64, R_X86_64_RELATIVE64, RELOC_LOCAL},

    {EM_386, R_386_NONE, RELOC_NONE},
    {EM_386, R_386_32, RELOC_SYMBOL},
    {EM_386, R_386_PC32, RELOC_SYMBOL},
    {EM_386, R_386_COPY, RELOC_COPY},
    {EM_386, R_386_GLOB_DAT, RELOC_SYMBOL},
    {EM_386, R_386_JMP_SLOT, RELOC_JUMP_SLOT},
    {EM_386, R_386_RELATIVE, RELOC_LOCAL},
    {EM_386, R_386_TLS_TPOFF, RELOC_TLS_STATIC},
    {EM_386, R_386_TLS_DTPMOD32, RELOC_TLS},
    {EM_386, R_386_TLS_DTPOFF32, RELOC_TLS},
    {EM_386, R_386_TLS_TPOFF32, RELOC_TLS_STATIC},
    {EM_386, R_386_SIZE32, RELOC_SYMBOL},
    {EM_386, R_386_TLS_DESC, RELOC_TLS},
    {EM_386, R_386_IRELATIVE, RELOC_LOCAL},

    {EM_AARCH64, R_AARCH64_NONE, RELOC_NONE},
    {EM_AARCH64, R_AARCH64_ABS64, RELOC_SYMBOL},
    {EM_AARCH64, R_AARCH64_ABS32, RELOC_SYMBOL},
    {EM_AARCH64, R_AARCH64_COPY, RELOC_COPY},
    {EM_AARCH64, R_AARCH64_GLOB_DAT, RELOC_SYMBOL},
    {EM_AARCH64, R_AARCH64_JUMP_SLOT, RELOC_JUMP_SLOT},
    {EM_AARCH64, R_AARCH64_RELATIVE, RELOC_LOCAL},
    {EM_AARCH64, R_AARCH64_TLS_DTPMOD, RELOC_TLS},
    {EM_AARCH64, R_AARCH64_TLS_DTPREL, RELOC_TLS},
    {EM_AARCH64, R_AARCH64_TLS_TPREL, RELOC_TLS_STATIC},
    {EM_AARCH64, R_AARCH64_TLSDESC, RELOC_TLS},
    {EM_AARCH64, R_AARCH64_IRELATIVE, RELOC_LOCAL},

    {EM_ARM, R_ARM_NONE, RELOC_NONE},
    {EM_ARM, R_ARM_PC24, RELOC_SYMBOL},
    {EM_ARM, R_ARM_ABS32, RELOC_SYMBOL},
    {EM_ARM, R_ARM_REL32, RELOC_SYMBOL},
    {EM_ARM, R_ARM_TLS_DESC, RELOC_TLS},
    {EM_ARM, R_ARM_TLS_DTPMOD32, RELOC_TLS},
    {EM_ARM, R_ARM_TLS_DTPOFF32, RELOC_TLS},
    {EM_ARM, R_ARM_TLS_TPOFF32, RELOC_TLS_STATIC},
    {EM_ARM, R_ARM_COPY, RELOC_COPY},
    {EM_ARM, R_ARM_GLOB_DAT, RELOC_SYMBOL},
    {EM_ARM, R_ARM_JUMP_SLOT, RELOC_JUMP_SLOT},
    {EM_ARM, R_ARM_RELATIVE, RELOC_LOCAL},
    {EM_ARM, R_ARM_IRELATIVE, RELOC_LOCAL},

    {EM_RISCV, R_RISCV_NONE, RELOC_NONE},
    {EM_RISCV, R_RISCV_32, RELOC_SYMBOL},
    {EM_RISCV, R_RISCV_64, RELOC_SYMBOL},
    {EM_RISCV, R_RISCV_RELATIVE, RELOC_LOCAL},
    {EM_RISCV, R_RISCV_COPY, RELOC_COPY},
    {EM_RISCV, R_RISCV_JUMP_SLOT, RELOC_JUMP_SLOT},
    {EM_RISCV, R_RISCV_TLS_DTPMOD32, RELOC_TLS},
    {EM_RISCV, R_RISCV_TLS_DTPMOD64, RELOC_TLS},
    {EM_RISCV, R_RISCV_TLS_DTPREL32, RELOC_TLS},
    {EM_RISCV, R_RISCV_TLS_DTPREL64, RELOC_TLS},
    {EM_RISCV, R_RISCV_TLS_TPREL32, RELOC_TLS_STATIC},
    {EM_RISCV, R_RISCV_TLS_TPREL64, RELOC_TLS_STATIC},
    {EM_RISCV, RISCV_TLSDESC, RELOC_TLS},
    {EM_RISCV, 58 /* IRELATIVE */, RELOC_LOCAL},

    {EM_S390, R_390_NONE, RELOC_NONE},
    {EM_S390, R_390_8, RELOC_SYMBOL},
    {EM_S390, R_390_16, RELOC_SYMBOL},
    {EM_S390, R_390_32, RELOC_SYMBOL},
    {EM_S390, R_390_PC32, RELOC_SYMBOL},
    {EM_S390, R_390_PC16, RELOC_SYMBOL},
    {EM_S390, R_390_PC16DBL, RELOC_SYMBOL},
    {EM_S390, R_390_PC32DBL, RELOC_SYMBOL},
    {EM_S390, R_390_PLT32DBL, RELOC_SYMBOL},
    {EM_S390, R_390_COPY, RELOC_COPY},
    {EM_S390, R_390_GLOB_DAT, RELOC_SYMBOL},
    {EM_S390, R_390_JMP_SLOT, RELOC_JUMP_SLOT},
    {EM_S390, R_390_RELATIVE, RELOC_LOCAL},
    {EM_S390, R_390_64, RELOC_SYMBOL},
    {EM_S390, R_390_PC64, RELOC_SYMBOL},
    {EM_S390, R_390_TLS_DTPMOD, RELOC_TLS},
    {EM_S390, R_390_TLS_DTPOFF, RELOC_TLS},
    {EM_S390, R_390_TLS_TPOFF, RELOC_TLS_STATIC},
    {EM_S390, R_390_IRELATIVE, RELOC_LOCAL},

    {EM_PPC64, R_PPC64_NONE, RELOC_NONE},
    {EM_PPC64, R_PPC64_ADDR32, RELOC_SYMBOL},
    {EM_PPC64, R_PPC64_ADDR64, RELOC_SYMBOL},
    {EM_PPC64, R_PPC64_UADDR64, RELOC_SYMBOL},
    {EM_PPC64, R_PPC64_REL64, RELOC_SYMBOL},
    {EM_PPC64, R_PPC64_COPY, RELOC_COPY},
    {EM_PPC64, R_PPC64_GLOB_DAT, RELOC_SYMBOL},
    {EM_PPC64, R_PPC64_JMP_SLOT, RELOC_JUMP_SLOT},
    {EM_PPC64, R_PPC64_RELATIVE, RELOC_LOCAL},
    {EM_PPC64, R_PPC64_DTPMOD64, RELOC_TLS},
    {EM_PPC64, R_PPC64_DTPREL64, RELOC_TLS},
    {EM_PPC64, R_PPC64_TPREL64, RELOC_TLS_STATIC},
    {EM_PPC64, R_PPC64_IRELATIVE, RELOC_LOCAL},
    {EM_PPC64, R_PPC64_JMP_IREL, RELOC_LOCAL},

    {EM_MIPS, R_MIPS_NONE, RELOC_NONE},
    {EM_MIPS, R_MIPS_REL32, RELOC_SYMBOL},
    {EM_MIPS, R_MIPS_TLS_DTPMOD32, RELOC_TLS},
    {EM_MIPS, R_MIPS_TLS_DTPREL32, RELOC_TLS},
    {EM_MIPS, R_MIPS_TLS_DTPMOD64, RELOC_TLS},
    {EM_MIPS, R_MIPS_TLS_DTPREL64, RELOC_TLS},
    {EM_MIPS, R_MIPS_TLS_TPREL32, RELOC_TLS_STATIC},
    {EM_MIPS, R_MIPS_TLS_TPREL64, RELOC_TLS_STATIC},
    {EM_MIPS, R_MIPS_COPY, RELOC_COPY},
    {EM_MIPS, R_MIPS_JUMP_SLOT, RELOC_JUMP_SLOT},

    {MACHINE_LOONGARCH, 0, RELOC_NONE},
    {MACHINE_LOONGARCH, 1, RELOC_SYMBOL},
    {MACHINE_LOONGARCH, 2, RELOC_SYMBOL},
    {MACHINE_LOONGARCH, 3, RELOC_LOCAL},
    {MACHINE_LOONGARCH, 4, RELOC_COPY},
    {MACHINE_LOONGARCH, 5, RELOC_JUMP_SLOT},
    {MACHINE_LOONGARCH, 6, RELOC_TLS},
    {MACHINE_LOONGARCH, 7, RELOC_TLS},
    {MACHINE_LOONGARCH, 8, RELOC_TLS},
    {MACHINE_LOONGARCH, 9, RELOC_TLS},
    {MACHINE_LOONGARCH, 10, RELOC_TLS_STATIC},
    {MACHINE_LOONGARCH, 11, RELOC_TLS_STATIC},
    {MACHINE_LOONGARCH, 12, RELOC_LOCAL},
    {MACHINE_LOONGARCH, 13, RELOC_TLS},
    {MACHINE_LOONGARCH, 14, RELOC_TLS},
};

enum reloc_class reloc_class(uint16_t machine, uint32_t type)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].machine == machine && rows[i].type == type)
            return rows[i].class;
    return RELOC_UNKNOWN;
}

/* What glibc's loader knows and musl's does not. */
static const struct {
    uint16_t machine, type;
} not_in_musl[] = {
    {EM_X86_64, R_X86_64_32},
    {EM_X86_64, R_X86_64_SIZE32},
    {EM_X86_64, R_X86_64_SIZE64},
    {EM_X86_64, R_X86_64_IRELATIVE},
    {EM_X86_64, R_X86_64_RELATIVE64},
    {EM_386, R_386_SIZE32},
    {EM_386, R_386_IRELATIVE},
    {EM_AARCH64, R_AARCH64_ABS32},
    {EM_AARCH64, R_AARCH64_IRELATIVE},
    {EM_ARM, R_ARM_PC24},
    {EM_ARM, R_ARM_REL32},
    {EM_ARM, R_ARM_IRELATIVE},
    {EM_RISCV, R_RISCV_32},
    {EM_RISCV, R_RISCV_TLS_DTPMOD32},
    {EM_RISCV, R_RISCV_TLS_DTPREL32},
    {EM_RISCV, R_RISCV_TLS_TPREL32},
    {EM_RISCV, RISCV_TLSDESC},
    {EM_RISCV, 58 /* IRELATIVE */},
    {EM_S390, R_390_8},
    {EM_S390, R_390_16},
    {EM_S390, R_390_32},
    {EM_S390, R_390_PC32},
    {EM_S390, R_390_PC16},
    {EM_S390, R_390_PC16DBL},
    {EM_S390, R_390_PC32DBL},
    {EM_S390, R_390_PLT32DBL},
    {EM_S390, R_390_PC64},
    {EM_S390, R_390_IRELATIVE},
    {EM_PPC64, R_PPC64_ADDR32},
    {EM_PPC64, R_PPC64_REL64},
    {EM_PPC64, R_PPC64_IRELATIVE},
    {EM_PPC64, R_PPC64_JMP_IREL},
    {MACHINE_LOONGARCH, 1},
    {MACHINE_LOONGARCH, 6},
    {MACHINE_LOONGARCH, 8},
    {MACHINE_LOONGARCH, 10},
    {MACHINE_LOONGARCH, 12},
    {MACHINE_LOONGARCH, 13},
    {MACHINE_LOONGARCH, 14},
};

bool reloc_in_musl(uint16_t machine, uint32_t type, bool wide)
{
    if (reloc_class(machine, type) == RELOC_UNKNOWN)
        return false;
    if (machine == EM_MIPS && (wide ? type == R_MIPS_TLS_DTPMOD32 || type == R_MIPS_TLS_DTPREL32 ||
                                          type == R_MIPS_TLS_TPREL32
                                    : type == R_MIPS_TLS_DTPMOD64 || type == R_MIPS_TLS_DTPREL64 ||
                                          type == R_MIPS_TLS_TPREL64))
        return false;
    for (size_t i = 0; i < sizeof not_in_musl / sizeof *not_in_musl; i++)
        if (not_in_musl[i].machine == machine && not_in_musl[i].type == type)
            return false;
    return true;
}

bool reloc_is_got(uint16_t machine, uint32_t type)
{
    static const struct {
        uint16_t machine, type;
    } got[] = {{EM_X86_64, R_X86_64_GLOB_DAT},   {EM_386, R_386_GLOB_DAT},
               {EM_AARCH64, R_AARCH64_GLOB_DAT}, {EM_ARM, R_ARM_GLOB_DAT},
               {EM_S390, R_390_GLOB_DAT},        {EM_PPC64, R_PPC64_GLOB_DAT}};
    for (size_t i = 0; i < sizeof got / sizeof *got; i++)
        if (got[i].machine == machine && got[i].type == type)
            return true;
    return false;
}

bool reloc_is_call(uint16_t machine, uint32_t type)
{
    return (machine == EM_X86_64 && type == R_X86_64_IRELATIVE) ||
           (machine == EM_AARCH64 && type == R_AARCH64_IRELATIVE) ||
           (machine == EM_S390 && type == R_390_IRELATIVE);
}

bool reloc_waits(uint16_t machine, uint32_t type)
{
    static const struct {
        uint16_t machine, types[2]; /* beside calls; 0: none */
    } waiting[] = {{EM_X86_64, {R_X86_64_TLSDESC, R_X86_64_IRELATIVE}},
                   {EM_386, {R_386_TLS_DESC, R_386_IRELATIVE}},
                   {EM_AARCH64, {R_AARCH64_TLSDESC, R_AARCH64_IRELATIVE}},
                   {EM_ARM, {R_ARM_TLS_DESC, 0}},
                   {EM_RISCV, {R_RISCV_IRELATIVE, 0}},
                   {EM_S390, {R_390_IRELATIVE, 0}}};
    for (size_t i = 0; i < sizeof waiting / sizeof *waiting; i++)
        if (waiting[i].machine == machine)
            return type != 0 && (waiting[i].types[0] == type || waiting[i].types[1] == type);
    return true;
}
