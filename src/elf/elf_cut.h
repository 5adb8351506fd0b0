/* An ELF file cut down to what willrun reads of it. */
#ifndef WILLRUN_ELF_ELF_CUT_H
#define WILLRUN_ELF_ELF_CUT_H

#include "base/span.h"

/**
 * Mark the bytes of an ELF file that its facts and its relocations come from.
 *
 * What the reader reads is what is marked: a file of the same size whose other
 * bytes are zero has the same facts. The byte on each side of a run is marked
 * too, or zeros there would make words begin or end where none did.
 *
 * @param seen  a byte for each of `file`; those that count are set to 1, the
 *              others stay as they are.
 */
void elf_cut(struct span file, unsigned char *seen);

#endif
