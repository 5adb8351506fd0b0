/* Which loaders run programs as musl does. */
#ifndef WILLRUN_REPLAY_MUSL_H
#define WILLRUN_REPLAY_MUSL_H

#include "file/file_facts.h"

/* Is it musl's libc, which is its own loader? */
bool musl_is_loader(const struct elf_facts *elf);

/* Is it gcompat's stand-in for glibc's ld.so, which starts musl's loader with
 * libgcompat preloaded? */
bool gcompat_is_loader(struct facts *facts, const struct node *interp);

#endif
