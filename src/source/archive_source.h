/* A tree of entries as a source. */
#ifndef WILLRUN_SOURCE_ARCHIVE_SOURCE_H
#define WILLRUN_SOURCE_ARCHIVE_SOURCE_H

#include "source/archive_tree.h"
#include "source/digests.h"
#include "source/notes.h"
#include "source/source.h"

struct archive_source {
    struct source source; /* first */
    struct archive_tree tree;
    struct store *store; /* owned */
    struct notes notes;
    struct digests *digests; /* that are still computed; NULL: none */
    struct arena arena;      /* owns the name and the image */
};

/* An empty one over `store`, which it takes an own share of. To be filled, and
 * then finished; closed as every source. */
struct archive_source *archive_source_new(struct store *store, const char *name);
struct source *archive_source_finish(struct archive_source *archive);

#endif
