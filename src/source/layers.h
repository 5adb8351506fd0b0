/* The layers of an image, one over the other. */
#ifndef WILLRUN_SOURCE_LAYERS_H
#define WILLRUN_SOURCE_LAYERS_H

#include "source/archive_source.h"
#include "source/parts.h"

/* More than any runtime stacks: overlayfs takes 500. */

struct layer {
    struct part part;    /* its blob, as the manifest names it */
    const char *diff_id; /* digest of the tar in it, as the configuration says; NULL: it does not */
};

/* Lay them into `archive`, the lowest first. Digests of what is read here anyway
 * are held at once, the others by a thread: the source's hold waits for it. */
bool layers_read(const struct parts *parts, const struct layer *layers, size_t count,
                 struct archive_source *archive, struct err *err);

#endif
