#include "inspect/toolchain.h"

#include <string.h>

#include "inspect/dotnet.h"
#include "inspect/go.h"
#include "inspect/kept.h"

struct found {
    const struct elf_details *details;
    struct arena *arena;
    struct VEC(struct willrun_toolchain) list;
};

static struct willrun_toolchain *add(struct found *found, const char *name, const char *version,
                                     const char *evidence)
{
    for (size_t i = 0; i < found->list.count; i++) {
        struct willrun_toolchain *old = &found->list.at[i];
        bool same = strcmp(old->name, name) == 0;
        if (same && (version == NULL || old->version == NULL || strcmp(old->version, version) == 0))
            return old;
    }
    struct willrun_toolchain *toolchain = vec_push(&found->list);
    *toolchain = (struct willrun_toolchain){.name = name, .version = version, .evidence = evidence};
    return toolchain;
}

/* ---- .comment: what each compiler leaves with .ident ---- */

/* The first word of `text` that begins with a digit; NULL: none. */
static const char *version_in(const char *text, struct arena *arena)
{
    for (const char *at = text; *at != 0; at += strcspn(at, " "), at += strspn(at, " "))
        if (strchr("0123456789", *at) != NULL)
            return arena_copy(arena, at, strcspn(at, " )"));
    return NULL;
}

/* Words of compilers' .ident; the version stands behind them. */
static const struct {
    const char *name, *words;
    bool at_start; /* of the text; else anywhere */
} idents[] = {
    {"rust", "rustc version ", true},
    {"clang", "clang version ", false},
    {"ghc", "GHC ", true},
    {"ldc", "ldc version ", true},
    {"gdc", "GDC: ", true},
    {"zig", "zig ", true},
    {"lld", "Linker: LLD ", true},
    {"mold", "mold ", true},
};

static void read_ident(struct found *found, const char *text)
{
    if (strncmp(text, "GCC: ", 5) == 0) {
        const char *end = strchr(text, ')'); /* who built it stands in brackets */
        add(found, "gcc", version_in(end != NULL ? end + 1 : text + 5, found->arena), ".comment");
        return;
    }
    for (size_t i = 0; i < sizeof idents / sizeof *idents; i++) {
        const char *at = strstr(text, idents[i].words);
        if (at == NULL || (idents[i].at_start && at != text))
            continue;
        add(found, idents[i].name, version_in(at + strlen(idents[i].words), found->arena),
            ".comment");
        return;
    }
}

static void read_comment(struct found *found)
{
    enum { MOST = 1000 }; /* texts: each object file may leave one */
    const struct elf_section *section = elf_section_of(found->details, ".comment");
    uint64_t at = 0;
    for (unsigned i = 0; section != NULL && i < MOST; i++) {
        const char *text = span_text(section->bytes, at);
        if (text == NULL)
            return;
        read_ident(found, text);
        at += strlen(text) + 1;
    }
}

/* ---- languages by their marks ---- */

/* The paths of the standard library's sources, which panics tell: "/rustc/HASH/library/" of
 * rustc itself, "/usr/src/rustc-1.63.0/library/" of Debian's. */
static bool may_be_rust(const struct elf_details *details)
{
    for (size_t i = 0; i < details->import_count; i++) /* its standard library prints backtraces */
        if (strcmp(details->imports[i].name, "_Unwind_Backtrace") == 0)
            return true;
    return details->facts->needed_count == 0 && details->facts->soname == NULL;
}

