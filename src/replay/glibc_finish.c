/* What ld.so does of libc when all is relocated, before the program has control: the end
 * of dl_main in elf/rtld.c. */
#include <string.h>

#include "base/hash.h"
#include "replay/glibc.h"
#include "replay/musl.h"

enum {
    FIRST_RELEASE = 32,    /* takes malloc from the program's scope, and starts libc */
    FIRST_WITH_MUTEX = 34, /* takes locks from libc, too */
    FIRST_BY_LIBC = 41,    /* where libc is there; before, where some object needs ld.so */
    FIRST_TELLING = 33     /* ld.so says its own release */
};

/* The version of what libc had at first on the machine (shlib-versions). */
static const char *first_version(uint16_t machine, bool wide)
{
    static const struct {
        uint16_t machine;
        const char *version;
    } rows[] = {{EM_X86_64, "GLIBC_2.2.5"}, {EM_AARCH64, "GLIBC_2.17"}, {EM_ARM, "GLIBC_2.4"},
                {EM_RISCV, "GLIBC_2.27"},   {EM_S390, "GLIBC_2.2"},     {EM_386, "GLIBC_2.0"}};
    if (machine == EM_X86_64 && !wide)
        return "GLIBC_2.16";
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].machine == machine)
            return rows[i].version;
    return NULL;
}

/* The first object that calls itself libc; -1: none. */
static int find_libc(const struct glibc *glibc)
{
    for (size_t i = 0; i < glibc->maps.count; i++) {
        const struct elf_facts *elf = glibc->replay->objects.at[i].elf;
        if (elf != NULL && !glibc->maps.at[i].builtin && elf->soname != NULL &&
            strcmp(elf->soname, "libc.so.6") == 0)
            return (int)i;
    }
    return -1;
}

static bool needs_loader(const struct glibc *glibc)
{
    for (size_t i = 0; i < glibc->scope.count; i++)
        if (glibc->maps.at[glibc->scope.at[i]].builtin)
            return true;
    return false;
}

/* __rtld_malloc_init_real: false: one is missing, which ends the process. */
static bool take_malloc(struct glibc *glibc)
{
    static const char *const names[] = {"calloc", "free", "malloc", "realloc"};
    const struct elf_facts *loader = glibc->loader->elf;
    const char *version = first_version(loader->machine, loader->wide);
    for (size_t i = 0; version != NULL && i < sizeof names / sizeof *names; i++) {
        if (glibc_has_version(glibc, names[i], version))
            continue;
        struct event *event = replay_event(glibc->replay, EV_SYMBOL_UNBOUND);
        event->by = 0;
        event->symbol = names[i];
        event->version = version;
        event->name = "libc.so.6";
        return false;
    }
    return true;
}

/* An assertion that `libc` defines `name`; false: it does not. */
static bool assert_defined(struct glibc *glibc, int libc, const char *name, const char *text)
{
    const struct elf_facts *elf = glibc->replay->objects.at[libc].elf;
    if (elf_first_def(elf, name, hash_bytes(name, strlen(name))) != NULL)
        return true;
    struct event *event = replay_event(glibc->replay, EV_FATAL);
    event->by = libc;
    event->number = 127;
    event->name = arena_format(
        glibc->arena, "Inconsistency detected by ld.so: %s: Assertion `sym != NULL' failed!", text);
    return false;
}

static bool take_locks(struct glibc *glibc, int libc)
{
    return assert_defined(glibc, libc, "pthread_mutex_lock",
                          "../sysdeps/nptl/dl-mutex.c: 44: __rtld_mutex_init") &&
           assert_defined(glibc, libc, "pthread_mutex_unlock",
                          "../sysdeps/nptl/dl-mutex.c: 51: __rtld_mutex_init");
}

static void start_libc(struct glibc *glibc, int libc)
{
    unsigned minor = glibc->loader->minor;
    if (minor < FIRST_RELEASE)
        return;
    if (minor >= FIRST_BY_LIBC) {
        if (libc >= 0 && !(take_locks(glibc, libc) && take_malloc(glibc)))
            return;
    } else if (needs_loader(glibc)) {
        if (!take_malloc(glibc) ||
            (minor >= FIRST_WITH_MUTEX && libc >= 0 && !take_locks(glibc, libc)))
            return;
    }
    if (libc >= 0)
        assert_defined(glibc, libc, "__libc_early_init",
                       "dl-call-libc-early-init.c: 37: _dl_call_libc_early_init");
}

/* The two share structures that each release lays out anew: what binds may still crash. */
static bool is_of_other_release(const struct glibc *glibc, const struct elf_facts *libc)
{
    const char *own = glibc->loader->elf->glibc_release;
    if (libc->glibc_release == NULL)
        return false;
    if (own != NULL)
        return strcmp(own, libc->glibc_release) != 0;
    return glibc->loader->minor >= FIRST_TELLING; /* that is libc's: see glibc_release */
}

/* musl's libc that is searched before glibc's; -1: none. It has no versions, and an object without
 * any defines every version (elf/dl-lookup.c, check_match): the program's start binds to it, which
 * sets itself up in a process that is glibc's, and crashes. */
static int find_musl_first(const struct glibc *glibc, int libc)
{
    static const char start[] = "__libc_start_main";
    const struct replay *replay = glibc->replay;
    const struct elf_facts *program = replay->objects.at[0].elf;
    bool starts = false;
    for (size_t i = 0; i < program->ref_count; i++)
        starts |= strcmp(program->refs[i].name, start) == 0;
    size_t end = libc > 0 ? (size_t)libc : replay->objects.count;
    for (size_t i = 1; starts && i < end; i++)
        if (replay->objects.at[i].elf != NULL && musl_is_loader(replay->objects.at[i].elf))
            return (int)i;
    return -1;
}

void glibc_finish(struct glibc *glibc)
{
    int libc = find_libc(glibc);
    int musl = glibc->dlopen ? -1 : find_musl_first(glibc, libc);
    if (!glibc->dlopen)
        start_libc(glibc, libc);
    if (libc > 0 && is_of_other_release(glibc, glibc->replay->objects.at[libc].elf))
        glibc_refuse(glibc, libc, REFUSED_RELEASE);
    else if (musl > 0)
        glibc_refuse(glibc, musl, REFUSED_LIBC);
}
