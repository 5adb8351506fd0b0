#include "inspect/floors.h"

#include <string.h>

#include "inspect/go.h"
#include "inspect/kept.h"
#include "inspect/toolchain.h"
#include "verdict/advice.h"

/* Version names whose number is a level. */
static const struct {
    const char *prefix;
    enum willrun_floor_of of;
} families[] = {
    {"GLIBC_", WILLRUN_FLOOR_GLIBC},     {"GLIBCXX_", WILLRUN_FLOOR_LIBSTDCXX},
    {"CXXABI_", WILLRUN_FLOOR_CXXABI},   {"GCC_", WILLRUN_FLOOR_LIBGCC},
    {"OPENSSL_", WILLRUN_FLOOR_OPENSSL},
};

/* Versions without a number, by which glibc says that it can do something (elf/Versions,
 * sysdeps/i386/Versions, sysdeps/x86/Versions, sysdeps/x86_64/Versions). */
static const struct {
    const char *version, *level;
} abilities[] = {
    {"GLIBC_ABI_DT_RELR", "2.36"},
    {"GLIBC_ABI_GNU_TLS", "2.43"},
    {"GLIBC_ABI_GNU2_TLS", "2.43"},
    {"GLIBC_ABI_DT_X86_64_PLT", "2.43"},
};

/* Symbols by the first release of musl that has them. */
static const struct {
    const char *name, *level;
} musl_symbols[] = {
#define MUSL_SYMBOL(name, level) {name, level},
#include "musl-symbols.def"
#undef MUSL_SYMBOL
};

struct floors {
    const struct elf_details *details;
    struct arena *arena;
    struct VEC(struct willrun_floor_cause) causes[WILLRUN_FLOORS]; /* of the level below */
    const char *levels[WILLRUN_FLOORS];
};

static bool is_number(char c)
{
    return c >= '0' && c <= '9';
}

/* Another cause at `level`: it is kept where there is no higher one. */
static void add_cause(struct floors *floors, enum willrun_floor_of of, const char *level,
                      const struct willrun_floor_cause *cause)
{
    int order = floors->levels[of] != NULL ? version_compare(level, floors->levels[of]) : 1;
    if (order < 0)
        return;
    if (order > 0) {
        floors->levels[of] = level;
        floors->causes[of].count = 0;
    }
    *vec_push(&floors->causes[of]) = *cause;
}

/* ---- symbol versions ---- */

/* "1.1.0" of OPENSSL_1_1_0 */
static const char *level_in(const char *version, size_t prefix, struct arena *arena)
{
    char *level = arena_string(arena, version + prefix);
    for (char *at = level; *at != 0; at++)
        if (*at == '_')
            *at = '.';
    return level;
}

static void add_version(struct floors *floors, const char *library, const char *version)
{
    struct willrun_floor_cause cause = {.version = version, .library = library};
    for (size_t i = 0; i < sizeof families / sizeof *families; i++) {
        size_t length = strlen(families[i].prefix);
        if (strncmp(version, families[i].prefix, length) == 0 && is_number(version[length]))
            add_cause(floors, families[i].of, level_in(version, length, floors->arena), &cause);
    }
    for (size_t i = 0; i < sizeof abilities / sizeof *abilities; i++)
        if (strcmp(version, abilities[i].version) == 0)
            add_cause(floors, WILLRUN_FLOOR_GLIBC, abilities[i].level, &cause);
}

static void add_versions(struct floors *floors, struct willrun_inspected *file)
{
    const struct elf_facts *facts = floors->details->facts;
    for (size_t i = 0; i < facts->need_count; i++)
        for (size_t j = 0; j < facts->needs[i].count; j++) {
            const struct elf_need_version *need = &facts->needs[i].versions[j];
            file->private_glibc |= strcmp(need->name, "GLIBC_PRIVATE") == 0 && !need->weak;
            if (!need->weak) /* ld.so goes on without a weak one (elf/dl-version.c) */
                add_version(floors, facts->needs[i].file, need->name);
        }
}

/* The imports that have the version of `cause`. */
static void add_symbols(const struct floors *floors, struct willrun_floor_cause *cause)
{
    struct VEC(const char *) symbols = {0};
    for (size_t i = 0; i < floors->details->import_count; i++) {
        const struct elf_import *import = &floors->details->imports[i];
        if (import->version != NULL && strcmp(import->version, cause->version) == 0 &&
            strcmp(import->file, cause->library) == 0)
            *vec_push(&symbols) = import->name;
    }
    cause->symbols = vec_kept(floors->arena, &symbols, &cause->symbol_count);
}

/* ---- musl ---- */

