/* A tar compressed with zstd, written by libarchive: POSIX's interchange format
 * (pax), which any tar reads. No times, no names of owners, one thread: the same
 * members make the same bytes. */
#ifndef WILLRUN_SNAPSHOT_TAR_H
#define WILLRUN_SNAPSHOT_TAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum tar_type { TAR_FILE, TAR_HARD_LINK, TAR_LINK, TAR_CHAR, TAR_DEVICE, TAR_DIR, TAR_FIFO };

enum { TAR_BLOCK = 512 }; /* bytes */

/* One run of a sparse file's bytes. Whole blocks, but for the last of a file:
 * GNU's tar begins each on a block, others do not. */
struct tar_run {
    size_t offset, size;
};

struct tar_member {
    enum tar_type type;
    const char *name;   /* relative to the root, "." for the root itself */
    const char *target; /* of a link: what it says; of a hard link: a name before */
    uint32_t mode, uid, gid;
    size_t size;                /* bytes of a file, holes counted */
    const struct tar_run *runs; /* of a sparse file, else NULL */
    size_t run_count;
    bool unknown; /* a file of which only the name is known: PROFILE_UNKNOWN says so */
};

struct tar;

/* Begins an archive on `out`; troubles are told in `err`. */
struct tar *tar_new(FILE *out, struct err *err);

/* A member: begun, all of its data (between the runs of a sparse file zeros),
 * ended. Each is false where `out` takes no more. */
bool tar_begin(struct tar *tar, const struct tar_member *member);
bool tar_data(struct tar *tar, const unsigned char *data, size_t size);
bool tar_zeros(struct tar *tar, size_t size);
bool tar_end(struct tar *tar);

/* The end of the archive; then nothing but tar_free. */
bool tar_finish(struct tar *tar);
void tar_free(struct tar *tar);

#endif