static void find_rust(struct found *found)
{
    static const char hashed[] = "/rustc/", debian[] = "/usr/src/rustc-";
    for (size_t i = 0; i < found->list.count; i++)
        if (strcmp(found->list.at[i].name, "rust") == 0)
            return;
    if (!may_be_rust(found->details)) /* a look at every byte takes its time */
        return;
    struct span mark = {(const unsigned char *)debian, sizeof debian - 1};
    const unsigned char *at = elf_mapped_bytes(found->details, false, mark);
    struct span file = found->details->file;
    if (at != NULL) {
        const char *number = (const char *)at + sizeof debian - 1;
        size_t left = file.size - (size_t)((const unsigned char *)number - file.data), length = 0;
        while (length < left && length < 24 && memchr("0123456789.", number[length], 11) != NULL)
            length++;
        if (length != 0 && length < left && number[length] == '/')
            add(found, "rust", arena_copy(found->arena, number, length),
                "paths of its standard library");
        return;
    }
    mark = (struct span){(const unsigned char *)hashed, sizeof hashed - 1};
    at = elf_mapped_bytes(found->details, false, mark);
    enum { HASH = 40 }; /* hexadecimal digits of a commit */
    struct span path;
    if (at == NULL || !span_at(file, (uint64_t)(at - file.data) + mark.size, HASH + 1, &path))
        return;
    size_t digits = 0;
    while (digits < HASH && memchr("0123456789abcdef", path.data[digits], 16) != NULL)
        digits++;
    if (digits != HASH || path.data[HASH] != '/')
        return;
    struct willrun_toolchain *rust = add(found, "rust", NULL, "paths of its standard library");
    struct willrun_setting *setting = arena_alloc(found->arena, sizeof *setting);
    *setting =
        (struct willrun_setting){"commit", arena_copy(found->arena, (const char *)path.data, HASH)};
    rust->settings = setting;
    rust->setting_count = 1;
}

static void find_dotnet(struct found *found)
{
    struct dotnet_host host;
    if (!dotnet_host_of(found->details->file, found->details->facts, &host))
        return;
    struct willrun_toolchain *dotnet = add(found, "dotnet", NULL, "the mark of its host");
    struct willrun_setting *setting = arena_alloc(found->arena, sizeof *setting);
    *setting = (struct willrun_setting){"PublishSingleFile", host.bundle != 0 ? "true" : "false"};
    dotnet->settings = setting;
    dotnet->setting_count = 1;
}

/* Sections that no other toolchain makes. */
static void find_sections(struct found *found)
{
    static const struct {
        const char *section, *name, *evidence;
    } rows[] = {{".svm_heap", "graalvm-native-image", "the section .svm_heap"},
                {"__managedcode", "dotnet-native-aot", "the section __managedcode"},
                {".swift1_autolink_entries", "swift", "the section .swift1_autolink_entries"},
                {"swift5_protocols", "swift", "the section swift5_protocols"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (elf_section_of(found->details, rows[i].section) != NULL)
            add(found, rows[i].name, NULL, rows[i].evidence);
}

static void find_symbols(struct found *found)
{
    static const char *const symbols[] = {"NimMain", "caml_startup__code_begin"};
    static const char *const names[] = {"nim", "ocaml"};
    uint64_t bits = elf_named(found->details, symbols, sizeof symbols / sizeof *symbols);
    for (size_t i = 0; i < sizeof symbols / sizeof *symbols; i++)
        if ((bits >> i & 1) != 0)
            add(found, names[i], NULL, arena_format(found->arena, "the symbol %s", symbols[i]));
}

static void find_go(struct found *found)
{
    struct willrun_toolchain go;
    if (go_read(found->details, found->arena, &go))
        *vec_push(&found->list) = go;
}

void toolchains_read(const struct elf_details *details, struct arena *arena,
                     struct willrun_inspected *file)
{
    struct found found = {.details = details, .arena = arena};
    find_go(&found);
    bool go = found.list.count != 0;
    read_comment(&found);
    if (!go) {
        find_rust(&found);
        find_dotnet(&found);
        find_sections(&found);
    }
    if (!go && details->has_symtab && details->facts->soname == NULL)
        find_symbols(&found);
    file->toolchains = vec_kept(arena, &found.list, &file->toolchain_count);
}

const struct willrun_toolchain *toolchain_of(const struct willrun_inspected *file, const char *name)
{
    for (size_t i = 0; i < file->toolchain_count; i++)
        if (strcmp(file->toolchains[i].name, name) == 0)
            return &file->toolchains[i];
    return NULL;
}
