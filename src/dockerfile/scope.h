/* Which variables are set where: ARG above the first FROM, the platform's, ARG and ENV of a stage;
 * and with them what each stage starts from, and which stages a build needs
 * (BuildKit's frontend/dockerfile/dockerfile2llb/convert.go). */
#ifndef WILLRUN_DOCKERFILE_SCOPE_H
#define WILLRUN_DOCKERFILE_SCOPE_H

#include "dockerfile/dockerfile.h"
#include "dockerfile/variables.h"
#include "dockerfile/words.h"

/* What the builder is told. Platforms as "linux/arm64", "linux/arm/v7". */
struct build_request {
    const char *build_platform, *target_platform;
    const char *target;     /* --target: the name of a stage; NULL: the last one */
    struct variables given; /* --build-arg */
};

/* What a stage starts from, and what COPY --from and RUN --mount=from= read. */
enum origin_kind { ORIGIN_SCRATCH, ORIGIN_STAGE, ORIGIN_IMAGE };

struct build_origin {
    enum origin_kind kind;
    size_t stage;      /* index of it; SIZE_MAX: none */
    const char *image; /* expanded; NULL: none */
};

/* A FROM with its variables replaced. */
struct stage_start {
    struct build_origin origin;
    const char *platform; /* normalized; NULL: none is given: the target's */
    struct names unset;   /* variables of FROM that no ARG above it sets */
};

struct build_scope {
    const struct dockerfile *file;
    const struct build_request *request;
    struct variables globals;   /* what FROM sees */
    struct stage_start *starts; /* one for each stage */
    size_t target;              /* index of the stage that is built */
    bool *needed;               /* one for each stage: the target is made from it, or is it */
    struct arena arena;
};

/**
 * Resolve the ARGs above the first FROM, each FROM, and which stages are made from which.
 *
 * @return for build_scope_free; NULL with a sentence "FILE:LINE:COLUMN: …": a FROM whose name is
 *         blank, a target that does not exist, stages that are made from each other, a needed one
 *         that copies from one below. `file` and `request` must outlive it.
 */
struct build_scope *build_scope_open(const struct dockerfile *file,
                                     const struct build_request *request, struct err *err);
void build_scope_free(struct build_scope *scope);

/* What `COPY --from=FROM` reads: a stage by number, else by name, else an image. False with an
 * error for a number that no stage has, or a variable. */
bool build_scope_from(const struct build_scope *scope, const char *from, struct text_place place,
                      struct build_origin *origin, struct arena *arena, struct err *err);

/* The same of `RUN --mount=from=FROM`: numbers count for nothing. */
struct build_origin build_scope_mounted(const struct build_scope *scope, const char *from);

/* Take ARG and ENV of an instruction into *variables, which start as those of the stage's base
 * (a stage's: variables_copy; an image's Env: variables_set). Does nothing for others. Texts go to
 * `arena`. */
bool build_scope_apply(const struct build_scope *scope, const struct instruction *instruction,
                       struct variables *variables, struct arena *arena, struct err *err);

/* A text of an instruction with its variables replaced, its quotes and escapes resolved; NULL with
 * the place in the error. `unset` (NULL: not wanted) gets the variables that are not set; the
 * caller frees it. */
const char *build_scope_expand(const struct build_scope *scope, const char *text,
                               struct text_place place, const struct variables *variables,
                               struct names *unset, struct arena *arena, struct err *err);

/* The content of a heredoc as COPY and ADD write it: chomped, and expanded where it asks for it. */
bool build_scope_heredoc(const struct build_scope *scope, const struct heredoc *heredoc,
                         const struct variables *variables, struct span *content,
                         struct arena *arena, struct err *err);

#endif
