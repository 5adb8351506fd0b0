/* Which files of a tree are subjects. */
#ifndef WILLRUN_CHECK_WALK_H
#define WILLRUN_CHECK_WALK_H

#include "base/vec.h"
#include "check/subject.h"

struct asked_list VEC(struct asked);

/* Append all ELF programs, shared objects and executable scripts under `dir`,
 * sorted, and what could not be looked at. /proc, /sys and /dev of the root are
 * passed over. `dir` may be a file, too. `copy`: only what came with this call of root_copy; 0:
 * everything. The files are read by up to `threads` threads. */
void walk_subjects(struct facts *facts, const struct node *dir, unsigned copy, size_t threads,
                   struct arena *arena, struct asked_list *list);

#endif
