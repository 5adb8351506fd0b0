/* Names of files that are neither ELF nor script, by libmagic. */
#ifndef WILLRUN_FILE_MAGIC_H
#define WILLRUN_FILE_MAGIC_H

#include "base/arena.h"
#include "base/span.h"

/* What `file` says of these bytes ("gzip compressed data, …"), in `arena`; NULL
 * where its database cannot be loaded. The database is loaded at the first call
 * and kept; may be called from several threads. */
const char *magic_name(struct span file, struct arena *arena);

/* Note which files that database is read from: see source/witness.h. */
void magic_witness(void);

#endif
