/* What kinds of relocation a machine has. */
#ifndef WILLRUN_ELF_RELOC_H
#define WILLRUN_ELF_RELOC_H

#include <stdbool.h>
#include <stdint.h>

enum reloc_class {
    RELOC_UNKNOWN,   /* no dynamic relocation of this machine */
    RELOC_NONE,      /* nothing to do */
    RELOC_LOCAL,     /* no symbol: RELATIVE, IRELATIVE */
    RELOC_SYMBOL,    /* a symbol's address, size or distance, at start */
    RELOC_JUMP_SLOT, /* a call through the PLT */
    RELOC_COPY,
    RELOC_TLS,       /* module id or offset in a module, descriptor */
    RELOC_TLS_STATIC /* offset from the thread pointer (initial-exec) */
};

/* The class of relocation `type` on `machine` (EM_). Source: the dynamic
 * relocations that glibc's sysdeps/<machine>/dl-machine.h handles. */
enum reloc_class reloc_class(uint16_t machine, uint32_t type);

/* Is it the address of a symbol for the global offset table: R_*_GLOB_DAT? */
bool reloc_is_got(uint16_t machine, uint32_t type);

/* Does the loader call the address that the relocation's addend (of RELA) gives:
 * IRELATIVE? False where the addend is in the memory that it writes to. */
bool reloc_is_call(uint16_t machine, uint32_t type);

/* May it stand in DT_JMPREL of an object that is bound at its first calls? Elsewhere ld.so looks at
 * every type alike. Source: elf_machine_lazy_rel of glibc's sysdeps/<machine>/dl-machine.h; true for
 * machines that are not known to refuse any. */
bool reloc_waits(uint16_t machine, uint32_t type);

/* <elf.h> of older systems lacks it (RISC-V psABI). */
enum { RISCV_TLSDESC = 12 };

/* Does musl's loader know it in every release? Source: REL_* of musl's
 * arch/<machine>/reloc.h. Since 1.2.5 it knows RISCV_TLSDESC, too. */
bool reloc_in_musl(uint16_t machine, uint32_t type, bool wide);

#endif
