/* What a plan is for: files and folders of stages and of the local disk, and where they go. */
#ifndef WILLRUN_PLAN_ARTIFACTS_H
#define WILLRUN_PLAN_ARTIFACTS_H

#include "base/vec.h"
#include "check/context.h"
#include "check/stages.h"
#include "dockerfile/variables.h"

struct artifact {
    const char *stage;  /* NULL: the local disk */
    const char *source; /* a path in it; of the local disk as it was given */
    const char *to;     /* the path in the runtime */
    bool open;          /* anybody may read all of it, and execute what is executable */
    bool folder;
    const char *setting, *flags; /* of --copy and of COPY, where they are given; NULL: by `open` */
    const char *local; /* of the build context: the path from here; it is copied, not judged */
    bool absent; /* of the build context: it is not there now; it is written, and not copied */
    struct root *root; /* that it is in; borrowed */
    const struct node *node;
};

struct artifacts {
    struct VEC(struct artifact) list;
    struct stages stages;          /* those of the context, open */
    struct VEC(const char *) kept; /* lines of a Dockerfile that stay as they are */
    struct VEC(const char *) left; /* those that are not taken over */
    struct dockerfile *file;       /* NULL: none */
    struct build_scope *scope;
    struct variables given; /* its build arguments */
    struct arena arena;
};

/* Open the stages of `willrun`. False with a sentence in the context. artifacts_free() in any case.
 */
bool artifacts_open(struct willrun *willrun, struct artifacts *artifacts);

/**
 * Find the subjects of `willrun` in the stages, an absolute path in the first one
 * that has it; with neither subjects nor copies what the last stage has in the usual output places.
 * Copies are as they are given, and no artifacts.
 *
 * @return false with a sentence in the context.
 */
bool artifacts_find(struct willrun *willrun, struct artifacts *artifacts);

/* The stage of that name; it is there. */
struct stage *artifacts_stage(struct artifacts *artifacts, const char *name);

void artifacts_free(struct artifacts *artifacts);

#endif
