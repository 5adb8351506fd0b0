/* The least levels of libraries, kernel and processor that a file asks for. */
#ifndef WILLRUN_INSPECT_FLOORS_H
#define WILLRUN_INSPECT_FLOORS_H

#include "elf/elf_details.h"
#include "willrun/inspect.h"

/* Fill file->floors; its libc and toolchains are known. */
void floors_read(const struct elf_details *details, struct arena *arena,
                 struct willrun_inspected *file);

#endif
