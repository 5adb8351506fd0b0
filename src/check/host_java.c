#include "check/host_java.h"

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#ifndef EM_LOONGARCH
#define EM_LOONGARCH 258
#endif

/* HotSpot's names of machines; those of one `kind` run each other's code. */
static const struct machine {
    uint16_t code, kind;
    const char *name;
} machines[] = {{EM_386, EM_386, "IA 32"},
                {6, EM_386, "IA 32"}, /* EM_486 */
                {EM_IA_64, EM_IA_64, "IA 64"},
                {EM_X86_64, EM_X86_64, "AMD 64"},
                {EM_SPARC, EM_SPARC, "Sparc 32"},
                {EM_SPARC32PLUS, EM_SPARC, "Sparc 32"},
                {EM_SPARCV9, EM_SPARCV9, "Sparc v9 64"},
                {EM_PPC, EM_PPC, "Power PC 32"},
                {EM_PPC64, EM_PPC64, "Power PC 64"},
                {EM_SH, EM_SH, "SuperH"},
                {EM_ARM, EM_ARM, "ARM"},
                {EM_S390, EM_S390, "IBM System/390"},
                {0x9026, 0x9026, "Alpha"}, /* EM_ALPHA */
                {EM_MIPS_RS3_LE, EM_MIPS_RS3_LE, "MIPSel"},
                {EM_MIPS, EM_MIPS, "MIPS"},
                {EM_PARISC, EM_PARISC, "PARISC"},
                {EM_68K, EM_68K, "M68k"},
                {EM_AARCH64, EM_AARCH64, "AARCH64"},
                {EM_RISCV, EM_RISCV, "RISCV64"},
                {EM_LOONGARCH, EM_LOONGARCH, "LoongArch"}};

enum { RELEASE_LIMIT = 1 << 16, UNKNOWN_RELEASE = 1 << 10 };

/* The first number of JAVA_VERSION in the file `release` beside the program's folder; 8 of "1.8".
 */
static long release_of(const struct target *target, const struct host *host, struct arena *arena)
{
    static const char key[] = "JAVA_VERSION=\"";
    const char *program = node_path(host->exec.node, arena);
    const char *file =
        arena_format(arena, "%.*s/../release", (int)(strrchr(program, '/') - program), program);
    const char *text = facts_text_at(target->facts, file, RELEASE_LIMIT, arena);
    const char *version = text != NULL ? strstr(text, key) : NULL;
    if (version == NULL)
        return UNKNOWN_RELEASE;
    version += sizeof key - 1;
    return strtol(strncmp(version, "1.", 2) == 0 ? version + 2 : version, NULL, 10);
}

static const struct machine *machine_of(const struct elf_facts *elf)
{
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
        if (machines[i].code == elf->machine)
            return &machines[i];
    return NULL;
}

/* As a virtual machine of this byte order and release calls it. */
static const char *name_of(const struct machine *machine, bool big, long release)
{
    if (machine->code == EM_PPC64 && !big)
        return "Power PC 64 LE";
    return machine->code == EM_RISCV && release < 19 ? "RISC-V" : machine->name;
}

/* Of the releases before 17; `own`: the virtual machine. */
static const char *old_cause(const struct elf_facts *own, const struct elf_facts *elf,
                             const char *own_name, const char *name, struct arena *arena)
{
    if (own->big != elf->big)
        return " (Possible cause: endianness mismatch)";
    if (own->wide != elf->wide)
        return " (Possible cause: architecture word width mismatch)";
    if (name == NULL)
        return arena_format(arena,
                            " (Possible cause: can't load this .so (machine code=0x%x) on a %s-bit "
                            "platform)",
                            elf->machine, own_name);
    return arena_format(arena, " (Possible cause: can't load %s-bit .so on a %s-bit platform)",
                        name, own_name);
}

static const char *cause(const struct elf_facts *own, const struct elf_facts *elf, long release,
                         struct arena *arena)
{
    const struct machine *host = machine_of(own), *machine = machine_of(elf);
    if (host == NULL || (machine != NULL && machine->kind == host->kind && own->big == elf->big &&
                         own->wide == elf->wide))
        return "";
    const char *own_name = name_of(host, own->big, release);
    const char *name = machine != NULL ? name_of(machine, own->big, release) : NULL;
    if (release < 17)
        return old_cause(own, elf, own_name, name, arena);
    if (name == NULL)
        return arena_format(arena,
                            " (Possible cause: can't load this .so (machine code=0x%x) on a %s "
                            "platform)",
                            elf->machine, own_name);
    if (machine->kind != host->kind)
        return arena_format(arena, " (Possible cause: can't load %s .so on a %s platform)", name,
                            own_name);
    if (own->big != elf->big)
        return " (Possible cause: endianness mismatch)";
    return arena_format(arena,
                        " (Possible cause: architecture word width mismatch, can't load %d-bit .so "
                        "on a %d-bit platform)",
                        elf->wide ? 64 : 32, own->wide ? 64 : 32);
}

const char *host_java_cause(const struct target *target, const struct host *host, const char *path,
                            struct arena *arena)
{
    int error;
    const struct node *node =
        root_lookup(facts_root(target->facts), target->cwd, path, NULL, LOOKUP_FOLLOW, &error);
    const struct file_facts *file =
        node != NULL && node->type == NODE_FILE ? facts_of(target->facts, node) : NULL;
    if (file == NULL || file->kind != FILE_ELF || file->elf->state == ELF_SHORT_HEADER ||
        file->elf->state == ELF_BAD_HEADER)
        return "";
    return cause(host->exec.elf, file->elf, release_of(target, host, arena), arena);
}
