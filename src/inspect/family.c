#include "inspect/family.h"

#include <string.h>

struct sign {
    const char *part;
    enum willrun_libc libc;
};

static const struct sign interpreters[] = {
    {"ld-musl", WILLRUN_LIBC_MUSL},
    {"uClibc", WILLRUN_LIBC_UCLIBC},
    {"/system/bin/linker", WILLRUN_LIBC_BIONIC},
    {"ld-linux", WILLRUN_LIBC_GLIBC},
    {"ld64.so", WILLRUN_LIBC_GLIBC},
    {"ld.so.1", WILLRUN_LIBC_GLIBC},
};

/* Beginnings of libraries' names, the more telling first. */
static const struct sign libraries[] = {
    {"libc.so.6", WILLRUN_LIBC_GLIBC},  {"ld-linux", WILLRUN_LIBC_GLIBC},
    {"libm.so.6", WILLRUN_LIBC_GLIBC},  {"libpthread.so.0", WILLRUN_LIBC_GLIBC},
    {"libc.musl-", WILLRUN_LIBC_MUSL},  {"ld-musl-", WILLRUN_LIBC_MUSL},
    {"libc.so.0", WILLRUN_LIBC_UCLIBC}, {"ld64-uClibc", WILLRUN_LIBC_UCLIBC},
    {"libdl.so.2", WILLRUN_LIBC_GLIBC}, {"librt.so.1", WILLRUN_LIBC_GLIBC},
};

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

static const struct sign *sign_of(const char *library)
{
    for (size_t i = 0; i < sizeof libraries / sizeof *libraries; i++)
        if (starts_with(library, libraries[i].part))
            return &libraries[i];
    return NULL;
}

/* A version need that only one libc gives rise to. */
static enum willrun_libc by_version(const struct elf_facts *facts, const char **version)
{
    for (size_t i = 0; i < facts->need_count; i++)
        for (size_t j = 0; j < facts->needs[i].count; j++) {
            *version = facts->needs[i].versions[j].name;
            if (starts_with(*version, "GLIBC_"))
                return WILLRUN_LIBC_GLIBC;
            if (strcmp(*version, "LIBC") == 0 && strcmp(facts->needs[i].file, "libc.so") == 0)
                return WILLRUN_LIBC_BIONIC;
        }
    return WILLRUN_LIBC_NONE;
}

static enum willrun_libc by_name(const struct elf_facts *facts, const char **name)
{
    for (size_t s = 0; s < sizeof libraries / sizeof *libraries; s++)
        for (size_t i = 0; i < facts->needed_count; i++)
            if (starts_with(facts->needed[i], libraries[s].part)) {
                *name = facts->needed[i];
                return libraries[s].libc;
            }
    for (size_t i = 0; i < facts->needed_count; i++)
        if (strcmp(facts->needed[i], "libc.so") == 0) { /* as musl's own gcc wrapper links it */
            *name = facts->needed[i];
            return WILLRUN_LIBC_MUSL;
        }
    return WILLRUN_LIBC_NONE;
}

enum willrun_libc family_of(const struct elf_details *details, struct arena *arena,
                            const char **evidence)
{
    const struct elf_facts *facts = details->facts;
    const char *word = NULL;
    for (size_t i = 0; facts->interp != NULL && i < sizeof interpreters / sizeof *interpreters; i++)
        if (strstr(facts->interp, interpreters[i].part) != NULL) {
            *evidence = arena_format(arena, "its interpreter is %s", facts->interp);
            return interpreters[i].libc;
        }
    const struct sign *own = facts->soname != NULL ? sign_of(facts->soname) : NULL;
    if (own != NULL) {
        *evidence = arena_format(arena, "it is %s itself", facts->soname);
        return own->libc;
    }
    enum willrun_libc libc = by_version(facts, &word);
    if (libc != WILLRUN_LIBC_NONE) {
        *evidence = arena_format(arena, "it needs the symbol version %s", word);
        return libc;
    }
    libc = by_name(facts, &word);
    if (libc != WILLRUN_LIBC_NONE) {
        *evidence = arena_format(arena, "it needs %s", word);
        return libc;
    }
    bool open = facts->interp != NULL || details->import_count != 0;
    *evidence = open ? "it does not say where its symbols come from" : "it needs none";
    return open ? WILLRUN_LIBC_UNKNOWN : WILLRUN_LIBC_NONE;
}

enum willrun_libc family_inside(const struct elf_details *details)
{
    static const char *const musl[] = {"__init_libc", "__stdio_exit_needed", "__libc_start_init"};
    if (details->facts->needed_count != 0 || details->facts->interp != NULL)
        return WILLRUN_LIBC_NONE;
    if (details->facts->abi_os == 0) /* the note of glibc's crt1.o (csu/abi-note.c) */
        return WILLRUN_LIBC_GLIBC;
    uint64_t bits = elf_named(details, musl, sizeof musl / sizeof *musl);
    return bits != 0 ? WILLRUN_LIBC_MUSL : WILLRUN_LIBC_NONE;
}

bool family_has(enum willrun_libc libc, const char *library)
{
    static const char *const glibc[] = {"libc.so.6",   "libm.so.6",      "libpthread.so.0",
                                        "libdl.so.2",  "librt.so.1",     "libutil.so.1",
                                        "libanl.so.1", "libresolv.so.2", "libmvec.so.1",
                                        "ld-linux",    "ld64.so.",       "ld.so.1"};
    if (libc == WILLRUN_LIBC_MUSL)
        return strcmp(library, "libc.so") == 0 || starts_with(library, "libc.musl-") ||
               starts_with(library, "ld-musl-");
    for (size_t i = 0; libc == WILLRUN_LIBC_GLIBC && i < sizeof glibc / sizeof *glibc; i++)
        if (starts_with(library, glibc[i]))
            return true;
    return false;
}
