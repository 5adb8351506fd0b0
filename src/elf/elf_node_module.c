#include "elf/elf_node_module.h"

#include <ctype.h>
#include <string.h>

#include "elf/elf_pointers.h"

/* struct node_module: int nm_version, unsigned nm_flags, then pointers: nm_dso_handle, nm_filename,
 * nm_register_func, nm_context_register_func, nm_modname. */
enum { FLAGS_AT = 4, DSO_AT = 8, FILENAME = 1, REGISTER = 2, CONTEXT_REGISTER = 3, MODNAME = 4 };
enum { LOWEST = 11, HIGHEST = 999, LOOKS = 64 };

/* Is the structure at `address` one? Its version, else 0. `looks`: how many more are looked at. */
static unsigned module_at(const struct elf_pointers *file, uint64_t address, unsigned *looks)
{
    struct span bytes;
    const struct elf_image *image = &file->image;
    uint64_t word = file->word, pointers = address + DSO_AT;
    if (!elf_at(image, address, &bytes) || bytes.size < DSO_AT + 5 * word)
        return 0;
    uint32_t version = elf_u32(image, bytes, 0), flags = elf_u32(image, bytes, FLAGS_AT);
    if (version < LOWEST || version > HIGHEST || flags > 0xf ||
        elf_word(file, bytes, DSO_AT) != 0 || *looks == 0)
        return 0;
    --*looks;
    bool registers = elf_reloc_at(file, pointers + REGISTER * word) != NULL ||
                     elf_reloc_at(file, pointers + CONTEXT_REGISTER * word) != NULL ||
                     elf_pointer_at(file, pointers + REGISTER * word) != 0 ||
                     elf_pointer_at(file, pointers + CONTEXT_REGISTER * word) != 0;
    return registers &&
                   elf_text_at(file, elf_pointer_at(file, pointers + FILENAME * word)) != NULL &&
                   elf_text_at(file, elf_pointer_at(file, pointers + MODNAME * word)) != NULL
               ? version
               : 0;
}

unsigned elf_node_module_version(struct span file)
{
    struct elf_pointers pointers;
    unsigned version = 0, looks = LOOKS;
    if (elf_pointers_open(&pointers, file))
        for (size_t i = 0; i < pointers.count && version == 0; i++)
            if (pointers.relocs[i].offset >= DSO_AT + pointers.word)
                version = module_at(&pointers, pointers.relocs[i].offset - DSO_AT - pointers.word,
                                    &looks);
    elf_pointers_close(&pointers);
    return version;
}

/* ---- the version of Node-API ---- */

/* A function that returns a small number and does nothing else, in code of one machine: in front of
 * the number and behind it what compilers write. */
static bool is_at(struct span *code, const char *bytes, size_t size)
{
    if (code->size < size || memcmp(code->data, bytes, size) != 0)
        return false;
    *code = (struct span){code->data + size, code->size - size};
    return true;
}

static int returned_by_x86(struct span code)
{
    if (!is_at(&code, "\xf3\x0f\x1e\xfa", 4)) /* endbr64, endbr32 */
        is_at(&code, "\xf3\x0f\x1e\xfb", 4);
    bool framed = is_at(&code, "\x55\x48\x89\xe5", 4) || is_at(&code, "\x55\x89\xe5", 3);
    int32_t number = NODE_API_UNTOLD;
    if (is_at(&code, "\xb8", 1) && code.size >= 4) /* mov $N, %eax */
        number = (int32_t)((uint32_t)(code.data[0] | code.data[1] << 8 | code.data[2] << 16) |
                           (uint32_t)code.data[3] << 24),
        code = (struct span){code.data + 4, code.size - 4};
    else if (is_at(&code, "\x6a", 1) && code.size >= 2 && code.data[1] == 0x58) /* push, pop */
        number = (int8_t)code.data[0], code = (struct span){code.data + 2, code.size - 2};
    if (framed && !is_at(&code, "\x5d", 1))
        return NODE_API_UNTOLD;
    return is_at(&code, "\xc3", 1) ? number : NODE_API_UNTOLD;
}

static int returned_by_arm64(struct span code)
{
    /* bti c, paciasp */
    if (!is_at(&code, "\x5f\x24\x03\xd5", 4))
        is_at(&code, "\x3f\x23\x03\xd5", 4);
    if (code.size < 8)
        return NODE_API_UNTOLD;
    uint32_t move = (uint32_t)(code.data[0] | code.data[1] << 8 | code.data[2] << 16) |
                    (uint32_t)code.data[3] << 24;
    struct span rest = {code.data + 4, code.size - 4};
    bool moves = (move & 0xffe0001f) == 0x52800000; /* mov w0, #N */
    return moves && is_at(&rest, "\xc0\x03\x5f\xd6", 4) ? (int)(move >> 5 & 0xffff)
                                                        : NODE_API_UNTOLD;
}

/* Thumb or not; frames are made in many ways, so that the way out is not looked at. */
static int returned_by_arm(struct span code)
{
    static const struct {
        const char *bytes;
        size_t size;
    } frames[] = {{"\x80\xb4", 2}, {"\x80\xb5", 2},         {"\x00\xaf", 2},
                  {"\x6f\x46", 2}, {"\x04\xb0\x2d\xe5", 4}, {"\x00\x48\x2d\xe9", 4}};
    for (size_t i = 0; i < sizeof frames / sizeof *frames; i++)
        is_at(&code, frames[i].bytes, frames[i].size);
    if (code.size < 4)
        return NODE_API_UNTOLD;
    const unsigned char *at = code.data;
    bool whole = at[1] == 0x00 && at[2] == 0xa0 && at[3] == 0xe3; /* mov r0, #N */
    bool moved = at[1] == 0x23 && at[2] == 0x18 && at[3] == 0x46; /* movs r3, #N; mov r0, r3 */
    return at[1] == 0x20 || whole || moved ? at[0] : NODE_API_UNTOLD;
}

