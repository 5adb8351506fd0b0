#include "check/python.h"

#include <stdlib.h>
#include <string.h>

#include "check/wheel.h"
#include "plugin/python.h"
#include "plugin/python_symbols.h"

/* ---- import ---- */

static const char *libc_of_platform(const char *platform)
{
    return strstr(platform, "musl") != NULL ? "musl" : "glibc";
}

/* What the module was built for, where its name says that it is another Python: a phrase. */
static const char *built_for(const struct python *python, const char *suffix, struct arena *arena)
{
    struct python_tag tag, own = {0};
    python_tag(suffix, &tag);
    if (python->tag != NULL)
        python_tag(arena_format(arena, ".%s.so", python->tag), &own);
    if (tag.minor == 0)
        return NULL;
    if (tag.minor != python->minor || tag.threaded != python->threaded)
        return arena_format(arena, "Python 3.%u%s", tag.minor,
                            tag.threaded ? " without the global lock" : "");
    if (tag.platform == NULL || own.platform == NULL)
        return NULL;
    if (strncmp(tag.platform, own.platform, strcspn(own.platform, "-")) != 0)
        return arena_format(arena, "the machine %.*s", (int)strcspn(tag.platform, "-"),
                            tag.platform);
    return arena_format(arena, "Python with %s", libc_of_platform(tag.platform));
}

static const char *list_names(const struct python *python, const char *tail, struct arena *arena)
{
    const char *list = "";
    for (size_t i = 0; i < python->suffix_count; i++)
        list = arena_format(arena, "%s%s%s%s", list,
                            i == 0                          ? ""
                            : i + 1 == python->suffix_count ? " or "
                                                            : ", ",
                            tail, python->suffixes[i]);
    return list;
}

static void not_importable(struct host *host, const struct python *python, const char *path,
                           const struct python_import *import, struct findings *findings)
{
    struct arena *arena = findings->arena;
    const char *other = built_for(python, import->suffix, arena);
    struct willrun_finding *finding = finding_add(
        findings, RULE_MODULE_NOT_IMPORTABLE, "%s is no module for %s: it looks for %s%s%s", path,
        host->exec.program, list_names(python, import->tail, arena),
        other != NULL ? ", and this one is for " : "", other != NULL ? other : "");
    finding->object = path;
    finding->needed_by = host->exec.program;
    if (other != NULL)
        finding->fix =
            arena_format(arena,
                         "Install the package with the target's Python 3.%u, in a builder "
                         "stage from the runtime's image, or use a runtime for %s.",
                         python->minor, other);
    else
        finding->fix =
            arena_format(arena, "Copy it by the name %s%s.", import->tail, python->suffixes[0]);
    host->instead = arena_format(arena, "ModuleNotFoundError: No module named '%s'", import->name);
}

/* The minor of the Python whose folder of packages the file lies in, with that folder; 0: it lies
 * in none that is of one release. */
static unsigned minor_of_folder(const char *path, const char *below, const char **folder,
                                struct arena *arena)
{
    static const char lib[] = "/python3.";
    *folder = arena_copy(arena, path, (size_t)(below - path));
    const char *at = strstr(*folder, lib);
    return at != NULL ? (unsigned)strtoul(at + strlen(lib), NULL, 10) : 0;
}

/* Does PYTHONPATH name the folder (which ends in a slash)? */
static bool names_folder(const struct process *process, const char *folder)
{
    size_t length = strlen(folder) - 1;
    for (const char *at = process_env(process, "PYTHONPATH"); at != NULL && *at != 0;) {
        size_t own = strcspn(at, ":"), bare = own;
        while (bare > 1 && at[bare - 1] == '/')
            bare--;
        if (bare == length && memcmp(at, folder, length) == 0)
            return true;
        at += own + (at[own] == ':');
    }
    return false;
}

/* Is it in a folder of packages that another Python's sys.path has? */
static bool in_foreign_folder(const struct target *target, const struct process *process,
                              struct host *host, const struct python *python, const char *path,
                              const struct python_import *import, struct findings *findings)
{
    struct arena *arena = findings->arena;
    const char *folder, *below = python_below_path(target->facts, path, arena);
    unsigned minor = minor_of_folder(path, below, &folder, arena);
    if (minor == 0 || minor == python->minor || names_folder(process, folder))
        return false;
    struct willrun_finding *finding = finding_add(
        findings, RULE_MODULE_NOT_IMPORTABLE,
        "%s lies in the packages of Python 3.%u, where %s, which is Python 3.%u, does not look",
        path, minor, host->exec.program, python->minor);
    finding->object = path;
    finding->needed_by = host->exec.program;
    finding->fix =
        arena_format(arena,
                     "Install the package with the target's Python 3.%u, in a builder stage "
                     "from the runtime's image, or use a runtime with Python 3.%u.",
                     python->minor, minor);
    host->instead = arena_format(arena, "ModuleNotFoundError: No module named '%s'", import->name);
    return true;
}

bool python_takes(const struct target *target, const struct process *process, struct host *host,
                  const char *path, struct findings *findings)
{
    struct python python;
    struct python_import import;
    if (!host->known || host->plugin == NULL || host->plugin->id != PLUGIN_PYTHON ||
        !python_of(target->facts, &host->exec, findings->arena, &python))
        return true;
    python_import(target->facts, &python, path, findings->arena, &import);
    if (in_foreign_folder(target, process, host, &python, path, &import, findings))
        return true;
    if (import.taken == NULL)
        not_importable(host, &python, path, &import, findings);
    if (import.taken == NULL || strcmp(import.taken, path) == 0)
        return true;
    struct willrun_finding *finding = finding_add(
        findings, RULE_MODULE_NOT_TAKEN,
        "%s takes %s for the module %s, and never opens %s: whether it would load there "
        "was not judged",
        host->exec.program, import.taken, import.name, path);
    finding->object = path;
    finding->needed_by = import.taken;
    finding->fix = "Name the Python that it is for with --host PATH, or leave it out of the image.";
    return false;
}

