/* Where a bundle is written to: a folder, or a tar archive. Nothing is there under its name before
 * all is written. */
#ifndef WILLRUN_BUNDLE_WRITER_H
#define WILLRUN_BUNDLE_WRITER_H

#include "base/err.h"
#include "bundle/closure.h"

/**
 * Write the sorted nodes beside `to`, in a temporary folder or file of a like name, everything with
 * the modification time `time`.
 *
 * @return the temporary's path, in `arena`; NULL with a sentence in `err`, and nothing left behind.
 */
typedef const char *bundle_writer(const struct closure *closure, const char *to, int64_t time,
                                  struct arena *arena, struct err *err);
bundle_writer bundle_write_dir, bundle_write_tar;

/* "dir/.name.XXXXXX" for "dir/name", for mkdtemp and mkostemp: in one filesystem with it. */
char *bundle_temporary(const char *to, struct arena *arena);

/* Take a temporary away, with all in it. */
void bundle_remove(const char *temporary);

#endif
