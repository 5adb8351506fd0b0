#include "check/cures.h"

#include <string.h>

#include "base/text.h"
#include "check/places.h"
#include "file/os_release.h"
#include "verdict/packages.h"

static const struct {
    const char *library, *package;
} apk_libraries[] = {
#define APK_LIBRARY(library, package, from) {library, package},
#include "apk-libraries.def"
#undef APK_LIBRARY
};

static const struct {
    const char *package, *libraries;
} leaves[] = {
#define LEAF(package, libraries, from) {package, libraries},
#include "apk-libraries.def"
#undef LEAF
};

/* ---- what a package has ---- */

/* libpq.so.5 is in libpq, pq, libpq5, pq-libs, or where the table says. */
static bool apk_has(const char *package, const char *soname, struct arena *arena)
{
    bool named = false;
    for (size_t i = 0; i < sizeof apk_libraries / sizeof *apk_libraries; i++) {
        if (strcmp(apk_libraries[i].library, soname) != 0)
            continue;
        named = true;
        if (strcmp(apk_libraries[i].package, package) == 0)
            return true;
    }
    if (named)
        return strcmp(package, arena_format(arena, "so:%s", soname)) == 0;
    size_t length = strcspn(soname, ".");
    const char *name = arena_copy(arena, soname, length);
    const char *bare = strncmp(name, "lib", 3) == 0 ? name + 3 : name;
    return strcmp(package, arena_format(arena, "so:%s", soname)) == 0 ||
           strcmp(package, name) == 0 || strcmp(package, bare) == 0 ||
           strcmp(package, arena_format(arena, "%s-libs", bare)) == 0;
}

/* The same of Debian's, whose library packages another release may call by another name. */
static bool apt_has(const char *package, const char *soname, const char *codename,
                    struct arena *arena)
{
    const char *own = codename != NULL ? package_of_library(soname, codename, arena) : NULL;
    return own != NULL && strcmp(own, package) == 0;
}

/* The libraries that a package brings, where those are all; NULL: not known. */
static const char *all_libraries(const char *package)
{
    for (size_t i = 0; i < sizeof leaves / sizeof *leaves; i++)
        if (strcmp(leaves[i].package, package) == 0)
            return leaves[i].libraries;
    return NULL;
}

/* ---- same releases ---- */

