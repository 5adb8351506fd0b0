/* A few files that are made, not read, as a source. */
#ifndef WILLRUN_SOURCE_FILES_H
#define WILLRUN_SOURCE_FILES_H

#include "source/source.h"

struct made_file {
    const char *path;   /* relative to the top */
    struct span text;   /* of a file; copied */
    const char *target; /* of a link; NULL: a file */
    uint32_t mode;
};

/* NULL with a sentence in `err`. */
struct source *source_open_files(const char *name, const struct made_file *files, size_t count,
                                 struct err *err);

#endif
