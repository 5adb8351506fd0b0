/* Notes of PT_NOTE segments: ABI tag, GNU properties, build id, package, dlopen. */
#include <string.h>

#include "elf/elf_image.h"

/* Note types of owner "FDO" (systemd's ELF package and dlopen metadata). */
enum { FDO_PACKAGE = 0xcafe1a7e, FDO_DLOPEN = 0x407c0c0a };

/* <elf.h> of older systems lacks it: GNU_PROPERTY_1_NEEDED, of which bit 0 is
 * GNU_PROPERTY_1_NEEDED_INDIRECT_EXTERN_ACCESS. */
static const uint32_t PROPERTY_1_NEEDED = 0xb0008000;

static char *hex(struct arena *arena, struct span bytes)
{
    static const char digits[] = "0123456789abcdef";
    char *text = arena_alloc(arena, 2 * bytes.size + 1);
    for (size_t i = 0; i < bytes.size; i++) {
        text[2 * i] = digits[bytes.data[i] >> 4];
        text[2 * i + 1] = digits[bytes.data[i] & 15];
    }
    return text;
}

static void read_properties(struct elf_image *image, struct span body)
{
    struct elf_facts *facts = image->facts;
    uint64_t align = facts->wide ? 8 : 4;
    bool is_x86 = facts->machine == EM_X86_64 || facts->machine == EM_386;
    for (uint64_t at = 0; at + 8 <= body.size;) {
        uint32_t type = elf_u32(image, body, at), size = elf_u32(image, body, at + 4);
        if (size > body.size - at - 8)
            return;
        if (type == PROPERTY_1_NEEDED && size >= 4)
            facts->indirect_access |= (elf_u32(image, body, at + 8) & 1) != 0;
        if (is_x86 && type == GNU_PROPERTY_X86_ISA_1_NEEDED && size >= 4)
            facts->isa_needed |= elf_u32(image, body, at + 8);
        if (is_x86 && type == GNU_PROPERTY_X86_ISA_1_USED && size >= 4)
            facts->isa_used |= elf_u32(image, body, at + 8);
        at += 8 + ((size + align - 1) & ~(align - 1));
    }
}

static void read_gnu_note(struct elf_image *image, uint32_t type, struct span body)
{
    struct elf_facts *facts = image->facts;
    if (type == NT_GNU_ABI_TAG && body.size >= 16 && facts->abi_os == UINT32_MAX) {
        facts->abi_os = elf_u32(image, body, 0);
        for (unsigned i = 0; i < 3; i++)
            facts->abi_kernel[i] = elf_u32(image, body, 4 + 4 * (uint64_t)i);
    } else if (type == NT_GNU_BUILD_ID && facts->build_id == NULL) {
        facts->build_id = hex(&facts->arena, body);
    } else if (type == NT_GNU_PROPERTY_TYPE_0) {
        read_properties(image, body);
    }
}

/* An object has a note for each library that it opens: JSON arrays, made one. */
static const char *joined(const char *array, const char *text, struct arena *arena)
{
    enum { MOST = 1 << 16 };
    size_t length = array != NULL ? strlen(array) : 0;
    if (length == 0 || length > MOST || array[length - 1] != ']' || text[0] != '[')
        return length != 0 ? array : text;
    return arena_format(arena, "%.*s,%s", (int)length - 1, array, text + 1);
}

static void read_fdo_note(struct elf_image *image, uint32_t type, struct span body)
{
    struct elf_facts *facts = image->facts;
    const char *text = arena_copy(&facts->arena, (const char *)body.data,
                                  strnlen((const char *)body.data, body.size));
    if (type == FDO_PACKAGE && facts->package_note == NULL)
        facts->package_note = text;
    else if (type == FDO_DLOPEN)
        facts->dlopen_note = joined(facts->dlopen_note, text, &facts->arena);
}

static uint64_t round_up(uint64_t value, uint64_t align)
{
    return (value + align - 1) & ~(align - 1);
}

static void read_segment(struct elf_image *image, const Elf64_Phdr *segment)
{
    struct span notes, name, body;
    uint64_t align = segment->p_align == 8 ? 8 : 4;
    if (!span_at(image->file, segment->p_offset, segment->p_filesz, &notes))
        return;
    elf_note(image, notes.data, notes.size);
    for (uint64_t at = 0; at + 12 <= notes.size;) {
        uint32_t name_size = elf_u32(image, notes, at), size = elf_u32(image, notes, at + 4);
        uint32_t type = elf_u32(image, notes, at + 8);
        uint64_t body_at = at + round_up(12 + (uint64_t)name_size, align);
        if (!span_at(notes, at + 12, name_size, &name) || !span_at(notes, body_at, size, &body))
            return;
        if (name_size == 4 && memcmp(name.data, "GNU", 4) == 0)
            read_gnu_note(image, type, body);
        else if (name_size == 4 && memcmp(name.data, "FDO", 4) == 0)
            read_fdo_note(image, type, body);
        at = round_up(body_at + size, align);
    }
}

void elf_read_notes(struct elf_image *image)
{
    const struct elf_facts *facts = image->facts;
    for (size_t i = 0; facts->phdrs != NULL && i < facts->phnum; i++)
        if (facts->phdrs[i].p_type == PT_NOTE)
            read_segment(image, &facts->phdrs[i]);
}
