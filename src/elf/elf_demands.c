/* What ld.so takes for granted of an object: without it, mapping fails, an assertion of
 * elf/get-dynamic-info.h ends the process, or it crashes. */
#include "elf/elf_image.h"

enum { PAGE = 4096, ADDRESS_BITS = 47 }; /* of a process on the machines at hand */

static bool has(const struct elf_image *image, int64_t tag)
{
    return (image->tables.seen >> tag & 1) != 0;
}

static void demand(struct elf_image *image, bool met, uint64_t at, const char *expected)
{
    if (!met)
        elf_trouble(image, ELF_BAD_DYNAMIC, at, expected);
}

static uint64_t page_up(uint64_t value)
{
    return (value + PAGE - 1) / PAGE * PAGE;
}

/* Where the memory of the last segment ends: ld.so maps that much. */
static uint64_t memory_end(const struct elf_facts *facts)
{
    uint64_t end = 0;
    for (size_t i = 0; facts->phdrs != NULL && i < facts->phnum; i++)
        if (facts->phdrs[i].p_type == PT_LOAD)
            end = facts->phdrs[i].p_vaddr + facts->phdrs[i].p_memsz;
    return end;
}

static void check_load(struct elf_image *image, const Elf64_Phdr *segment, uint64_t last,
                       uint64_t memory)
{
    uint64_t end, file;
    bool fits = !__builtin_add_overflow(segment->p_vaddr, segment->p_memsz, &end) && end <= memory;
    demand(image, segment->p_vaddr >= last && fits, segment->p_vaddr,
           "segments in the order of their addresses");
    if (segment->p_filesz == 0)
        return;
    bool held = !__builtin_add_overflow(segment->p_offset, segment->p_filesz, &file) &&
                file <= page_up(image->file.size);
    demand(image, held, segment->p_offset, "a segment inside the file");
    demand(image, page_up(segment->p_vaddr + segment->p_filesz) <= page_up(memory),
           segment->p_offset, "a segment with memory for its bytes"); /* else over what is behind */
    demand(image, (segment->p_flags & (PF_R | PF_W | PF_X)) != 0, segment->p_offset,
           "a segment that may be read");
}

/* Segments are mapped in the order of the headers, into one span of addresses. */
static void check_segments(struct elf_image *image)
{
    enum { LARGEST_PAGE = 0xffff }; /* linkers fill RELRO's last one up */
    const struct elf_facts *facts = image->facts;
    uint64_t last = 0, memory = memory_end(facts);
    demand(image, memory <= (facts->wide ? (uint64_t)1 << ADDRESS_BITS : UINT32_MAX), 0,
           "segments that a process has room for");
    for (size_t i = 0; facts->phdrs != NULL && i < facts->phnum; i++) {
        const Elf64_Phdr *segment = &facts->phdrs[i];
        if (segment->p_type == PT_LOAD) {
            check_load(image, segment, last, memory);
            last = segment->p_vaddr;
        }
        /* ld.so protects the one, and reads the other on x86 (_dl_process_pt_note) */
        bool x86 = facts->machine == EM_X86_64 || facts->machine == EM_386;
        if ((segment->p_type == PT_GNU_RELRO || (segment->p_type == PT_NOTE && x86)) &&
            segment->p_memsz != 0)
            demand(image,
                   elf_segment(image->facts, segment->p_vaddr, 1, 0) != NULL &&
                       segment->p_memsz <= (memory | LARGEST_PAGE) - segment->p_vaddr,
                   segment->p_offset, "RELRO and notes in a segment");
    }
}

static void check_tls(struct elf_image *image)
{
    const struct elf_facts *facts = image->facts;
    for (size_t i = 0; facts->phdrs != NULL && i < facts->phnum; i++) {
        const Elf64_Phdr *segment = &facts->phdrs[i];
        if (segment->p_type != PT_TLS || segment->p_memsz == 0)
            continue;
        demand(image, segment->p_filesz <= segment->p_memsz && segment->p_memsz <= UINT32_MAX,
               segment->p_offset, "thread-local data that fits into its memory");
        demand(image, (segment->p_align & (segment->p_align - 1)) == 0, segment->p_offset,
               "thread-local data with an alignment of a power of two");
    }
}

