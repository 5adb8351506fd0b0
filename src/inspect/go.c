/* Go's build info, as src/debug/buildinfo/buildinfo.go and src/runtime/debug/mod.go of Go have it:
 * a header of 32 bytes at a multiple of 16 in the data, then two texts. */
#include "inspect/go.h"

#include <endian.h>
#include <string.h>

#include "inspect/kept.h"

enum {
    HEADER = 32,
    ALIGN = 16,
    SEARCHED = 64 << 10, /* bytes of a segment in which Go itself looks */
    WORD_SIZE_AT = 14,   /* bytes of a pointer */
    FLAGS_AT = 15,
    FLAG_BIG = 1,    /* pointers in big-endian order */
    FLAG_INLINE = 2, /* Go 1.18: the texts follow, each behind its length */
    SENTINEL = 16,   /* bytes around the second text */
};

static const char magic[] = "\xff Go buildinf:";

/* ---- where it is ---- */

static bool find_in(struct span part, struct span *found)
{
    size_t most = part.size < SEARCHED ? part.size : SEARCHED;
    for (size_t at = 0; at + HEADER <= most; at += ALIGN)
        if (memcmp(part.data + at, magic, sizeof magic - 1) == 0)
            return span_at(part, at, part.size - at, found);
    return false;
}

static bool find_info(const struct elf_details *details, struct span *found)
{
    const struct elf_section *section = elf_section_of(details, ".go.buildinfo");
    const struct elf_facts *facts = details->facts;
    struct span part;
    if (section != NULL)
        return find_in(section->bytes, found);
    if (details->section_count != 0) /* its linker never leaves the section out */
        return false;
    for (size_t i = 0; facts->phdrs != NULL && i < facts->phnum; i++)
        if (facts->phdrs[i].p_type == PT_LOAD && (facts->phdrs[i].p_flags & PF_W) != 0)
            return span_at(details->file, facts->phdrs[i].p_offset, facts->phdrs[i].p_filesz,
                           &part) &&
                   find_in(part, found);
    return false;
}

/* ---- its two texts ---- */

/* A text behind its length, a varint (encoding/binary); what follows stays in `info`. */
static bool take_text(struct span *info, struct span *text)
{
    uint64_t length = 0;
    size_t at = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
        if (at == info->size)
            return false;
        unsigned char byte = info->data[at++];
        length |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            break;
    }
    if (!span_at(*info, at, length, text))
        return false;
    return span_at(*info, at + length, info->size - at - (size_t)length, info);
}

static bool bytes_at(const struct elf_details *details, uint64_t address, uint64_t size,
                     struct span *bytes)
{
    const struct elf_facts *facts = details->facts;
    for (size_t i = 0; facts->phdrs != NULL && i < facts->phnum; i++) {
        const Elf64_Phdr *segment = &facts->phdrs[i];
        uint64_t skip = address - segment->p_vaddr, offset;
        if (segment->p_type == PT_LOAD && address >= segment->p_vaddr && skip < segment->p_filesz &&
            size <= segment->p_filesz - skip &&
            !__builtin_add_overflow(segment->p_offset, skip, &offset))
            return span_at(details->file, offset, size, bytes);
    }
    return false;
}

static uint64_t word(const unsigned char *at, unsigned size, bool big)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value |= (uint64_t)at[big ? size - 1 - i : i] << (8 * i);
    return value;
}

/* Before Go 1.18 the header has pointers to strings: an address and a length. */
static bool follow(const struct elf_details *details, struct span info, unsigned which,
                   struct span *text)
{
    unsigned size = info.data[WORD_SIZE_AT];
    bool big = (info.data[FLAGS_AT] & FLAG_BIG) != 0;
    struct span string;
    if (size != 4 && size != 8)
        return false;
    uint64_t at = word(info.data + 16 + (size_t)which * size, size, big);
    return bytes_at(details, at, 2 * (uint64_t)size, &string) &&
           bytes_at(details, word(string.data, size, big), word(string.data + size, size, big),
                    text);
}

static bool find_texts(const struct elf_details *details, struct span *version, struct span *build)
{
    struct span info;
    *build = (struct span){0};
    if (!find_info(details, &info))
        return false;
    if ((info.data[FLAGS_AT] & FLAG_INLINE) != 0) {
        struct span rest = {info.data + HEADER, info.size - HEADER};
        return take_text(&rest, version) && (take_text(&rest, build) || true);
    }
    return follow(details, info, 0, version) && (follow(details, info, 1, build) || true);
}

/* ---- the second text's lines ---- */

