/* One file described. */
#ifndef WILLRUN_INSPECT_DESCRIBE_H
#define WILLRUN_INSPECT_DESCRIBE_H

#include "base/arena.h"
#include "base/span.h"
#include "inspect/policy.h"
#include "willrun/inspect.h"

/* Where it lies. */
struct place {
    const char *path, *archive;
    unsigned mode; /* permission bits */
    policy_beside *beside;
    const void *context; /* of `beside` */
    const char
        *profile; /* that it is from, which has only what a loader reads; NULL: it is whole */
};

/* What `bytes`, all of a file, say of it; texts are in `arena`. */
void describe(const struct place *place, struct span bytes, struct arena *arena,
              struct willrun_inspected *file);

/* Is it an ELF file that a kernel or a loader takes: no object file, no debug information? */
bool describe_wants(const struct willrun_inspected *file);

#endif
