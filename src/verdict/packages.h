/* Which package of a Debian release ships a library: data/library-packages.tsv. */
#ifndef WILLRUN_VERDICT_PACKAGES_H
#define WILLRUN_VERDICT_PACKAGES_H

#include <stdbool.h>

#include "base/arena.h"

/* The package with `soname` in the release `codename` ("bookworm"), in `arena`;
 * NULL: none, or no such release in the table. */
const char *package_of_library(const char *soname, const char *codename, struct arena *arena);

/* Has the release `codename`, as one before it, the library of `soname` in another version only:
 * one called so but for what stands behind ".so" and for a version before it (libhunspell-1.3.so.0,
 * libhunspell-1.7.so.0)? Of a library that is new to it, programs bring their own. */
bool package_has_other_version(const char *soname, const char *codename);

/* Has any release a library that is called so, or begins so and goes on with no letter? */
bool package_is_known(const char *soname);

/* A release that has `soname` at all, the newest first; NULL: none. */
const char *release_with_library(const char *soname, struct arena *arena);

#endif
