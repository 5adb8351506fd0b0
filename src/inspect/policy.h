/* Platform tags of wheels: which a file fits by its versions, libraries and symbols. */
#ifndef WILLRUN_INSPECT_POLICY_H
#define WILLRUN_INSPECT_POLICY_H

#include "elf/elf_details.h"
#include "willrun/inspect.h"

/* Fill file->policies and file->policy_troubles; all else of it is known. `beside`: is there a
 * library of that name in the same wheel? NULL: it is in none. */
typedef bool policy_beside(const void *context, const char *library);
void policies_read(const struct elf_details *details, policy_beside *beside, const void *context,
                   struct arena *arena, struct willrun_inspected *file);

#endif
