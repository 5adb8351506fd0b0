/* Who a container's process is. */
#ifndef WILLRUN_CHECK_USER_H
#define WILLRUN_CHECK_USER_H

#include "base/err.h"
#include "file/file_facts.h"

enum user_answer {
    USER_FOUND,
    USER_MISSING, /* there is no such user or group */
    USER_UNREAD,  /* willrun itself cannot read the file that tells */
};

/* `spec`, "USER", "USER:GROUP" or ":GROUP" of numbers and names, in `cred` by
 * the /etc/passwd and /etc/group of the target, as Docker and its kin read
 * USER (GetExecUser of github.com/moby/sys/user): a number that stands in
 * neither is taken as it is, with group 0; without a GROUP the user is in all
 * groups that list it. The groups are in `arena`. What is not found is told in `err`. */
enum user_answer user_find(struct facts *facts, const char *spec, struct arena *arena,
                           struct cred *cred, struct err *err);

/* `spec` as --chown of COPY: "USER", "USER:GROUP" or ":GROUP". A number is taken as it is, and for
 * the group too where none is given; a name is looked up (readUser of BuildKit's
 * solver/llbsolver/ops/user_linux.go, but for a name that is not there: an error, as buildah and
 * BuildKit's manual have it). */
enum user_answer user_owner(struct facts *facts, const char *spec, uint32_t *uid, uint32_t *gid,
                            struct err *err);

/* Can willrun read both files, as far as they are there? */
bool user_files_read(struct facts *facts);

#endif