static bool same(const char *a, const char *b)
{
    return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Is the stage that has the library of the release of the target? Then the package there has the
 * same one, with the same symbols. */
static bool is_same_release(const struct assembly *assembly, const struct willrun_finding *finding,
                            struct arena *arena)
{
    struct os_release own, other = {0};
    os_release_read(assembly->target.facts, arena, &own);
    for (size_t i = 0; i < assembly->stages->list.count; i++)
        if (strcmp(assembly->stages->list.at[i].name, finding->copies[0].stage) == 0)
            os_release_read(assembly->stages->list.at[i].facts, arena, &other);
    return same(own.id, other.id) && same(own.version_id, other.version_id);
}

/* ---- the question ---- */

static struct cure cure_library(const struct assembly *assembly,
                                const struct willrun_finding *finding, struct arena *arena)
{
    const struct built *built = &assembly->target;
    struct cure cure = {.kind = CURE_NONE};
    struct os_release os;
    os_release_read(built->facts, arena, &os);
    bool apk =
        built->base.libc == WILLRUN_LIBC_MUSL || same(os.id, "alpine") || same(os.id, "wolfi");
    for (size_t i = 0; i < built->installed.count; i++) {
        const struct installed *installed = &built->installed.at[i];
        const char *all = all_libraries(installed->package);
        bool brings = all != NULL && text_has_word(all, finding->object, strlen(finding->object));
        bool has = apk ? apk_has(installed->package, finding->object, arena)
                       : apt_has(installed->package, finding->object, os.codename, arena);
        if (has || brings) {
            bool sure = installed->surely && finding->copy_count != 0 &&
                        is_same_release(assembly, finding, arena);
            return (struct cure){sure ? CURE_SURE : CURE_MAYBE, installed->package, installed->at};
        }
        if (all == NULL && cure.kind == CURE_NONE)
            cure = (struct cure){CURE_MAYBE, NULL, installed->at};
    }
    return cure;
}

/* Do packages put anything there? A command without a slash is looked for in such folders. */
static bool is_of_packages(const char *path)
{
    static const char *const folders[] = {"/usr", "/bin", "/sbin", "/lib", "/opt", "/etc", "/var"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (gap_covers(folders[i], path))
            return true;
    return strchr(path, '/') == NULL;
}

/* A command or an interpreter of scripts: a package of its name has it. */
static struct cure cure_program(const struct assembly *assembly, const char *path)
{
    const struct built *built = &assembly->target;
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    struct cure cure = {.kind = CURE_NONE};
    for (size_t i = 0; i < built->installed.count && is_of_packages(path); i++) {
        const struct installed *installed = &built->installed.at[i];
        if (strcmp(installed->package, name) == 0)
            return (struct cure){CURE_MAYBE, installed->package, installed->at};
        if (all_libraries(installed->package) == NULL && cure.kind == CURE_NONE)
            cure = (struct cure){CURE_MAYBE, NULL, installed->at};
    }
    return cure;
}

/* glibc's loader on Alpine. */
static struct cure cure_interpreter(const struct assembly *assembly, const char *path)
{
    const struct built *built = &assembly->target;
    if (path != NULL && strstr(path, "ld-linux") != NULL)
        for (size_t i = 0; i < built->installed.count; i++)
            if (strcmp(built->installed.at[i].package, "gcompat") == 0 ||
                strcmp(built->installed.at[i].package, "libc6-compat") == 0)
                return (struct cure){CURE_MAYBE, built->installed.at[i].package,
                                     built->installed.at[i].at};
    return (struct cure){.kind = CURE_NONE};
}

static bool is(const struct willrun_finding *finding, enum rule rule)
{
    return strcmp(finding->rule, rule_row(rule)->name) == 0;
}

struct cure cure_of(const struct assembly *assembly, const struct willrun_subject *subject,
                    const struct willrun_finding *finding, struct arena *arena)
{
    struct cure cure = {.kind = CURE_NONE};
    if (assembly->target.installed.count == 0)
        return cure;
    if (is(finding, RULE_LIBRARY_MISSING) && finding->object != NULL)
        return cure_library(assembly, finding, arena);
    if (is(finding, RULE_COMMAND_NOT_FOUND) || is(finding, RULE_ENV_MISSING) ||
        is(finding, RULE_SHEBANG_MISSING))
        return cure_program(assembly, finding->object != NULL ? finding->object : subject->path);
    if (is(finding, RULE_INTERPRETER_MISSING))
        return cure_interpreter(assembly, finding->object);
    return cure;
}

void cure_note(const struct assembly *assembly, const struct cure *cure,
               const struct willrun_finding *finding, struct findings *notes)
{
    const char *what = finding->object != NULL ? finding->object : "what is missing";
    size_t line = cure->at->range.begin.line;
    struct willrun_finding *note;
    if (cure->kind == CURE_SURE)
        note = finding_add(notes, RULE_PACKAGE_CURES,
                           "%s is in the package %s, which RUN installs in line %zu: the verdict "
                           "rests on it",
                           what, cure->package, line);
    else if (cure->package != NULL)
        note = finding_add(notes, RULE_RUN_NOT_EXECUTED,
                           "%s is not in the files that are known; RUN in line %zu installs the "
                           "package %s, which should have it",
                           what, line, cure->package);
    else
        note = finding_add(notes, RULE_RUN_NOT_EXECUTED,
                           "%s is not in the files that are known; RUN in line %zu installs "
                           "packages, of which one may bring it",
                           what, line);
    note->object = finding->object;
    place_at(assembly, cure->at, note);
    if (cure->kind != CURE_SURE)
        note->fix = give_stage(assembly, assembly->target.name, notes->arena);
}
