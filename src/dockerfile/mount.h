/* RUN --mount=type=bind,from=build,source=/out,target=/in */
#ifndef WILLRUN_DOCKERFILE_MOUNT_H
#define WILLRUN_DOCKERFILE_MOUNT_H

#include "dockerfile/scope.h"

enum mount_kind { MOUNT_BIND, MOUNT_CACHE, MOUNT_TMPFS, MOUNT_SECRET, MOUNT_SSH };

/* What is not given is NULL. */
struct mount {
    enum mount_kind kind;
    const char *from; /* build_scope_mounted */
    const char *source, *target, *id, *env;
    bool read_only, required;
};

/* Read the value of a --mount flag. BuildKit does so when it comes to the instruction of a stage
 * that is needed, after variables are replaced. */
bool mount_read(const struct build_scope *scope, const struct flag *flag,
                const struct variables *variables, struct mount *mount, struct arena *arena,
                struct err *err);

/* What is judged before that: it must be a list, and `from` may have no variable. */
bool mount_judge(const struct dockerfile *file, const struct flag *flag, struct err *err);

/* Its texts alone, before variables are replaced: `from` never has one. False: it is no list. */
bool mount_names(const struct flag *flag, struct mount *mount, struct arena *arena);

#endif
