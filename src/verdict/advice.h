/* The concrete step behind a finding's fix, for the target's distribution. */
#ifndef WILLRUN_VERDICT_ADVICE_H
#define WILLRUN_VERDICT_ADVICE_H

#include "base/arena.h"
#include "file/file_facts.h"
#include "willrun/result.h"

/* What fixes need to know of a target. */
struct advice {
    struct facts *facts;
    const char *libc_version; /* NULL: not known */
};

/* Is there an ELF file at `path` in the target, of the machine that `elf` is for? */
bool advice_is_library(const struct advice *advice, const char *path, const struct elf_facts *elf);

/* What a distribution installs packages with. */
enum installer { INSTALLER_NONE, INSTALLER_APT, INSTALLER_APK, INSTALLER_DNF };

/* The command that installs the library `soname` in the target, which a root whose packages are
 * `of` some kind has in `package` (NULL: not known); NULL: not known. */
const char *advice_install(const struct advice *advice, const char *soname, bool wide,
                           enum installer of, const char *package, struct arena *arena);

/* How to get the missing library `soname` into the target; `folder` is one that
 * its loader searches (NULL: not known). `wide`: of 64 bits. */
const char *advice_library(const struct advice *advice, const char *soname, const char *folder,
                           bool wide, struct arena *arena);

/* How to get the version `version` of a library: the highest of its kind
 * ("GLIBC_2.38") that is missing. `library`: its soname. */
const char *advice_version(const struct advice *advice, const char *version, const char *library,
                           struct arena *arena);

/* The part of a version before its number: "GLIBC_" of "GLIBC_2.38"; 0 where it has none. */
size_t version_family(const char *version);

/* Where a version stands among those that go on behind its last number: 1.22 and 1.22.x. */
enum version_short { SHORT_IS_FIRST, SHORT_IS_LAST };

/* As strcmp, by the numbers between the dots. */
int version_order(const char *a, const char *b, enum version_short rule);

/* The same, a short one first. */
int version_compare(const char *a, const char *b);

#endif
