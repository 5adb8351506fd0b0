/* Wheels and jars: zip archives, read in place by their central directory. */
#ifndef WILLRUN_INSPECT_ZIP_H
#define WILLRUN_INSPECT_ZIP_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

struct zip_entry {
    const char *name;
    unsigned mode;         /* permission bits; 0: the archive does not say */
    uint64_t packed, size; /* bytes in the archive, and of the file as it claims */
    uint64_t header;       /* offset of the local header */
    unsigned method;       /* 0: stored, 8: deflated */
};

/* The entries, in `arena`; false: it is no zip archive, or its directory is broken. */
bool zip_list(struct span archive, struct arena *arena, struct zip_entry **entries, size_t *count);

/* Up to `most` bytes of an entry; with malloc in *heap where they had to be expanded (NULL: they
 * are the archive's own). False: they cannot be read. */
bool zip_read(struct span archive, const struct zip_entry *entry, size_t most, struct span *bytes,
              unsigned char **heap);

#endif