/* The text up to `end`, and `*at` behind it. */
static char *take_field(const char **at, char end, struct arena *arena)
{
    const char *stop = *at;
    while (*stop != 0 && *stop != end && *stop != '\n')
        stop++;
    char *field = arena_copy(arena, *at, (size_t)(stop - *at));
    *at = *stop == end ? stop + 1 : stop;
    return field;
}

static const char *or_nothing(const char *text)
{
    return *text != 0 ? text : NULL;
}

struct lines {
    struct arena *arena;
    struct VEC(struct willrun_setting) settings;
    struct VEC(struct willrun_module) modules;
};

static bool starts_with(const char **at, const char *word_)
{
    size_t length = strlen(word_);
    if (strncmp(*at, word_, length) != 0)
        return false;
    *at += length;
    return true;
}

static void add_setting(struct lines *lines, const char *name, const char *value)
{
    *vec_push(&lines->settings) = (struct willrun_setting){name, value};
}

/* "build\tCGO_ENABLED=1"; keys and values with odd characters are quoted, which is kept. */
static void add_build(struct lines *lines, const char *line)
{
    const char *name = take_field(&line, '=', lines->arena);
    add_setting(lines, name, take_field(&line, '\n', lines->arena));
}

static void add_module(struct lines *lines, const char *line)
{
    struct willrun_module *module = vec_push(&lines->modules);
    *module = (struct willrun_module){0};
    module->path = take_field(&line, '\t', lines->arena);
    module->version = or_nothing(take_field(&line, '\t', lines->arena));
    module->sum = or_nothing(take_field(&line, '\t', lines->arena));
}

static void add_replacement(struct lines *lines, const char *line)
{
    if (lines->modules.count == 0)
        return;
    const char *path = take_field(&line, '\t', lines->arena);
    const char *version = take_field(&line, '\t', lines->arena);
    lines->modules.at[lines->modules.count - 1].replaced_by =
        *version != 0 ? arena_format(lines->arena, "%s %s", path, version) : path;
}

static void read_line(struct lines *lines, const char *line)
{
    if (starts_with(&line, "path\t"))
        add_setting(lines, "path", take_field(&line, '\n', lines->arena));
    else if (starts_with(&line, "mod\t") || starts_with(&line, "dep\t"))
        add_module(lines, line);
    else if (starts_with(&line, "=>\t"))
        add_replacement(lines, line);
    else if (starts_with(&line, "build\t"))
        add_build(lines, line);
}

static void read_build(struct span build, struct arena *arena, struct willrun_toolchain *toolchain)
{
    /* between sentinels, which say that it is one (runtime/debug, modinfo) */
    if (build.size < 2 * SENTINEL + 1 || build.data[build.size - SENTINEL - 1] != '\n')
        return;
    const char *text =
        arena_copy(arena, (const char *)build.data + SENTINEL, build.size - (size_t)2 * SENTINEL);
    struct lines lines = {.arena = arena};
    for (const char *at = text; at != NULL && *at != 0;) {
        read_line(&lines, at);
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    toolchain->settings = vec_kept(arena, &lines.settings, &toolchain->setting_count);
    toolchain->modules = vec_kept(arena, &lines.modules, &toolchain->module_count);
}

bool go_read(const struct elf_details *details, struct arena *arena,
             struct willrun_toolchain *toolchain)
{
    struct span version, build;
    if (!find_texts(details, &version, &build) || version.size == 0)
        return false;
    *toolchain = (struct willrun_toolchain){.name = "go", .evidence = "Go build info"};
    toolchain->version = arena_copy(arena, (const char *)version.data, version.size);
    read_build(build, arena, toolchain);
    return true;
}

bool go_has_function(const struct elf_details *details, const char *name)
{
    static const char *const sections[] = {".gopclntab", ".data.rel.ro.gopclntab"};
    struct span bytes = details->section_count == 0 ? details->file : (struct span){0};
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
        const struct elf_section *section = elf_section_of(details, sections[i]);
        if (section != NULL)
            bytes = section->bytes;
    }
    /* one string behind the other */
    size_t size = strlen(name) + 1;
    for (struct span left = bytes; left.size != 0;) {
        const unsigned char *at = memmem(left.data, left.size, name, size);
        if (at == NULL)
            return false;
        if (at != bytes.data && at[-1] == 0)
            return true;
        left = (struct span){at + 1, left.size - (size_t)(at + 1 - left.data)};
    }
    return false;
}

const char *go_setting(const struct willrun_toolchain *toolchain, const char *name)
{
    for (size_t i = 0; i < toolchain->setting_count; i++)
        if (strcmp(toolchain->settings[i].name, name) == 0)
            return toolchain->settings[i].value;
    return NULL;
}
