/* Profiles: a root filesystem cut down to what willrun reads of it, as a plain
 * tar compressed with zstd. ELF files keep their size and are sparse members. */
#ifndef WILLRUN_SNAPSHOT_SNAPSHOT_H
#define WILLRUN_SNAPSHOT_SNAPSHOT_H

#include <stdio.h>

#include "file/file_facts.h"
#include "snapshot/tar.h"

/* What the member says; NULL: not known. */
struct profile {
    const char *origin; /* "image debian:12-slim", "Debian packages of bookworm" */
    const char *date;   /* of the origin, "2026-11-23" */
    const char *platform;
    const char *libc, *libc_version;
    const char *const *absent; /* files that the original has and the root has not */
    size_t absent_count;
};

/* Write the profile of `root` to `out`: the same bytes for the same root. False
 * with a sentence in `err` where something of the root cannot be read, or where
 * `out` takes no more. */
bool snapshot_write(struct root *root, const struct profile *profile, FILE *out, struct err *err);

#endif