/* The functions of 32-bit machines with 64 bits of time came with musl 1.2.0:
 * "__clock_gettime64", "__stat_time64" (its release notes). */
static bool is_time64(const char *name)
{
    size_t length = strlen(name);
    return strncmp(name, "__", 2) == 0 && length > 2 && strcmp(name + length - 2, "64") == 0 &&
           strstr(name, "time") != NULL;
}

static const char *musl_level(const struct elf_facts *facts, const char *name)
{
    for (size_t i = 0; i < sizeof musl_symbols / sizeof *musl_symbols; i++)
        if (strcmp(musl_symbols[i].name, name) == 0)
            return musl_symbols[i].level;
    return !facts->wide && is_time64(name) ? "1.2.0" : NULL;
}

static void add_musl(struct floors *floors)
{
    const struct elf_facts *facts = floors->details->facts;
    for (size_t i = 0; i < floors->details->import_count; i++) {
        const struct elf_import *import = &floors->details->imports[i];
        const char *level = import->weak ? NULL : musl_level(facts, import->name);
        if (level == NULL)
            continue;
        const char **symbol = arena_alloc(floors->arena, sizeof *symbol);
        *symbol = import->name;
        add_cause(floors, WILLRUN_FLOOR_MUSL, level,
                  &(struct willrun_floor_cause){.symbols = symbol, .symbol_count = 1});
    }
    if (facts->has_relr)
        add_cause(floors, WILLRUN_FLOOR_MUSL, "1.2.4",
                  &(struct willrun_floor_cause){.reason = "relocations in DT_RELR"});
}

/* ---- kernel and processor ---- */

static void add_kernel(struct floors *floors)
{
    const struct elf_facts *facts = floors->details->facts;
    const uint32_t *kernel = facts->abi_kernel;
    if (facts->abi_os != 0)
        return;
    add_cause(floors, WILLRUN_FLOOR_KERNEL,
              arena_format(floors->arena, "%u.%u.%u", kernel[0], kernel[1], kernel[2]),
              &(struct willrun_floor_cause){.reason = "its ABI note"});
}

static void set_cpu(struct floors *floors, int level, const char *reason)
{
    const char *name = arena_format(floors->arena, "x86-64-v%d", level);
    const char *old = floors->levels[WILLRUN_FLOOR_CPU];
    if (old != NULL && strcmp(old, name) > 0)
        return;
    floors->levels[WILLRUN_FLOOR_CPU] = name;
    floors->causes[WILLRUN_FLOOR_CPU].count = 0;
    *vec_push(&floors->causes[WILLRUN_FLOOR_CPU]) = (struct willrun_floor_cause){.reason = reason};
}

static void add_cpu(struct floors *floors, const struct willrun_inspected *file)
{
    const struct elf_facts *facts = floors->details->facts;
    const struct willrun_toolchain *go = toolchain_of(file, "go");
    const char *amd64 = go != NULL ? go_setting(go, "GOAMD64") : NULL;
    if (facts->machine != EM_X86_64)
        return;
    if (facts->isa_needed != 0) /* GNU_PROPERTY_X86_ISA_1_BASELINE, _V2, _V3, _V4 */
        set_cpu(floors, 32 - __builtin_clz(facts->isa_needed), "its GNU property note");
    if (amd64 != NULL && amd64[0] == 'v' && amd64[1] >= '1' && amd64[1] <= '4' && amd64[2] == 0)
        set_cpu(floors, amd64[1] - '0', "its Go build info (GOAMD64)");
}

void floors_read(const struct elf_details *details, struct arena *arena,
                 struct willrun_inspected *file)
{
    struct floors floors = {.details = details, .arena = arena};
    add_versions(&floors, file);
    if (file->libc == WILLRUN_LIBC_MUSL)
        add_musl(&floors);
    else if (file->libc == WILLRUN_LIBC_GLIBC && details->facts->has_relr)
        /* without it ld.so refuses the file, or gets its addresses wrong (elf/dl-version.c) */
        add_cause(&floors, WILLRUN_FLOOR_GLIBC, "2.36",
                  &(struct willrun_floor_cause){.reason = "relocations in DT_RELR"});
    add_kernel(&floors);
    add_cpu(&floors, file);
    for (size_t i = 0; i < WILLRUN_FLOORS; i++) {
        struct willrun_floor *floor = &file->floors[i];
        struct willrun_floor_cause *causes =
            vec_kept(arena, &floors.causes[i], &floor->cause_count);
        for (size_t c = 0; c < floor->cause_count; c++)
            if (causes[c].version != NULL)
                add_symbols(&floors, &causes[c]);
        floor->causes = causes;
        floor->level = floors.levels[i];
    }
}
