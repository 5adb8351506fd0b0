#include "elf/elf_image.h"

#include <pthread.h>
#include <stdalign.h>
#include <string.h>

void elf_trouble(struct elf_image *image, enum elf_state state, uint64_t at, const char *expected)
{
    struct elf_facts *facts = image->facts;
    if (facts->state != ELF_WHOLE)
        return;
    facts->state = state;
    facts->trouble_at = at;
    facts->trouble = expected;
}

bool elf_at(const struct elf_image *image, uint64_t address, struct span *bytes)
{
    const struct elf_facts *facts = image->facts;
    for (size_t i = 0; facts->phdrs != NULL && i < facts->phnum; i++) {
        const Elf64_Phdr *segment = &facts->phdrs[i];
        if (segment->p_type != PT_LOAD || address < segment->p_vaddr ||
            address - segment->p_vaddr >= segment->p_filesz)
            continue;
        uint64_t skip = address - segment->p_vaddr, offset, size = segment->p_filesz - skip;
        if (__builtin_add_overflow(segment->p_offset, skip, &offset) || offset >= image->file.size)
            return false;
        if (size > image->file.size - offset)
            size = image->file.size - offset;
        return span_at(image->file, offset, size, bytes);
    }
    return false;
}

const Elf64_Phdr *elf_segment(const struct elf_facts *facts, uint64_t address, uint64_t size,
                              uint32_t flags)
{
    for (size_t i = 0; facts->phdrs != NULL && i < facts->phnum; i++) {
        const Elf64_Phdr *segment = &facts->phdrs[i];
        if (segment->p_type == PT_LOAD && (segment->p_flags & flags) == flags &&
            address - segment->p_vaddr < segment->p_memsz &&
            size <= segment->p_memsz - (address - segment->p_vaddr))
            return segment;
    }
    return NULL;
}

static void choose_version(void)
{
    elf_version(EV_CURRENT);
}

/* Is an entry in the file what it is in memory? Then libelf would copy it as it is. */
static bool is_native(const struct elf_image *image)
{
    return image->facts->wide && image->facts->big == (BYTE_ORDER == BIG_ENDIAN);
}

/* Entries of `size` bytes from `table`, by libelf, into `out`; how many fit. */
static size_t translate(const struct elf_image *image, struct span table, Elf_Type type,
                        size_t size, size_t first, size_t count, void *out)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    size_t held = table.size / size;
    if (first >= held || count == 0)
        return 0;
    if (count > held - first)
        count = held - first;
    elf_note(image, table.data + first * size, count * size);
    if (is_native(image)) {
        memcpy(out, table.data + first * size, count * size);
        return count;
    }
    pthread_once(&once, choose_version);
    Elf_Data from = {.d_buf = (void *)(uintptr_t)(table.data + first * size),
                     .d_type = type,
                     .d_size = count * size,
                     .d_version = EV_CURRENT};
    Elf_Data to = {.d_buf = out, .d_type = type, .d_size = count * size, .d_version = EV_CURRENT};
    unsigned order = image->facts->big ? ELFDATA2MSB : ELFDATA2LSB;
    Elf_Data *done =
        image->facts->wide ? elf64_xlatetom(&to, &from, order) : elf32_xlatetom(&to, &from, order);
    return done != NULL ? count : 0;
}

size_t elf_read_phdrs(const struct elf_image *image, struct span table, size_t first, size_t count,
                      Elf64_Phdr *out)
{
    if (image->facts->wide)
        return translate(image, table, ELF_T_PHDR, sizeof *out, first, count, out);
    Elf32_Phdr narrow[ELF_CHUNK];
    count = translate(image, table, ELF_T_PHDR, sizeof *narrow, first, count, narrow);
    for (size_t i = 0; i < count; i++)
        out[i] = (Elf64_Phdr){.p_type = narrow[i].p_type,
                              .p_flags = narrow[i].p_flags,
                              .p_offset = narrow[i].p_offset,
                              .p_vaddr = narrow[i].p_vaddr,
                              .p_paddr = narrow[i].p_paddr,
                              .p_filesz = narrow[i].p_filesz,
                              .p_memsz = narrow[i].p_memsz,
                              .p_align = narrow[i].p_align};
    return count;
}

size_t elf_read_dyns(const struct elf_image *image, struct span table, size_t first, size_t count,
                     Elf64_Dyn *out)
{
    if (image->facts->wide)
        return translate(image, table, ELF_T_DYN, sizeof *out, first, count, out);
    Elf32_Dyn narrow[ELF_CHUNK];
    count = translate(image, table, ELF_T_DYN, sizeof *narrow, first, count, narrow);
    for (size_t i = 0; i < count; i++) {
        out[i].d_tag = narrow[i].d_tag;
        out[i].d_un.d_val = narrow[i].d_un.d_val;
    }
    return count;
}

