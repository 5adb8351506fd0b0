/* Will a program run in an image with nothing else in it? */
#ifndef WILLRUN_INSPECT_SCRATCH_H
#define WILLRUN_INSPECT_SCRATCH_H

#include "elf/elf_details.h"
#include "willrun/inspect.h"

/* Fill file->scratch; all else of it is known. */
void scratch_read(const struct elf_details *details, struct arena *arena,
                  struct willrun_inspected *file);

#endif
