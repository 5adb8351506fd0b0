/* Whose libc a file was built for. */
#ifndef WILLRUN_INSPECT_FAMILY_H
#define WILLRUN_INSPECT_FAMILY_H

#include "elf/elf_details.h"
#include "willrun/inspect.h"

/* The libc, and how that is known in *evidence: one phrase in `arena`. */
enum willrun_libc family_of(const struct elf_details *details, struct arena *arena,
                            const char **evidence);

/* The libc whose code a static program has in itself; NONE where it does not show. */
enum willrun_libc family_inside(const struct elf_details *details);

/* Is it a library of the libc of that family? */
bool family_has(enum willrun_libc libc, const char *library);

#endif
