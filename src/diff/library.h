/* What release a library of a root is, as far as its file tells. */
#ifndef WILLRUN_DIFF_LIBRARY_H
#define WILLRUN_DIFF_LIBRARY_H

#include "file/file_facts.h"

/* The ELF file at `path`; NULL where there is none. */
const struct elf_facts *library_at(struct facts *facts, const char *path);

/* Its version: of a libc what it says of itself, else what the name of the file
 * behind the links says ("1.2.13" of libz.so.1.2.13), else the highest symbol
 * version that it defines, else its build id. In `arena`; NULL: nothing tells. */
const char *library_version(struct facts *facts, const char *path, struct arena *arena);

#endif