/* Up to the return, with or without a frame: the last of what is loaded into a0. */
static int returned_by_riscv(struct span code)
{
    enum { RET = 0x8082, LONG_RET = 0x8067 };
    int number = NODE_API_UNTOLD;
    for (size_t at = 0; at + 4 <= code.size;) {
        const unsigned char *bytes = code.data + at;
        unsigned first = (unsigned)(bytes[0] | bytes[1] << 8);
        bool whole = (first & 3) == 3;
        if (first == RET || first == LONG_RET)
            return number;
        if ((first & 0xff83) == 0x4501) /* c.li a0, N; N below 32 */
            number = (int)(first >> 2 & 31);
        else if (whole && first == 0x0513 && bytes[3] == 0) /* addi a0, zero, N */
            number = bytes[2] >> 4;
        else if (whole)
            return NODE_API_UNTOLD;
        at += whole ? 4 : 2;
    }
    return NODE_API_UNTOLD;
}

/* Up to the return, too: the first two bits of an instruction tell its size. */
static int returned_by_s390x(struct span code)
{
    static const size_t sizes[] = {2, 4, 4, 6};
    int number = NODE_API_UNTOLD;
    for (size_t at = 0; at + 4 <= code.size; at += sizes[code.data[at] >> 6]) {
        const unsigned char *bytes = code.data + at;
        if (bytes[0] == 0x07 && bytes[1] == 0xfe) /* br %r14 */
            return number;
        if (bytes[0] == 0xa7 && (bytes[1] == 0x29 || bytes[1] == 0x28) && bytes[2] == 0)
            number = bytes[3]; /* lghi, lhi %r2, N */
    }
    return NODE_API_UNTOLD;
}

static int returned_by(uint16_t machine, struct span code)
{
    switch (machine) {
    case EM_X86_64:
    case EM_386:
        return returned_by_x86(code);
    case EM_AARCH64:
        return returned_by_arm64(code);
    case EM_ARM:
        return returned_by_arm(code);
    case EM_RISCV:
        return returned_by_riscv(code);
    case EM_S390:
        return returned_by_s390x(code);
    default:
        return NODE_API_UNTOLD;
    }
}

/* The code of the function `name`; false: the file defines none. */
static bool find_code(const struct elf_image *image, const char *name, struct span *code)
{
    enum { LONGEST_CODE = 32 };
    struct span symbols;
    const struct elf_tables *tables = &image->tables;
    if (!tables->has_symtab || !elf_at(image, tables->symtab, &symbols))
        return false;
    if (tables->strtab > tables->symtab && tables->strtab - tables->symtab < symbols.size)
        symbols.size = (size_t)(tables->strtab - tables->symtab);
    Elf64_Sym chunk[ELF_CHUNK];
    for (size_t first = 0, count;
         (count = elf_read_syms(image, symbols, first, ELF_CHUNK, chunk)) != 0; first += count)
        for (size_t i = 0; i < count; i++) {
            const char *text = elf_string(image, chunk[i].st_name);
            uint64_t thumb = image->facts->machine == EM_ARM;
            if (chunk[i].st_shndx == SHN_UNDEF || text == NULL || strcmp(text, name) != 0)
                continue;
            if (!elf_at(image, chunk[i].st_value & ~thumb, code))
                *code = (struct span){0};
            if (code->size > LONGEST_CODE)
                code->size = LONGEST_CODE;
            return true;
        }
    return false;
}

int elf_node_api_version(struct span file)
{
    struct elf_facts facts = {.file_size = file.size};
    struct elf_image image = {.file = file, .facts = &facts};
    struct span code;
    int version = NODE_API_NONE;
    if (elf_read_header(&image)) {
        elf_read_dynamic(&image);
        if (find_code(&image, "node_api_module_get_api_version_v1", &code))
            version = returned_by(facts.machine, code);
    }
    arena_free(&facts.arena);
    return version;
}

/* ---- Node.js itself ---- */

static unsigned abi_of(struct span file)
{
    static const char name[] = "node_register_module_v";
    enum { DIGITS = 4 };
    struct span rest = file, digits;
    const unsigned char *at;
    while ((at = memmem(rest.data, rest.size, name, sizeof name - 1)) != NULL) {
        size_t behind = (size_t)(at - rest.data) + sizeof name - 1;
        unsigned version = 0;
        for (size_t i = 0; i < DIGITS && span_at(rest, behind + i, 1, &digits); i++) {
            if (!isdigit(*digits.data))
                break;
            version = version * 10 + (unsigned)(*digits.data - '0');
        }
        if (version >= LOWEST && version <= HIGHEST)
            return version;
        rest = (struct span){rest.data + behind, rest.size - behind};
    }
    return 0;
}

struct elf_node elf_node_of(struct span file)
{
    static const char api[] = "node_api_module_get_api_version_v";
    unsigned abi = abi_of(file);
    return (struct elf_node){abi,
                             abi != 0 && memmem(file.data, file.size, api, sizeof api - 1) != NULL};
}
