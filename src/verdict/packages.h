/* Which package of a Debian release ships a library: data/library-packages.tsv. */
#ifndef WILLRUN_VERDICT_PACKAGES_H
#define WILLRUN_VERDICT_PACKAGES_H

#include "base/arena.h"

/* The package with `soname` in the release `codename` ("bookworm"), in `arena`;
 * NULL: none, or no such release in the table. */
const char *package_of_library(const char *soname, const char *codename, struct arena *arena);

/* A release that has `soname` at all, the newest first; NULL: none. */
const char *release_with_library(const char *soname, struct arena *arena);

#endif
