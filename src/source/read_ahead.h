/* Archives that several threads read at a time, while one takes what they find in the order of
 * the archives. */
#ifndef WILLRUN_SOURCE_READ_AHEAD_H
#define WILLRUN_SOURCE_READ_AHEAD_H

#include <stdatomic.h>

#include "source/tar.h"

struct read_ahead;

/* Read archive `index`: hand its entries to `found`, until `unwanted` is set. In any thread, and
 * several archives at once. False with a sentence. */
typedef bool read_archive(void *context, size_t index, const atomic_bool *unwanted,
                          tar_found *found, void *found_context, struct err *err);

/* Begin to read `count` archives of these sizes, the largest first, so that no thread is left with
 * it at the end. `context` is borrowed and goes to `read`. NULL: there are no threads for it. */
struct read_ahead *read_ahead_start(const uint64_t *sizes, size_t count, read_archive *read,
                                    void *context);

/* Hand the entries of archive `index` to `found`; all archives in their order, each once. False
 * with the sentence of who read it or of `found`: then no more can be taken. */
bool read_ahead_take(struct read_ahead *ahead, size_t index, tar_found *found, void *context,
                     struct err *err);

void read_ahead_free(struct read_ahead *ahead); /* stops the threads; NULL too */

#endif
