#include "check/file_kind.h"

#include <string.h>

#include "check/subject.h"

bool file_is_program(const struct elf_facts *elf, const struct node *node)
{
    if (elf->type == ET_EXEC || (elf->dt_flags_1 & DF_1_PIE))
        return true;
    if (elf->interp != NULL)
        return elf->soname == NULL || (node->mode & 0111) != 0;
    /* static-pie of linkers that do not set DF_1_PIE (old ones, Go's) */
    return elf->type == ET_DYN && elf->needed_count == 0 && elf->soname == NULL &&
           elf->entry != 0 && elf->ref_count == 0 && (node->mode & 0111) != 0;
}

/* Files of debug information keep the headers and none of the bytes; guile and
 * eBPF keep code for machines of their own in ELF files. */
static bool is_loadable(const struct elf_facts *elf)
{
    bool bytes = elf->phdrs == NULL;
    for (size_t i = 0; elf->phdrs != NULL && i < elf->phnum; i++)
        bytes |= elf->phdrs[i].p_type == PT_LOAD && elf->phdrs[i].p_filesz != 0;
    return bytes && !(elf->has_dynamic && elf->dynamic_size == 0) && elf->machine != EM_NONE &&
           elf->machine != EM_BPF;
}

bool subject_is_worth(const struct node *node, const struct file_facts *file)
{
    if (file->kind == FILE_SCRIPT)
        return (node->mode & 0111) != 0;
    if (file->kind != FILE_ELF)
        return false;
    const struct elf_facts *elf = file->elf;
    return elf->state != ELF_WHOLE ||
           ((elf->type == ET_EXEC || elf->type == ET_DYN) && is_loadable(elf));
}

bool subject_may_start(struct span head)
{
    static const struct {
        const char *text;
        size_t length;
    } starts[] = {{ELFMAG, SELFMAG}, {"#!", 2}, {"PK\3\4", 4}};
    bool may = false;
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++)
        may |= head.size >= starts[i].length &&
               memcmp(head.data, starts[i].text, starts[i].length) == 0;
    return may;
}

enum willrun_linkage file_linkage(const struct elf_facts *elf)
{
    if (elf->interp != NULL || elf->needed_count != 0 || elf->soname != NULL)
        return WILLRUN_DYNAMIC;
    return elf->type == ET_DYN ? WILLRUN_STATIC_PIE : WILLRUN_STATIC;
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

enum willrun_libc file_libc(const struct elf_facts *elf)
{
    static const struct {
        const char *part;
        enum willrun_libc libc;
    } interpreters[] = {{"ld-musl", WILLRUN_LIBC_MUSL},
                        {"uClibc", WILLRUN_LIBC_UCLIBC},
                        {"/system/bin/linker", WILLRUN_LIBC_BIONIC},
                        {"ld-linux", WILLRUN_LIBC_GLIBC},
                        {"ld64.so", WILLRUN_LIBC_GLIBC},
                        {"ld.so.1", WILLRUN_LIBC_GLIBC}},
      needs[] = {{"libc.so.6", WILLRUN_LIBC_GLIBC}, {"ld-linux", WILLRUN_LIBC_GLIBC},
                 {"libm.so.6", WILLRUN_LIBC_GLIBC}, {"libpthread.so.0", WILLRUN_LIBC_GLIBC},
                 {"libc.musl-", WILLRUN_LIBC_MUSL}, {"libc.so.0", WILLRUN_LIBC_UCLIBC},
                 {"libc.so", WILLRUN_LIBC_MUSL}};
    for (size_t i = 0; elf->interp != NULL && i < sizeof interpreters / sizeof *interpreters; i++)
        if (strstr(elf->interp, interpreters[i].part) != NULL)
            return interpreters[i].libc;
    for (size_t i = 0; i < sizeof needs / sizeof *needs; i++)
        for (size_t j = 0; j < elf->needed_count; j++)
            if (starts_with(elf->needed[j], needs[i].part))
                return needs[i].libc;
    return elf->interp != NULL ? WILLRUN_LIBC_UNKNOWN : WILLRUN_LIBC_NONE;
}
