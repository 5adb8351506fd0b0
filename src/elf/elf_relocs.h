/* Every relocation of a file as it stands there, for loaders that tell of each
 * one: facts keep only what binds symbols by the file's own machine. */
#ifndef WILLRUN_ELF_ELF_RELOCS_H
#define WILLRUN_ELF_ELF_RELOCS_H

#include "base/arena.h"
#include "base/span.h"
#include "elf/elf_facts.h"

struct elf_raw_reloc {
    uint32_t type;
    uint64_t offset;  /* address that is written to */
    int64_t addend;   /* of DT_RELA; 0: it is in the memory that is written to */
    const char *name; /* of its symbol; NULL: symbol 0 */
    bool local;       /* STB_LOCAL: the object's own, without a lookup */
    bool weak;        /* STB_WEAK and undefined: may be left unbound */
};

/* The relocations of the ELF file in `file`: DT_JMPREL, DT_REL, DT_RELA, each in
 * its order. Owned by `arena`; returns how many. Tables outside of the file end
 * the list. */
size_t elf_raw_relocs(struct span file, struct arena *arena, const struct elf_raw_reloc **relocs);

#endif
