/* Which files of a tree are subjects. */
#ifndef WILLRUN_CHECK_WALK_H
#define WILLRUN_CHECK_WALK_H

#include "base/vec.h"
#include "file/file_facts.h"

struct paths VEC(const char *);

/* Append the paths of all ELF programs, shared objects and executable scripts
 * under `dir`, sorted. /proc, /sys and /dev of the root are passed over.
 * The files are read by up to `threads` threads. */
void walk_subjects(struct facts *facts, const struct node *dir, size_t threads,
                   struct arena *arena, struct paths *paths);

#endif
