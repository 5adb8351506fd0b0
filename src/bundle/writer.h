/* Where a bundle is written to: a folder, or a tar archive. Nothing is there under its name before
 * all is written. */
#ifndef WILLRUN_BUNDLE_WRITER_H
#define WILLRUN_BUNDLE_WRITER_H

#include "base/err.h"
#include "base/unfinished.h"
#include "bundle/closure.h"

/**
 * Write the sorted nodes beside `to`, in a temporary folder or file of a like name, everything with
 * the modification time `time`.
 *
 * @return the temporary, begun and in `arena`; NULL with a sentence in `err`, and nothing left
 *         behind.
 */
typedef const struct unfinished *bundle_writer(const struct closure *closure, const char *to,
                                               int64_t time, struct arena *arena, struct err *err);
bundle_writer bundle_write_dir, bundle_write_tar;

/* Begin "dir/.name.XXXXXX" for "dir/name", in one filesystem with it: a template for mkdtemp and
 * mkostemp, in `*name`. */
const struct unfinished *bundle_begin(const struct closure *closure, const char *to,
                                      struct arena *arena, char **name);

#endif
