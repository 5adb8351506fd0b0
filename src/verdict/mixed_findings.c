/* Builds that do not belong together in one process, where nothing refuses them. */
#include "verdict/findings.h"

#include <string.h>

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

static const char *soname_of(const struct loaded *object)
{
    const char *name = object->elf->soname != NULL ? object->elf->soname : object->name;
    const char *slash = strrchr(name, '/');
    return slash != NULL ? slash + 1 : name;
}

static bool is_there(const struct loaded *object)
{
    return object->elf != NULL && object->path != NULL && !object->builtin;
}

/* ---- two libcs, and builds for the other one ---- */

static bool is_musl_libc(const struct loaded *object)
{
    return is_there(object) && object->elf->musl_release != NULL;
}

static bool needs_version_of_glibc(const struct elf_facts *elf)
{
    for (size_t i = 0; i < elf->need_count; i++)
        for (size_t k = 0; k < elf->needs[i].count; k++)
            if (starts_with(elf->needs[i].versions[k].name, "GLIBC_"))
                return true;
    return false;
}

/* musl takes libc.so.6 for itself, whatever was linked. */
static void find_glibc_builds(struct findings *findings, const struct replay *replay)
{
    for (size_t i = 0; i < replay->objects.count; i++) {
        const struct loaded *object = &replay->objects.at[i];
        if (!is_there(object) || !needs_version_of_glibc(object->elf))
            continue;
        struct willrun_finding *finding =
            finding_add(findings, RULE_FOREIGN_BUILD,
                        "%s is built for glibc, and musl stands in for it: what it calls is there, "
                        "and need not "
                        "behave alike",
                        object->path);
        finding->object = object->path;
        finding->fix = "Take the build of it for musl, or a glibc runtime.";
        return; /* one is enough to know it */
    }
}

static void find_two_libcs(struct findings *findings, const struct replay *replay)
{
    for (size_t i = 1; i < replay->objects.count; i++) {
        const struct loaded *object = &replay->objects.at[i];
        if (!is_musl_libc(object))
            continue;
        const char *by = object->by >= 0 && replay->objects.at[object->by].path != NULL
                             ? replay->objects.at[object->by].path
                             : replay->argv0;
        struct willrun_finding *finding =
            finding_add(findings, RULE_TWO_LIBCS,
                        "%s brings musl's libc, %s, into a process of glibc: what glibc defines "
                        "answers it, and what musl alone defines was never set up",
                        by, object->path);
        finding->object = object->path;
        finding->needed_by = by;
        finding->fix = "Take the build of it for glibc.";
        return;
    }
}

/* ---- two versions of one library ---- */

/* "libssl" of "libssl.so.3": what its releases have in common; 0: it has no release. */
static size_t stem_of(const char *soname)
{
    const char *so = strstr(soname, ".so.");
    return so != NULL ? (size_t)(so - soname) : 0;
}

static bool are_releases(const struct loaded *a, const struct loaded *b)
{
    const char *left = soname_of(a), *right = soname_of(b);
    size_t stem = stem_of(left);
    return stem != 0 && stem == stem_of(right) && strncmp(left, right, stem) == 0 &&
           strcmp(left, right) != 0;
}

/* A function without a version that `user` has of `own`, and that `first` answers; NULL: none. */
static const char *taken_symbol(const struct loaded *user, const struct loaded *own,
                                const struct loaded *first)
{
    for (size_t i = 0; i < user->elf->ref_count; i++) {
        const struct elf_ref *ref = &user->elf->refs[i];
        if (ref->defined || elf_ref_version(user->elf, ref)->name != NULL)
            continue;
        const struct elf_def *def = elf_first_def_of(first->elf, ref);
        if (def != NULL && !def->undefined && !def->zero && elf_first_def_of(own->elf, ref) != NULL)
            return ref->name;
    }
    return NULL;
}

/* `place` of each object in the search order. */
static void judge_releases(struct findings *findings, const struct replay *replay, int first,
                           int own)
{
    for (size_t i = 0; i < replay->objects.count; i++) {
        const struct loaded *user = &replay->objects.at[i];
        for (size_t k = 0; user->elf != NULL && k < user->need_count; k++) {
            const char *symbol =
                user->needs[k] == own
                    ? taken_symbol(user, &replay->objects.at[own], &replay->objects.at[first])
                    : NULL;
            if (symbol == NULL)
                continue;
            struct willrun_finding *finding = finding_add(
                findings, RULE_TWO_VERSIONS,
                "%s links %s, and %s, which comes first, answers its calls of %s: no version tells "
                "the two apart",
                user->path != NULL ? user->path : replay->argv0,
                soname_of(&replay->objects.at[own]), soname_of(&replay->objects.at[first]), symbol);
            finding->object = replay->objects.at[first].path;
            finding->needed_by = user->path;
            finding->symbol = symbol;
            finding->fix = "Build all that the process loads with one version of the library.";
            return;
        }
    }
}

static void find_two_versions(struct findings *findings, const struct replay *replay)
{
    for (size_t i = 1; i < replay->order_count; i++) {
        int own = replay->order[i];
        const struct loaded *object = &replay->objects.at[own];
        for (size_t k = 1; is_there(object) && k < i; k++) {
            int first = replay->order[k];
            if (is_there(&replay->objects.at[first]) &&
                are_releases(object, &replay->objects.at[first]))
                judge_releases(findings, replay, first, own);
        }
    }
}

/* ---- C++ ---- */

static const struct loaded *find_library(const struct replay *replay, const char *name)
{
    for (size_t i = 1; i < replay->objects.count; i++)
        if (is_there(&replay->objects.at[i]) &&
            starts_with(soname_of(&replay->objects.at[i]), name))
            return &replay->objects.at[i];
    return NULL;
}

static void find_two_cxx(struct findings *findings, const struct replay *replay)
{
    const struct loaded *gnu = find_library(replay, "libstdc++.so.");
    const struct loaded *llvm = find_library(replay, "libc++.so.");
    if (gnu == NULL || llvm == NULL)
        return;
    struct willrun_finding *finding =
        finding_add(findings, RULE_TWO_CXX_LIBRARIES,
                    "%s and %s are in one process: an exception or a string of the one is none of "
                    "the other",
                    gnu->path, llvm->path);
    finding->object = llvm->path;
    finding->fix = "Build all of it with one C++ library, or let only C cross between them.";
}

void findings_of_mixes(struct findings *findings, const struct replay *replay)
{
    if (replay->loader == LIBC_MUSL)
        find_glibc_builds(findings, replay);
    else
        find_two_libcs(findings, replay);
    find_two_versions(findings, replay);
    find_two_cxx(findings, replay);
}
