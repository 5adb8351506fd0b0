/* What a stage does to its files, step by step, and what it says of the process in the end. */
#ifndef WILLRUN_DOCKERFILE_EVALUATE_H
#define WILLRUN_DOCKERFILE_EVALUATE_H

#include "base/vec.h"
#include "dockerfile/scope.h"
#include "source/source.h"

/* A source of COPY and ADD. */
struct copy_source {
    const char *path;              /* as it is written, expanded; of a heredoc its name */
    const struct heredoc *heredoc; /* NULL: a path */
    struct span content;           /* of a heredoc */
};

enum step_kind { STEP_COPY, STEP_RUN, STEP_WORKDIR };

struct step {
    enum step_kind kind;
    const struct instruction *instruction;
    const char *workdir; /* absolute; of STEP_WORKDIR the new one */
    bool floats;         /* before it, as in stage_config */

    /* STEP_COPY: COPY and ADD */
    bool from_context;        /* from the build context … */
    struct build_origin from; /* … else this */
    struct copy_source *sources;
    size_t source_count;
    const char *to, *owner, *mode; /* owner and mode: NULL where none is given */
    bool parents, unpack;          /* unpack: archives of the context, as ADD does */
    const char *const *excludes;   /* of --exclude, NULL at the end; NULL: none is given */

    /* STEP_RUN */
    const char *text;           /* the command; of heredocs their text; exec form: its words */
    const char *const *shell;   /* that runs it; NULL at the end */
    const char *const *exports; /* ENV and ARG that it sees, "K=V"; NULL at the end */
};

/* What it says of the process. Lists end with NULL; NULL: nothing. `_at`: the instruction that
 * said it; NULL: what it starts from. */
struct stage_config {
    struct variables variables;
    const char *user, *workdir;
    bool floats; /* workdir is below that of an image whose settings are not known */
    const char *const *entrypoint, *const *command, *const *shell, *const *healthcheck;
    const struct instruction *entrypoint_at, *command_at, *healthcheck_at, *user_at, *workdir_at;
};

struct steps VEC(struct step);

struct evaluation {
    struct steps steps;
    struct stage_config config; /* at the end */
};

/* Start a configuration as `image` (NULL: nothing is known) has it; stage_config_free ends it. */
void stage_config_begin(const struct image_facts *image, struct arena *arena,
                        struct stage_config *config);
void stage_config_free(struct stage_config *config);

/* The same as an image has it: texts are the config's, lists in `arena`. */
void stage_config_image(const struct stage_config *config, struct arena *arena,
                        struct image_facts *image);

/**
 * Follow the instructions of stage `stage` of the scope, which starts from `base`.
 *
 * @return false with a sentence "FILE:LINE:COLUMN: …". Texts are in `arena`; evaluation_free ends
 *         the rest in any case.
 */
bool stage_evaluate(const struct build_scope *scope, size_t stage, const struct stage_config *base,
                    struct arena *arena, struct evaluation *evaluation, struct err *err);
void evaluation_free(struct evaluation *evaluation);

#endif
