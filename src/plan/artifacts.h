/* What a plan is for: files of stages and of the local disk, and where they go. */
#ifndef WILLRUN_PLAN_ARTIFACTS_H
#define WILLRUN_PLAN_ARTIFACTS_H

#include "base/vec.h"
#include "check/context.h"

struct artifact {
    const char *stage;  /* NULL: the local disk */
    const char *source; /* a path in it; of the local disk as it was given */
    const char *to;     /* the path in the runtime */
    bool open;          /* who runs it may not read it, or not execute it as it is */
};

struct artifacts {
    struct VEC(struct artifact) list;
    struct arena arena;
};

/**
 * Find the subjects of `willrun` in its stages, an absolute path in the first one that has it; with
 * neither subjects nor copies the programs of the last stage's usual output folders. Copies are as
 * they are given, and no artifacts.
 *
 * @return false with a sentence in the context.
 */
bool artifacts_find(struct willrun *willrun, struct artifacts *artifacts);

void artifacts_free(struct artifacts *artifacts);

#endif