/* A table is gone through as long as its end is not reached. */
static bool is_whole(const struct elf_image *image, uint64_t size, bool rela)
{
    return size % elf_reloc_size(image, rela) == 0;
}

/* Each table with its size, and with entries of the size that the machine has. */
static void check_relocs(struct elf_image *image)
{
    const struct elf_tables *tables = &image->tables;
    if (has(image, DT_RELA))
        demand(image,
               has(image, DT_RELASZ) && is_whole(image, tables->rela_size, true) &&
                   tables->rela_entry == elf_reloc_size(image, true),
               tables->rela, "DT_RELASZ and DT_RELAENT of the machine's size");
    if (has(image, DT_REL))
        demand(image,
               has(image, DT_RELSZ) && is_whole(image, tables->rel_size, false) &&
                   tables->rel_entry == elf_reloc_size(image, false),
               tables->rel, "DT_RELSZ and DT_RELENT of the machine's size");
    if (has(image, DT_RELR))
        demand(image, has(image, DT_RELRSZ) && tables->relr_entry == (image->facts->wide ? 8U : 4U),
               0, "DT_RELRSZ and DT_RELRENT of the machine's size");
    if (has(image, DT_PLTREL))
        demand(image,
               has(image, DT_JMPREL) && has(image, DT_PLTRELSZ) &&
                   is_whole(image, tables->plt_size, tables->plt_kind == DT_RELA) &&
                   (tables->plt_kind == DT_REL || tables->plt_kind == DT_RELA),
               tables->plt, "DT_JMPREL with DT_PLTRELSZ and DT_PLTREL");
}

/* What binds calls as they are made has its own words in the first entries of that table. */
static void note_got(struct elf_image *image)
{
    uint64_t size = 3 * (image->facts->wide ? 8U : 4U);
    image->facts->lacks_got =
        has(image, DT_JMPREL) &&
        (!has(image, DT_PLTGOT) ||
         elf_segment(image->facts, image->tables.plt_got, size, PF_W) == NULL);
}

static void check_tables(struct elf_image *image)
{
    const struct elf_facts *facts = image->facts;
    const struct elf_tables *tables = &image->tables;
    if (facts->has_hash || facts->has_gnu_hash)
        demand(image, tables->has_symtab && tables->has_strtab, 0,
               "DT_SYMTAB and DT_STRTAB beside the hash table");
    if (tables->verneed != 0 || facts->has_verdef)
        demand(image, facts->has_versym, 0, "DT_VERSYM beside the versions");
}

/* Where code is called through its own address, not through a descriptor. */
static bool calls_plainly(uint16_t machine)
{
    static const uint16_t machines[] = {EM_X86_64, EM_386, EM_AARCH64, EM_ARM, EM_RISCV, EM_S390};
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++)
        if (machines[i] == machine)
            return true;
    return false;
}

static void check_init(struct elf_image *image)
{
    const struct elf_tables *tables = &image->tables;
    if (has(image, DT_INIT) && calls_plainly(image->facts->machine))
        demand(image, elf_segment(image->facts, tables->init, 1, PF_X) != NULL, tables->init,
               "DT_INIT in code");
    if (has(image, DT_INIT_ARRAY))
        demand(image,
               has(image, DT_INIT_ARRAYSZ) && (tables->init_array_size == 0 ||
                                               elf_segment(image->facts, tables->init_array,
                                                           tables->init_array_size, 0) != NULL),
               tables->init_array, "DT_INIT_ARRAY, with its size, in a segment");
}

void elf_check_demands(struct elf_image *image)
{
    check_segments(image);
    check_tls(image);
    if (image->tables.seen == 0)
        return;
    check_relocs(image);
    note_got(image);
    check_tables(image);
    check_init(image);
}