size_t elf_sym_size(const struct elf_image *image)
{
    return image->facts->wide ? sizeof(Elf64_Sym) : sizeof(Elf32_Sym);
}

size_t elf_read_syms(const struct elf_image *image, struct span table, size_t first, size_t count,
                     Elf64_Sym *out)
{
    if (image->facts->wide)
        return translate(image, table, ELF_T_SYM, sizeof *out, first, count, out);
    Elf32_Sym narrow[ELF_CHUNK];
    count = translate(image, table, ELF_T_SYM, sizeof *narrow, first, count, narrow);
    for (size_t i = 0; i < count; i++)
        out[i] = (Elf64_Sym){.st_name = narrow[i].st_name,
                             .st_info = narrow[i].st_info,
                             .st_other = narrow[i].st_other,
                             .st_shndx = narrow[i].st_shndx,
                             .st_value = narrow[i].st_value,
                             .st_size = narrow[i].st_size};
    return count;
}

size_t elf_reloc_size(const struct elf_image *image, bool rela)
{
    if (image->facts->wide)
        return rela ? sizeof(Elf64_Rela) : sizeof(Elf64_Rel);
    return rela ? sizeof(Elf32_Rela) : sizeof(Elf32_Rel);
}

/* r_info of the 32-bit form in the place of the 64-bit one. */
static uint64_t widen_info(uint32_t info)
{
    return ELF64_R_INFO((uint64_t)ELF32_R_SYM(info), ELF32_R_TYPE(info));
}

/* 64-bit MIPS keeps r_info as a 32-bit symbol and four bytes (MIPS ABI
 * supplement): on a little-endian file the halves come out swapped. */
static uint64_t mips_info(const struct elf_image *image, uint64_t info)
{
    if (image->facts->big)
        return info;
    uint64_t symbol = info & 0xffffffffU, type = (info >> 56) & 0xff;
    return ELF64_R_INFO(symbol, type);
}

static size_t read_narrow_relocs(const struct elf_image *image, struct span table, bool rela,
                                 size_t first, size_t count, Elf64_Rela *out)
{
    union {
        Elf32_Rela rela[ELF_CHUNK];
        Elf32_Rel rel[ELF_CHUNK];
    } narrow;
    count = translate(image, table, rela ? ELF_T_RELA : ELF_T_REL, elf_reloc_size(image, rela),
                      first, count, &narrow);
    for (size_t i = 0; i < count; i++) {
        out[i].r_offset = rela ? narrow.rela[i].r_offset : narrow.rel[i].r_offset;
        out[i].r_info = widen_info(rela ? narrow.rela[i].r_info : narrow.rel[i].r_info);
        out[i].r_addend = rela ? narrow.rela[i].r_addend : 0;
    }
    return count;
}

size_t elf_read_relocs(const struct elf_image *image, struct span table, bool rela, size_t first,
                       size_t count, Elf64_Rela *out)
{
    if (!image->facts->wide)
        return read_narrow_relocs(image, table, rela, first, count, out);
    if (rela) {
        count = translate(image, table, ELF_T_RELA, sizeof *out, first, count, out);
    } else {
        Elf64_Rel rel[ELF_CHUNK];
        count = translate(image, table, ELF_T_REL, sizeof *rel, first, count, rel);
        for (size_t i = 0; i < count; i++)
            out[i] = (Elf64_Rela){.r_offset = rel[i].r_offset, .r_info = rel[i].r_info};
    }
    if (image->facts->machine == EM_MIPS)
        for (size_t i = 0; i < count; i++)
            out[i].r_info = mips_info(image, out[i].r_info);
    return count;
}

const Elf64_Rela *elf_view_relocs(const struct elf_image *image, struct span table, bool rela,
                                  size_t first, size_t *count, Elf64_Rela *room)
{
    const unsigned char *at = table.data + first * sizeof(Elf64_Rela);
    bool as_it_is = is_native(image) && rela && image->facts->machine != EM_MIPS &&
                    (uintptr_t)table.data % alignof(Elf64_Rela) == 0;
    if (!as_it_is) {
        *count = elf_read_relocs(image, table, rela, first, *count, room);
        return room;
    }
    size_t held = table.size / sizeof(Elf64_Rela), left = first < held ? held - first : 0;
    if (*count > left)
        *count = left;
    elf_note(image, at, *count * sizeof(Elf64_Rela));
    return (const Elf64_Rela *)(const void *)at;
}

const char *elf_string(const struct elf_image *image, uint64_t offset)
{
    const char *text = span_text(image->strings, offset);
    if (image->seen != NULL && text != NULL)
        elf_note(image, text, strlen(text) + 1);
    return text;
}
