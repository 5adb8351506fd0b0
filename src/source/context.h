/* A build context: a folder of the local disk without what its .dockerignore leaves out. */
#ifndef WILLRUN_SOURCE_CONTEXT_H
#define WILLRUN_SOURCE_CONTEXT_H

#include "source/ignore.h"
#include "source/source.h"

/* `ignore_path`: the .dockerignore; NULL or not there: nothing is left out. NULL with a sentence in
 * `err`. */
struct source *source_open_context(const char *path, const char *ignore_path, struct err *err);

#endif
