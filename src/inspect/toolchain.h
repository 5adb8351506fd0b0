/* What made a file: told only where the file itself says so. */
#ifndef WILLRUN_INSPECT_TOOLCHAIN_H
#define WILLRUN_INSPECT_TOOLCHAIN_H

#include "elf/elf_details.h"
#include "willrun/inspect.h"

/* All that shows, in file->toolchains. */
void toolchains_read(const struct elf_details *details, struct arena *arena,
                     struct willrun_inspected *file);

/* The one called `name`; NULL: none. */
const struct willrun_toolchain *toolchain_of(const struct willrun_inspected *file,
                                             const char *name);

#endif
