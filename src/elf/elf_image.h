/* One ELF file while its facts are read: bytes behind addresses, and libelf's
 * translation of class and byte order. Private to src/elf. */
#ifndef WILLRUN_ELF_ELF_IMAGE_H
#define WILLRUN_ELF_ELF_IMAGE_H

#include <endian.h>
#include <libelf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/span.h"
#include "elf/elf_facts.h"

enum { ELF_CHUNK = 512 }; /* entries that are translated at a time */

/* Tags of the dynamic section whose values are tables elsewhere. */
struct elf_tables {
    uint64_t strtab, symtab, hash, gnu_hash, versym, verneed, verdef;
    uint64_t verneed_count, verdef_count;
    uint64_t rel, rel_size, rel_relative; /* bytes; leading relative entries */
    uint64_t rela, rela_size, rela_relative;
    uint64_t plt, plt_size, plt_kind, plt_got;  /* DT_JMPREL, bytes, DT_REL or DT_RELA; DT_PLTGOT */
    uint64_t rel_entry, rela_entry, relr_entry; /* bytes of one */
    uint64_t init, init_array, init_array_size;
    uint64_t relr, relr_size;
    uint64_t mips_gotsym, mips_symtabno;
    uint64_t seen; /* which tags below 64 there are: bit by tag */
    bool has_strtab, has_symtab, has_mips_got;
};

struct elf_image {
    struct span file;
    bool stays; /* the bytes outlive the reading: what is looked up may be left in them */
    struct elf_facts *facts;
    struct elf_tables tables;
    struct span strings; /* from DT_STRTAB to the end of its segment */
    /* One byte for each of the file, set where it was read (elf_cut.c); NULL:
     * nobody asks. */
    unsigned char *seen;
};

/* Note that `size` bytes at `at`, inside the file, were read. Whatever in this
 * folder reads the file says so here, or a profile of the file would lack it. */
static inline void elf_note(const struct elf_image *image, const void *at, size_t size)
{
    if (image->seen != NULL)
        memset(image->seen + ((const unsigned char *)at - image->file.data), 1, size);
}

/* Remember what stopped the reading: only the first trouble counts. */
void elf_trouble(struct elf_image *image, enum elf_state state, uint64_t at, const char *expected);

/* The bytes of the file that are mapped at `address`, up to the end of the
 * segment's file part; false where no PT_LOAD has it. */
bool elf_at(const struct elf_image *image, uint64_t address, struct span *bytes);

/* Integers at an offset inside `bytes`, in the file's byte order; 0 outside. */
static inline uint16_t elf_u16(const struct elf_image *image, struct span bytes, uint64_t offset)
{
    struct span at;
    uint16_t value = 0;
    if (!span_at(bytes, offset, sizeof value, &at))
        return 0;
    elf_note(image, at.data, sizeof value);
    memcpy(&value, at.data, sizeof value);
    return image->facts->big ? be16toh(value) : le16toh(value);
}

static inline uint32_t elf_u32(const struct elf_image *image, struct span bytes, uint64_t offset)
{
    struct span at;
    uint32_t value = 0;
    if (!span_at(bytes, offset, sizeof value, &at))
        return 0;
    elf_note(image, at.data, sizeof value);
    memcpy(&value, at.data, sizeof value);
    return image->facts->big ? be32toh(value) : le32toh(value);
}

static inline uint64_t elf_u64(const struct elf_image *image, struct span bytes, uint64_t offset)
{
    struct span at;
    uint64_t value = 0;
    if (!span_at(bytes, offset, sizeof value, &at))
        return 0;
    elf_note(image, at.data, sizeof value);
    memcpy(&value, at.data, sizeof value);
    return image->facts->big ? be64toh(value) : le64toh(value);
}

/* Entries [first, first + count) of a table, widened to the 64-bit form;
 * count <= ELF_CHUNK. Returns how many the bytes hold. */
size_t elf_read_phdrs(const struct elf_image *image, struct span table, size_t first, size_t count,
                      Elf64_Phdr *out);
size_t elf_read_dyns(const struct elf_image *image, struct span table, size_t first, size_t count,
                     Elf64_Dyn *out);
size_t elf_read_syms(const struct elf_image *image, struct span table, size_t first, size_t count,
                     Elf64_Sym *out);
size_t elf_read_relocs(const struct elf_image *image, struct span table, bool rela, size_t first,
                       size_t count, Elf64_Rela *out);

/* The same as the last, without a copy where the file has them as memory does: then they may change
 * with the file while they are looked at. `*count` is how many there are at the pointer, and `room`
 * has that of ELF_CHUNK. */
const Elf64_Rela *elf_view_relocs(const struct elf_image *image, struct span table, bool rela,
                                  size_t first, size_t *count, Elf64_Rela *room);

/* Size of one entry in the file. */
size_t elf_sym_size(const struct elf_image *image);
size_t elf_reloc_size(const struct elf_image *image, bool rela);

/* A string of DT_STRTAB; NULL outside of it. */
const char *elf_string(const struct elf_image *image, uint64_t offset);

/* The versym of a symbol: 1 where `versyms`, the table's bytes, are none. */
uint16_t elf_versym(const struct elf_image *image, struct span versyms, size_t index);
uint32_t elf_short_size(const Elf64_Sym *symbol); /* UINT32_MAX: that much or more */

bool elf_is_internal(const Elf64_Sym *symbol); /* STV_HIDDEN or STV_INTERNAL */

/* elf_defs.c, a part of elf_read_symbols. */
void elf_read_defs(struct elf_image *image, struct span table, struct span versyms,
                   size_t version_count);

/* All passes. */
void elf_read_all(struct elf_image *image, bool symbols);

/* The passes, in this order. Each fills its part of the facts. */
bool elf_read_header(struct elf_image *image);
void elf_read_dynamic(struct elf_image *image);
void elf_check_demands(struct elf_image *image);
void elf_read_versions(struct elf_image *image);
void elf_read_symbols(struct elf_image *image);
void elf_read_relr(struct elf_image *image);
void elf_read_notes(struct elf_image *image);
void elf_read_release(struct elf_image *image);

#endif
