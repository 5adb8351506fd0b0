#include "platform/platform.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Not in every elf.h. */
enum {
    MACHINE_486 = 6,           /* EM_486 of linux/elf-em.h: i386 kernels take it */
    MACHINE_S390_OLD = 0xa390, /* EM_S390_OLD of linux/elf-em.h */
    MACHINE_LOONGARCH = 258,
    OSABI_ARM_FDPIC = 65,
    FLAG_MIPS_ABI = 0xf000, /* field of e_flags: 0, or the O32, O64 … ABI */
    FLAG_MIPS_O32 = 0x1000,
};

/* linux/arm/v6 is hard float: that is what images of this name hold (Alpine's
 * armhf, Raspbian); soft float is linux/arm/v5 (Debian's armel). */
const struct platform platforms[] = {
    {"linux/amd64", "x86-64", EM_X86_64, true, false, "/lib64/ld-linux-x86-64.so.2",
     "/lib/ld-musl-x86_64.so.1", "x86_64-linux-gnu", "x86_64"},
    {"linux/386", "x86 (32-bit)", EM_386, false, false, "/lib/ld-linux.so.2",
     "/lib/ld-musl-i386.so.1", "i386-linux-gnu", "i686"},
    {"linux/arm64", "arm64", EM_AARCH64, true, false, "/lib/ld-linux-aarch64.so.1",
     "/lib/ld-musl-aarch64.so.1", "aarch64-linux-gnu", "aarch64"},
    {"linux/arm/v7", "arm", EM_ARM, false, false, "/lib/ld-linux-armhf.so.3",
     "/lib/ld-musl-armhf.so.1", "arm-linux-gnueabihf", "v7l"},
    {"linux/arm/v6", "arm", EM_ARM, false, false, "/lib/ld-linux-armhf.so.3",
     "/lib/ld-musl-armhf.so.1", "arm-linux-gnueabihf", "v6l"},
    {"linux/arm/v5", "arm (soft float)", EM_ARM, false, false, "/lib/ld-linux.so.3",
     "/lib/ld-musl-arm.so.1", "arm-linux-gnueabi", "v5l"},
    {"linux/riscv64", "RISC-V (64-bit)", EM_RISCV, true, false, "/lib/ld-linux-riscv64-lp64d.so.1",
     "/lib/ld-musl-riscv64.so.1", "riscv64-linux-gnu", NULL},
    {"linux/ppc64le", "PowerPC (64-bit, little-endian)", EM_PPC64, true, false, "/lib64/ld64.so.2",
     "/lib/ld-musl-powerpc64le.so.1", "powerpc64le-linux-gnu", "power8"},
    {"linux/ppc64", "PowerPC (64-bit)", EM_PPC64, true, true, "/lib64/ld64.so.1",
     "/lib/ld-musl-powerpc64.so.1", "powerpc64-linux-gnu", "power4"},
    {"linux/s390x", "IBM Z", EM_S390, true, true, "/lib/ld64.so.1", "/lib/ld-musl-s390x.so.1",
     "s390x-linux-gnu", "z10"},
    {"linux/mips", "MIPS (32-bit)", EM_MIPS, false, true, "/lib/ld.so.1", "/lib/ld-musl-mips.so.1",
     "mips-linux-gnu", NULL},
    {"linux/mipsle", "MIPS (32-bit, little-endian)", EM_MIPS, false, false, "/lib/ld.so.1",
     "/lib/ld-musl-mipsel.so.1", "mipsel-linux-gnu", NULL},
    {"linux/mips64", "MIPS (64-bit)", EM_MIPS, true, true, "/lib64/ld.so.1",
     "/lib/ld-musl-mips64.so.1", "mips64-linux-gnuabi64", NULL},
    {"linux/mips64le", "MIPS (64-bit, little-endian)", EM_MIPS, true, false, "/lib64/ld.so.1",
     "/lib/ld-musl-mips64el.so.1", "mips64el-linux-gnuabi64", NULL},
    {"linux/loong64", "LoongArch (64-bit)", MACHINE_LOONGARCH, true, false,
     "/lib64/ld-linux-loongarch-lp64d.so.1", "/lib/ld-musl-loongarch64.so.1",
     "loongarch64-linux-gnu", "loongarch"},
    {NULL, NULL, 0, false, false, NULL, NULL, NULL, NULL},
};

/* Whose programs a kernel runs by its compat layer, as distributions build it.
 * Left out, for a distribution's kernel refuses them: x32 (amd64 without
 * syscall.x32=y), ppc64 with 32-bit programs, s390x with 31-bit ones (gone in
 * Linux 6.19), MIPS n32, 32-bit RISC-V. */
