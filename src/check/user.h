/* Who a container's process is. */
#ifndef WILLRUN_CHECK_USER_H
#define WILLRUN_CHECK_USER_H

#include "base/err.h"
#include "file/file_facts.h"

/* `spec`, "USER", "USER:GROUP" or ":GROUP" of numbers and names, in `cred` by
 * the /etc/passwd and /etc/group of the target, as Docker and its kin read
 * USER (GetExecUser of github.com/moby/sys/user): a number that stands in
 * neither is taken as it is, with group 0; without a GROUP the user is in all
 * groups that list it. The groups are in `arena`. */
bool user_find(struct facts *facts, const char *spec, struct arena *arena, struct cred *cred,
               struct err *err);

#endif