/* ---- symbols ---- */

static unsigned next_looked_at(unsigned minor)
{
    const uint8_t *at = python_symbols_of;
    while (*at != 0 && *at <= minor)
        at++;
    return *at;
}

static unsigned last_looked_at_before(unsigned minor)
{
    unsigned before = 0;
    for (const uint8_t *at = python_symbols_of; *at != 0 && *at < minor; at++)
        before = *at;
    return before;
}

/* Which Python the symbol asks for, a sentence; NULL: that of the target should have it. */
static const char *python_needed(const struct python_symbol *symbol, unsigned minor,
                                 struct arena *arena)
{
    unsigned since = symbol->added != 0 ? symbol->added : symbol->first;
    unsigned before = symbol->added != 0 ? 0 : last_looked_at_before(symbol->first);
    if (symbol->last < minor)
        return arena_format(arena, "Python 3.%u still has %s, 3.%u has not", symbol->last,
                            symbol->name, next_looked_at(symbol->last));
    if (since <= minor && before == 0)
        return NULL;
    if (before != 0)
        return arena_format(arena, "Python 3.%u has %s, 3.%u has not yet", symbol->first,
                            symbol->name, before);
    return arena_format(arena, "%s is there since Python 3.%u", symbol->name, since);
}

static void advise_symbol(const struct python *python, struct willrun_finding *finding,
                          struct arena *arena)
{
    const struct python_symbol *symbol = python_symbol(finding->symbol);
    const char *needed = symbol != NULL ? python_needed(symbol, python->minor, arena) : NULL;
    if (needed == NULL)
        return;
    const char *stable =
        symbol->stable != 0 ? arena_format(arena, " (in the stable ABI since 3.%u)", symbol->stable)
                            : "";
    finding->fix =
        arena_format(arena,
                     "%s%s: take the module's build for Python 3.%u, or a runtime with the "
                     "Python that it was built for.",
                     needed, stable, python->minor);
}

/* ---- wheels ---- */

/* The machine's name in the tags of wheels. */
static const char *tag_machine(const struct elf_facts *elf)
{
    static const struct {
        const char *platform, *machine;
    } names[] = {{"linux/amd64", "x86_64"},    {"linux/386", "i686"},
                 {"linux/arm64", "aarch64"},   {"linux/arm/v7", "armv7l"},
                 {"linux/riscv64", "riscv64"}, {"linux/ppc64le", "ppc64le"},
                 {"linux/s390x", "s390x"},     {"linux/loong64", "loongarch64"}};
    const struct platform *own = platform_of_elf(elf);
    for (size_t i = 0; own != NULL && i < sizeof names / sizeof *names; i++)
        if (strcmp(own->name, names[i].platform) == 0)
            return names[i].machine;
    return NULL;
}

static void advise_wheel(const struct target *target, const struct host *host,
                         const struct python *python, const char *path, struct findings *findings)
{
    struct arena *arena = findings->arena;
    struct wheel wheel;
    struct wheel_target place = {.minor = python->minor,
                                 .threaded = python->threaded,
                                 .libc = target_loader_kind(host->exec.interp_elf),
                                 .libc_version = target->advice.libc_version,
                                 .machine = tag_machine(host->exec.elf)};
    if (!wheel_find(target->facts, path, arena, &wheel) || wheel_fits(&wheel, &place))
        return;
    const char *platform = wheel_platform(&place, arena);
    struct willrun_finding *finding = finding_add(
        findings, RULE_WHEEL_MISMATCH,
        "%s is of the wheel %s %s for %s, and the target has Python 3.%u on %s%s%s", path,
        wheel.name, wheel.version, wheel.tags[0], python->minor,
        place.libc == WILLRUN_LIBC_MUSL ? "musl" : "glibc", place.libc_version != NULL ? " " : "",
        place.libc_version != NULL ? place.libc_version : "");
    finding->object = path;
    if (platform != NULL)
        finding->fix =
            arena_format(arena,
                         "Get the wheel for the target: pip download --platform %s "
                         "--python-version 3.%u --only-binary=:all: %s==%s; or pip install "
                         "in a builder stage from the runtime's image.",
                         platform, python->minor, wheel.name, wheel.version);
}

static bool is_error(const struct willrun_finding *finding)
{
    return finding->severity == WILLRUN_ERROR;
}

void python_advise(const struct target *target, const struct host *host, const char *path,
                   struct findings *findings)
{
    struct python python;
    bool fails = false;
    if (!host->known || host->plugin == NULL ||
        (host->plugin->id != PLUGIN_PYTHON && host->plugin->id != PLUGIN_PYTHON_LIBRARY))
        return;
    for (size_t i = 0; i < findings->list.count; i++)
        fails |= is_error(&findings->list.at[i]);
    if (!fails || !python_of(target->facts, &host->exec, findings->arena, &python))
        return;
    for (size_t i = 0; i < findings->list.count; i++)
        if (is_error(&findings->list.at[i]) && findings->list.at[i].symbol != NULL)
            advise_symbol(&python, &findings->list.at[i], findings->arena);
    advise_wheel(target, host, &python, path, findings);
}