static const struct {
    const char *host, *guest;
} compat[] = {
    {"linux/amd64", "linux/386"},
    {"linux/arm64", "linux/arm/v7"},
    {"linux/mips64", "linux/mips"},
    {"linux/mips64le", "linux/mipsle"},
};

/* Other names of a platform; the one before the first NULL is the row's. */
static const struct {
    const char *alias, *name;
} aliases[] = {
    {"x86_64", "linux/amd64"},
    {"x86-64", "linux/amd64"},
    {"amd64/v1", "linux/amd64"},
    {"amd64/v2", "linux/amd64"},
    {"amd64/v3", "linux/amd64"},
    {"amd64/v4", "linux/amd64"},
    {"i386", "linux/386"},
    {"i486", "linux/386"},
    {"i586", "linux/386"},
    {"i686", "linux/386"},
    {"x86", "linux/386"},
    {"aarch64", "linux/arm64"},
    {"arm64/v8", "linux/arm64"},
    {"arm64/8", "linux/arm64"},
    {"arm64/v9", "linux/arm64"},
    {"arm", "linux/arm/v7"},
    {"arm/v8", "linux/arm/v7"},
    {"arm/8", "linux/arm/v7"},
    {"arm/7", "linux/arm/v7"},
    {"arm/6", "linux/arm/v6"},
    {"arm/5", "linux/arm/v5"},
    {"armhf", "linux/arm/v7"},
    {"armv7", "linux/arm/v7"},
    {"armv7l", "linux/arm/v7"},
    {"armv7hf", "linux/arm/v7"},
    {"armv6", "linux/arm/v6"},
    {"armv6l", "linux/arm/v6"},
    {"armv5", "linux/arm/v5"},
    {"armel", "linux/arm/v5"},
    {"ppc64el", "linux/ppc64le"},
    {"powerpc64le", "linux/ppc64le"},
    {"powerpc64", "linux/ppc64"},
    {"mipsel", "linux/mipsle"},
    {"mips64el", "linux/mips64le"},
    {"loongarch64", "linux/loong64"},
};

static const struct platform *row_of(const char *name)
{
    for (const struct platform *row = platforms; row->name != NULL; row++)
        if (strcasecmp(row->name, name) == 0)
            return row;
    return NULL;
}

static const char prefix[] = "linux/";

/* The name without the operating system. */
static const char *short_name(const char *name)
{
    return strncasecmp(name, prefix, sizeof prefix - 1) == 0 ? name + sizeof prefix - 1 : name;
}

int platform_cpu_level(const char *name)
{
    static const char level[] = "amd64/v";
    name = short_name(name);
    if (platform_by_name(name) == NULL || strncasecmp(name, level, sizeof level - 1) != 0)
        return 0;
    return name[sizeof level - 1] - '0';
}

const struct platform *platform_by_name(const char *name)
{
    const size_t length = sizeof prefix - 1;
    name = short_name(name);
    for (const struct platform *row = platforms; row->name != NULL; row++)
        if (strcasecmp(row->name + length, name) == 0)
            return row;
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcasecmp(aliases[i].alias, name) == 0)
            return row_of(aliases[i].name);
    return NULL;
}

/* arch/arm/kernel/elf.c, arch/arm64/include/asm/elf.h. A 32-bit kernel lets
 * the old ABI pass, but only one built with CONFIG_OABI_COMPAT has its system
 * calls: it is refused here on every host. */
static bool arm_accepts(const struct elf_facts *elf)
{
    return (elf->flags & EF_ARM_EABIMASK) != 0 && elf->ident[EI_OSABI] != OSABI_ARM_FDPIC &&
           (elf->entry & 3) != 2;
}

/* arch/mips/include/asm/elf.h: o32 and n64. */
static bool mips_accepts(const struct elf_facts *elf)
{
    if (elf->wide)
        return elf->ident[EI_CLASS] == ELFCLASS64;
    uint32_t abi = elf->flags & FLAG_MIPS_ABI;
    return elf->ident[EI_CLASS] == ELFCLASS32 && (elf->flags & EF_MIPS_ABI2) == 0 &&
           (abi == 0 || abi == FLAG_MIPS_O32);
}

static bool same_machine(uint16_t machine, uint16_t other)
{
    return machine == other || (machine == EM_386 && other == MACHINE_486) ||
           (machine == EM_S390 && other == MACHINE_S390_OLD);
}

