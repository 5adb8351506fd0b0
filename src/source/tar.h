/* tar archives, and layers of images, read entry by entry. */
#ifndef WILLRUN_SOURCE_TAR_H
#define WILLRUN_SOURCE_TAR_H

#include <stdatomic.h>

#include "source/archive_tree.h"
#include "source/store.h"
#include "source/stream.h"

/* Where an archive's bytes come from: a stream, or a file's part that is mapped. */
struct tar_input {
    const char *label;     /* for sentences */
    struct stream *stream; /* borrowed; NULL: mapped */
    struct range range;    /* mapped: of which file */
    struct store *store;   /* that has the file, and gets what is kept of a stream */
    bool parts;            /* keep what may be a part of an image whole, whatever it is */
    /* Set by another thread: nobody wants the rest. NULL: it never is. */
    const atomic_bool *unwanted;
};

/* What an entry says. Texts are borrowed. */
struct tar_entry {
    const char *path;    /* as seen from the root, without "." and ".."; "": the top */
    const char *name;    /* where that leads out of the root, as the archive has it; else NULL */
    const char *target;  /* of a link; of a hard one as seen from the root; NULL: it is none */
    bool hard;           /* a hard link */
    bool too_long;       /* `path` is only the beginning of it */
    enum node_type type; /* NODE_NONE: what only a hard link may be */
    uint32_t mode, uid, gid;
    struct content content; /* of a file */
};

/* False with a sentence, or to have no more. */
typedef bool tar_found(void *context, const struct tar_entry *entry, struct err *err);

/* Hand all entries to `found`, in their order; false with a sentence. A file whose bytes are no
 * program or library is kept by its first bytes, where it came as a stream. */
bool tar_read(const struct tar_input *input, tar_found *found, void *context, struct err *err);

#endif
