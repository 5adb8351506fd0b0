/* What kind of ELF file one is. */
#ifndef WILLRUN_CHECK_FILE_KIND_H
#define WILLRUN_CHECK_FILE_KIND_H

#include "elf/elf_facts.h"
#include "root/root.h"
#include "willrun/result.h"

/* A library may have an interpreter, too (libc.so.6, libcap): with execute permission it is a
 * program, without it what its soname says. */
bool file_is_program(const struct elf_facts *elf, const struct node *node);

enum willrun_linkage file_linkage(const struct elf_facts *elf);

/* The libc family that a file was built for, by its interpreter, then by what it needs. */
enum willrun_libc file_libc(const struct elf_facts *elf);

#endif