bool platform_accepts(const struct platform *row, const struct elf_facts *elf)
{
    if (!same_machine(row->machine, elf->machine) || row->wide != elf->wide || row->big != elf->big)
        return false;
    switch (row->machine) {
    case EM_ARM:
        return arm_accepts(elf);
    case EM_MIPS:
        return mips_accepts(elf);
    case EM_RISCV: /* these two kernels do look at EI_CLASS */
    case EM_S390:
        return elf->ident[EI_CLASS] == ELFCLASS64;
    default:
        return true;
    }
}

const struct platform *platform_handler(const struct platform *host, const struct elf_facts *elf)
{
    if (platform_accepts(host, elf))
        return host;
    for (size_t i = 0; i < sizeof compat / sizeof *compat; i++) {
        if (strcmp(compat[i].host, host->name) != 0)
            continue;
        const struct platform *guest = row_of(compat[i].guest);
        if (guest != NULL && platform_accepts(guest, elf))
            return guest;
    }
    return NULL;
}

bool platform_runs(const struct platform *host, const struct elf_facts *elf)
{
    return platform_handler(host, elf) != NULL;
}

/* Old linkers mark neither shared objects nor position-independent programs,
 * Go's marks nothing: what says neither is taken for hard float unless its
 * interpreter is a soft-float loader. */
static bool arm_soft_float(const struct elf_facts *elf)
{
    if ((elf->flags & (EF_ARM_ABI_FLOAT_SOFT | EF_ARM_ABI_FLOAT_HARD)) != 0)
        return (elf->flags & EF_ARM_ABI_FLOAT_HARD) == 0;
    const struct platform *soft = row_of("linux/arm/v5");
    return elf->interp != NULL && (strcmp(elf->interp, soft->glibc_interp) == 0 ||
                                   strcmp(elf->interp, soft->musl_interp) == 0);
}

const struct platform *platform_of_elf(const struct elf_facts *elf)
{
    for (const struct platform *row = platforms; row->name != NULL; row++) {
        if (!platform_accepts(row, elf))
            continue;
        if (row->machine == EM_ARM && arm_soft_float(elf))
            return row_of("linux/arm/v5");
        return row;
    }
    return NULL;
}

/* What Docker has no name for. */
static const struct {
    uint16_t machine;
    bool wide, big;
    const char *name;
} other_machines[] = {
    {EM_X86_64, false, false, "x86-64 (x32 ABI)"},
    {MACHINE_486, false, false, "x86 (32-bit)"},
    {EM_AARCH64, true, true, "arm64 (big-endian)"},
    {EM_AARCH64, false, false, "arm64 (ILP32)"},
    {EM_ARM, false, true, "arm (big-endian)"},
    {EM_RISCV, false, false, "RISC-V (32-bit)"},
    {EM_PPC, false, true, "PowerPC (32-bit)"},
    {EM_PPC, false, false, "PowerPC (32-bit, little-endian)"},
    {EM_S390, false, true, "IBM S/390 (31-bit)"},
    {MACHINE_S390_OLD, true, true, "IBM Z"},
    {MACHINE_LOONGARCH, false, false, "LoongArch (32-bit)"},
    {EM_SPARC, false, true, "SPARC (32-bit)"},
    {EM_SPARC32PLUS, false, true, "SPARC (32-bit)"},
    {EM_SPARCV9, true, true, "SPARC (64-bit)"},
    {EM_IA_64, true, false, "Itanium"},
    {EM_PARISC, false, true, "PA-RISC"},
    {EM_68K, false, true, "Motorola 68000"},
    {EM_SH, false, false, "SuperH"},
    {EM_ALPHA, true, false, "Alpha"},
    {0x9026, true, false, "Alpha"}, /* EM_ALPHA of linux/elf-em.h */
    {EM_BPF, true, false, "eBPF"},
    {EM_CUDA, true, false, "CUDA"},
    {EM_AMDGPU, true, false, "AMD GPU"},
};

const char *platform_machine_name(uint16_t machine, bool wide, bool big)
{
    for (const struct platform *row = platforms; row->name != NULL; row++)
        if (row->machine == machine && row->wide == wide && row->big == big)
            return row->arch;
    const size_t count = sizeof other_machines / sizeof *other_machines;
    for (size_t i = 0; i < count; i++)
        if (other_machines[i].machine == machine && other_machines[i].wide == wide &&
            other_machines[i].big == big)
            return other_machines[i].name;
    for (size_t i = 0; i < count; i++)
        if (other_machines[i].machine == machine)
            return other_machines[i].name;
    return "an unknown machine";
}
