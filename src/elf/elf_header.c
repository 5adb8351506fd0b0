/* The header and the program headers. */
#include <string.h>

#include "elf/elf_image.h"

/* Offsets of the fields that tell the two layouts apart (gabi, chapter 4). */
enum { AT_MACHINE = 18, AT_PHENTSIZE_32 = 42, AT_PHENTSIZE_64 = 54 };

/* The kernel judges a header by e_machine and e_phentsize at the places of its
 * own layout and ignores EI_CLASS and EI_DATA (fs/binfmt_elf.c), so the layout
 * is taken from e_phentsize; where that tells nothing, from e_ident. */
static void find_layout(struct elf_image *image)
{
    struct elf_facts *facts = image->facts;
    facts->big = facts->ident[EI_DATA] == ELFDATA2MSB;
    facts->wide = facts->ident[EI_CLASS] == ELFCLASS64;
    for (int swap = 0; swap < 2; swap++, facts->big = !facts->big) {
        bool is_64 = elf_u16(image, image->file, AT_PHENTSIZE_64) == sizeof(Elf64_Phdr);
        bool is_32 = elf_u16(image, image->file, AT_PHENTSIZE_32) == sizeof(Elf32_Phdr);
        if (!is_64 && !is_32)
            continue;
        if (is_64 != is_32)
            facts->wide = is_64;
        return;
    }
}

static bool read_fields(struct elf_image *image)
{
    struct elf_facts *facts = image->facts;
    struct span file = image->file;
    bool wide = facts->wide;
    uint64_t word = wide ? 8 : 4;
    if (file.size < (wide ? sizeof(Elf64_Ehdr) : sizeof(Elf32_Ehdr)))
        return false;
    facts->type = elf_u16(image, file, EI_NIDENT);
    facts->machine = elf_u16(image, file, AT_MACHINE);
    facts->version = elf_u32(image, file, 20);
    facts->entry = wide ? elf_u64(image, file, 24) : elf_u32(image, file, 24);
    facts->phoff = wide ? elf_u64(image, file, 32) : elf_u32(image, file, 28);
    uint64_t at = 24 + 3 * word; /* e_flags and what follows have one width */
    facts->flags = elf_u32(image, file, at);
    facts->ehsize = elf_u16(image, file, at + 4);
    facts->phentsize = elf_u16(image, file, at + 6);
    facts->phnum = elf_u16(image, file, at + 8);
    return true;
}

static void note_segment(struct elf_image *image, const Elf64_Phdr *segment)
{
    struct elf_facts *facts = image->facts;
    struct span text;
    switch (segment->p_type) {
    case PT_INTERP:
        if (facts->interp_size != 0)
            return; /* the kernel takes the first */
        facts->interp_size = segment->p_filesz;
        if (span_at(image->file, segment->p_offset, segment->p_filesz, &text) && text.size != 0) {
            elf_note(image, text.data, text.size);
            facts->interp_ended = text.data[text.size - 1] == 0;
            facts->interp = arena_copy(&facts->arena, (const char *)text.data,
                                       strnlen((const char *)text.data, text.size));
        }
        return;
    case PT_DYNAMIC:
        facts->has_dynamic = true;
        facts->dynamic_size = segment->p_filesz;
        return;
    case PT_TLS:
        facts->has_tls = segment->p_memsz != 0;
        facts->tls_size = segment->p_memsz;
        facts->tls_align = segment->p_align;
        facts->tls_first = segment->p_align > 1 ? segment->p_vaddr % segment->p_align : 0;
        return;
    case PT_GNU_STACK:
        facts->has_stack = true;
        facts->stack_exec = (segment->p_flags & PF_X) != 0;
        return;
    case PT_LOAD:
        if (facts->load_align < segment->p_align)
            facts->load_align = segment->p_align;
        return;
    default:
        return;
    }
}

static bool read_segments(struct elf_image *image)
{
    struct elf_facts *facts = image->facts;
    size_t size = facts->wide ? sizeof(Elf64_Phdr) : sizeof(Elf32_Phdr);
    struct span table;
    if (facts->phnum == 0)
        return true;
    if (facts->phentsize != size) {
        elf_trouble(image, ELF_BAD_PHDRS, 0, "program headers of the machine's size");
        return false;
    }
    if (!span_at(image->file, facts->phoff, facts->phnum * size, &table)) {
        elf_trouble(image, ELF_BAD_PHDRS, facts->phoff, "program headers inside the file");
        return false;
    }
    Elf64_Phdr *phdrs = arena_array(&facts->arena, facts->phnum, sizeof *phdrs);
    for (size_t done = 0; done < facts->phnum;) {
        size_t count = facts->phnum - done < ELF_CHUNK ? facts->phnum - done : ELF_CHUNK;
        size_t got = elf_read_phdrs(image, table, done, count, phdrs + done);
        if (got == 0)
            break;
        done += got;
    }
    facts->phdrs = phdrs;
    for (size_t i = 0; i < facts->phnum; i++)
        note_segment(image, &phdrs[i]);
    return true;
}

bool elf_read_header(struct elf_image *image)
{
    struct elf_facts *facts = image->facts;
    size_t have = image->file.size < EI_NIDENT ? image->file.size : EI_NIDENT;
    elf_note(image, image->file.data, have);
    memcpy(facts->ident, image->file.data, have);
    find_layout(image);
    if (!read_fields(image)) {
        elf_trouble(image, ELF_SHORT_HEADER, image->file.size, "a whole ELF header");
        return false;
    }
    return read_segments(image);
}
