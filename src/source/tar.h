/* tar archives, and layers of images, read into a tree of entries. */
#ifndef WILLRUN_SOURCE_TAR_H
#define WILLRUN_SOURCE_TAR_H

#include "source/archive_tree.h"
#include "source/notes.h"
#include "source/store.h"
#include "source/stream.h"

/* Where an archive's bytes come from: a stream, or a file's part that is mapped. */
struct tar_input {
    const char *label;     /* for sentences */
    struct stream *stream; /* borrowed; NULL: mapped */
    struct range range;    /* mapped: of which file */
};

/* What it is read into. */
struct tar_output {
    struct archive_tree *tree;
    struct store *store;
    struct notes *notes;
    bool layer;    /* whiteouts hide what is below */
    bool parts;    /* keep what may be a part of an image whole, whatever it is */
    bool *profile; /* set where a profile's own member was seen; NULL: nobody asks */
};

/* Read all entries; false with a sentence. A file whose bytes are no program or
 * library is kept by its first bytes, where it came as a stream. */
bool tar_read(const struct tar_input *input, const struct tar_output *output, struct err *err);

#endif
