/* The roots of a Dockerfile's stages: what --stage and --base give, what profiles have, and what
 * the instructions make of them. What cannot be told without running something is a gap. */
#ifndef WILLRUN_CHECK_ASSEMBLY_H
#define WILLRUN_CHECK_ASSEMBLY_H

#include "check/context.h"
#include "check/gaps.h"
#include "check/stages.h"
#include "dockerfile/evaluate.h"
#include "dockerfile/image_base.h"
#include "dockerfile/image_settings.h"
#include "source/files.h"

/* A RUN that was followed. */
struct run {
    const char *text;
    const char *const *exports; /* ENV and ARG that it sees, "K=V"; NULL at the end */
    const struct instruction *at;
};

/* A package that a RUN installs. */
struct installed {
    const char *package;
    const char *of; /* the group that it is removed with: apk's --virtual; NULL: none */
    const struct instruction *at;
    bool surely; /* the command is always run */
};

/* A stage, or an image that files are copied from. */
struct built {
    struct root *root;
    struct facts *facts;
    struct VEC(struct gap) gaps;
    struct VEC(struct installed) installed;
    struct VEC(struct run) runs;
    struct VEC(const struct instruction *) copies; /* the instruction of each call of root_copy */
    struct VEC(unsigned) floating; /* those that went below a WORKDIR that is not known */
    struct stage_config config;
    struct image_base base; /* of the image under it; of one that was given: by its name, too */
    const char *image;      /* its name, "scratch" too; NULL: a stage that was given */
    const struct image_settings *settings; /* that it is known to have; NULL: not known */
    const struct instruction *from;        /* that names it; NULL: COPY --from */
    bool given;                            /* its own files are known: --stage or --base */
    bool borrowed;                         /* root and facts are somebody else's */
    const char *name;                      /* of the stage, else of the image */
};

struct stage_numbers VEC(size_t);

struct assembly {
    struct dockerfile *file;
    struct build_request request;
    struct build_scope *scope;
    struct stages *stages; /* those of --stage */
    const struct willrun *willrun;
    struct built target;               /* the stage that is built */
    struct built **built;              /* one for each stage, NULL: not asked for yet */
    struct VEC(struct built *) images; /* that COPY --from names */
    struct VEC(struct root *) made;    /* heredocs, archives and what RUN makes */
    struct root *context;              /* NULL: not asked for yet */
    size_t depth;                      /* of stages that copy from stages */
    const char *context_path;          /* of its folder */
    const char *source;         /* what the target's root is opened from, as --root takes it */
    const char *platform;       /* for it */
    size_t bottom;              /* the stage that it is, or that starts from it … */
    struct stage_numbers chain; /* … and those that are laid over it, the lowest first */
    struct arena arena;
};

/* Read the Dockerfile of the context, and tell what the target's root is to be opened from. NULL
 * with an error. `stages` gets those of --stage. */
struct assembly *assembly_open(const struct willrun *willrun, struct stages *stages,
                               struct err *err);
void assembly_free(struct assembly *assembly);

/* Lay over `root`, which was opened from assembly->source and whose image says `image` (NULL: it is
 * none), what the Dockerfile does. */
bool assembly_lay(struct assembly *assembly, struct root *root, struct facts *facts,
                  const struct image_facts *image, struct err *err);

/* The name of a stage, or its number. */
const char *assembly_stage_name(struct assembly *assembly, size_t stage);

/* The machine that it runs on, where FROM asks for one of its own; NULL: that of the files. */
const struct platform *assembly_machine(const struct assembly *assembly);

/* Is copy `serial` of the target one that brings files from elsewhere, and not what a RUN makes? */
bool assembly_brings(const struct assembly *assembly, unsigned serial);

/* Put `line` behind the text of the file at `path`, which need not be there. */
void assembly_append(struct assembly *assembly, struct built *built, const char *path,
                     const char *line, const struct instruction *at);

/* What the target is called in reports. */
const char *assembly_title(struct assembly *assembly);

/* A stage, laid when it is first asked for; an image that COPY --from names. NULL with an error. */
struct built *assembly_stage(struct assembly *assembly, size_t stage, struct err *err);
struct built *assembly_image(struct assembly *assembly, const char *image, struct err *err);

/* The build context; what assembly->context_path names from then on. NULL with an error. */
struct root *assembly_context(struct assembly *assembly, struct err *err);

/* A root over `source`, which lives as long as the assembly; NULL where `source` is. */
struct root *assembly_keep(struct assembly *assembly, struct source *source);

/* The files that were made for it: `made` as a root of their own. NULL with an error. */
struct root *assembly_files(struct assembly *assembly, const struct made_file *files, size_t count,
                            struct err *err);

#endif
