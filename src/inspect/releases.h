/* Releases of distributions whose libraries are new enough for a file. */
#ifndef WILLRUN_INSPECT_RELEASES_H
#define WILLRUN_INSPECT_RELEASES_H

#include "elf/elf_details.h"
#include "willrun/inspect.h"

/* Fill file->runs_on; its libc, linkage and floors are known. */
void releases_read(const struct elf_details *details, struct arena *arena,
                   struct willrun_inspected *file);

#endif
