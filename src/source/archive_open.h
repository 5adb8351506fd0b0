/* libarchive's own openers go on where they had no memory for what a callback is given: that ends
 * in a crash or a leak. */
#ifndef WILLRUN_SOURCE_ARCHIVE_OPEN_H
#define WILLRUN_SOURCE_ARCHIVE_OPEN_H

#include <archive.h>
#include <stdbool.h>

#include "base/span.h"

/* Open what `read` gives, which is called with `context`. */
bool archive_open(struct archive *archive, archive_read_callback *read, void *context);

/* Open the bytes of `whole`, which is empty once they are read. */
bool archive_open_span(struct archive *archive, struct span *whole);

#endif
