#include "check/versions.h"

#include <string.h>

#include "platform/platform.h"

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool versions_of_glibc(const char *soname)
{
    static const char *const names[] = {"libc.so.6",      "libm.so.6",   "libpthread.so.0",
                                        "libdl.so.2",     "librt.so.1",  "libutil.so.1",
                                        "libresolv.so.2", "libanl.so.1", "ld-linux"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (starts_with(soname, names[i]))
            return true;
    return false;
}

static bool needs_musl(const struct elf_facts *elf)
{
    bool musl = elf->interp != NULL && strstr(elf->interp, "/ld-musl-") != NULL;
    for (size_t i = 0; i < elf->needed_count; i++)
        musl |= starts_with(elf->needed[i], "libc.musl-") || strcmp(elf->needed[i], "libc.so") == 0;
    return musl;
}

bool versions_decide(const struct file_facts *file)
{
    if (file->kind == FILE_SCRIPT)
        return file->script.error == 0;
    if (file->kind != FILE_ELF || file->elf->state != ELF_WHOLE || needs_musl(file->elf))
        return false;
    return file->elf->interp != NULL || file->elf->has_dynamic;
}

struct versions {
    const struct distribution *image;
    const struct elf_facts *elf;
    const char *path;
    struct findings *findings;
};

/* The highest version of a family that the image has; NULL: a family that the
 * table knows nothing of. */
static const char *level_of(const struct distribution *image, const char *version)
{
    const struct {
        const char *family, *level;
    } rows[] = {{"GLIBC_", image->glibc}, {"GLIBCXX_", image->glibcxx}, {"CXXABI_", image->cxxabi}};
    size_t family = version_family(version);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strlen(rows[i].family) == family && starts_with(version, rows[i].family))
            return rows[i].level;
    return NULL;
}

/* A note that ends in "unknown": said once for each thing that decides. */
static void add_unknown(struct versions *versions, const char *object, const char *what)
{
    struct willrun_finding *finding = finding_add(
        versions->findings, RULE_VERSIONS_ONLY,
        "%s: willrun knows the versions of %s only, not its files", what, versions->image->image);
    finding->object = object;
    finding->needed_by = versions->path;
    finding->fix = "Give the files of the image, as from 'docker export', in place of base:NAME.";
}

static bool repeats_higher(const struct elf_need *need, const char *version)
{
    size_t family = version_family(version);
    for (size_t i = 0; i < need->count; i++) {
        const char *other = need->versions[i].name;
        if (version_family(other) == family && strncmp(other, version, family) == 0 &&
            version_compare(other + family, version + family) > 0)
            return true;
    }
    return false;
}

static void judge_version(struct versions *versions, const struct elf_need *need,
                          const struct elf_need_version *version)
{
    const char *level = level_of(versions->image, version->name);
    size_t family = version_family(version->name);
    struct arena *arena = versions->findings->arena;
    if (level == NULL) {
        if (versions_of_glibc(need->file) && !version->weak)
            add_unknown(
                versions, need->file,
                arena_format(arena, "whether %s has %s decides", need->file, version->name));
        return;
    }
    if (version->weak || version_compare(version->name + family, level) <= 0 ||
        repeats_higher(need, version->name))
        return;
    if (versions->image->rolling) {
        add_unknown(versions, need->file,
                    arena_format(arena, "whether %s has %s by now decides (it ended at %.*s%s)",
                                 need->file, version->name, (int)family, version->name, level));
        return;
    }
    struct willrun_finding *finding = finding_add(
        versions->findings, RULE_VERSION_MISSING,
        "%s needs version %s of %s, and that of %s ends at %.*s%s", versions->path, version->name,
        need->file, versions->image->image, (int)family, version->name, level);
    finding->object = need->file;
    finding->needed_by = versions->path;
    finding->version = version->name;
    finding->fix = advice_version(versions->findings->advice, version->name, need->file, arena);
}

/* A symbol that no version names may be in any library, or in none. */
static const char *unversioned_symbol(const struct elf_facts *elf)
{
    for (size_t i = 0; i < elf->ref_count; i++) {
        const struct elf_ref *ref = &elf->refs[i];
        if (!ref->defined && ref->bind != STB_WEAK && elf_ref_version(elf, ref)->name == NULL)
            return ref->name;
    }
    return NULL;
}

static void judge_libraries(struct versions *versions)
{
    const struct elf_facts *elf = versions->elf;
    struct arena *arena = versions->findings->arena;
    size_t before = versions->findings->list.count;
    for (size_t i = 0; i < elf->needed_count; i++)
        if (!versions_of_glibc(elf->needed[i]))
            add_unknown(versions, elf->needed[i],
                        arena_format(arena, "whether %s is there decides", elf->needed[i]));
    const char *symbol = unversioned_symbol(elf);
    if (symbol != NULL && versions->findings->list.count == before)
        add_unknown(versions, NULL, arena_format(arena, "what defines %s decides", symbol));
}

/* The images are of 64-bit machines (and some of arm): whether the loader of a
 * 32-bit one, or of another libc, is there is not known. */
static void judge_interpreter(struct versions *versions)
{
    const struct elf_facts *elf = versions->elf;
    const struct platform *own = platform_of_elf(elf);
    bool usual = own != NULL && own->glibc_interp != NULL && elf->machine != EM_386 &&
                 (elf->interp == NULL || strcmp(elf->interp, own->glibc_interp) == 0);
    const char *what = elf->interp != NULL ? elf->interp : "a loader of its machine";
    if (!usual)
        add_unknown(versions, elf->interp,
                    arena_format(versions->findings->arena, "whether %s is there decides", what));
}

static void judge_elf(struct versions *versions, int cpu_level)
{
    const struct elf_facts *elf = versions->elf;
    const struct distribution *image = versions->image;
    for (size_t i = 0; i < elf->need_count; i++)
        for (size_t k = 0; k < elf->needs[i].count; k++)
            judge_version(versions, &elf->needs[i], &elf->needs[i].versions[k]);
    judge_interpreter(versions);
    judge_libraries(versions);
    if (elf->machine == EM_X86_64 && image->cpu_level > cpu_level)
        finding_add(versions->findings, RULE_BASE_CPU,
                    "the packages of %s are built for CPUs of x86-64-v%d or better", image->image,
                    image->cpu_level);
}

void versions_judge(const struct distribution *image, const struct file_facts *file,
                    const char *path, int cpu_level, struct findings *findings)
{
    struct versions versions = {
        .image = image, .elf = file->elf, .path = path, .findings = findings};
    if (file->kind == FILE_ELF)
        judge_elf(&versions, cpu_level);
    else
        add_unknown(
            &versions, file->script.interpreter,
            arena_format(findings->arena, "whether %s is there decides", file->script.interpreter));
}
