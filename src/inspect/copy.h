/* A description that outlives the file's bytes. */
#ifndef WILLRUN_INSPECT_COPY_H
#define WILLRUN_INSPECT_COPY_H

#include "base/arena.h"
#include "willrun/inspect.h"

/* `file` with all that it points to in `arena`. */
struct willrun_inspected inspected_copy(const struct willrun_inspected *file, struct arena *arena);

#endif
