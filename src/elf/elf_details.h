/* What a person wants to know of an ELF file and no loader asks: section headers, what it
 * imports, notes of its makers. Read only for `inspect`; a check never comes here. */
#ifndef WILLRUN_ELF_ELF_DETAILS_H
#define WILLRUN_ELF_ELF_DETAILS_H

#include "elf/elf_facts.h"

/* A symbol of the dynamic symbol table that the file does not define. */
struct elf_import {
    const char *name;
    const char *version; /* NULL: none */
    const char *file;    /* of the version need; NULL: no version */
    bool weak;           /* STB_WEAK */
};

struct elf_section {
    const char *name; /* "": none */
    uint32_t type;    /* SHT_ */
    uint32_t link;
    uint64_t flags, address, entry; /* entry: bytes of one, where it is a table */
    struct span bytes;              /* in the file; empty where it has none */
};

struct elf_details {
    struct span file;              /* borrowed */
    const struct elf_facts *facts; /* made without symbols, but with versions; no loader's replay
                                      can use them */
    const struct elf_import *imports;
    size_t import_count;
    const struct elf_section *sections; /* none where the headers were cut off */
    size_t section_count;
    bool has_symtab; /* .symtab with entries: it is not stripped */
    bool has_dwarf;  /* .debug_info, .zdebug_info */
};

/* Read `file`, which starts with the ELF magic and stays as long as what is made of it: names are
 * its own bytes. */
void elf_details_read(struct arena *arena, struct span file, struct elf_details *details);

/* The section called `name`; NULL: none. */
const struct elf_section *elf_section_of(const struct elf_details *details, const char *name);

/* Does .symtab or the dynamic symbol table define or name any of these? One bit each, by place;
 * at most 64 names. */
uint64_t elf_named(const struct elf_details *details, const char *const *names, size_t count);

/* Where `bytes` stand in what the file maps, writable parts or those that are not; NULL: nowhere.
 */
const unsigned char *elf_mapped_bytes(const struct elf_details *details, bool writable,
                                      struct span bytes);

/* Does the text stand in the read-only parts, whole, with a NUL at its end? */
bool elf_has_text(const struct elf_details *details, const char *text);

#endif
