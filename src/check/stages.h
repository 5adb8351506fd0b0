/* Builder stages, and what is copied out of them and from the local disk. */
#ifndef WILLRUN_CHECK_STAGES_H
#define WILLRUN_CHECK_STAGES_H

#include <pthread.h>

#include "base/vec.h"
#include "file/file_facts.h"
#include "root/copy.h"
#include "verdict/owners.h"

struct stage {
    const char *name;
    struct root *root;
    struct facts *facts;
    struct owners *owners;           /* of its libraries; NULL: not needed yet (stage_owners) */
    const struct image_facts *image; /* NULL: it is no image */
};

/* stages_init() makes it empty; stages_free() ends it, after the roots that were copied to.
 */
struct stages {
    struct VEC(struct stage) list;
    struct root *local;          /* the local disk from its top; NULL: not needed yet */
    pthread_mutex_t owners_lock; /* guards every stage's owners */
    struct arena arena;
};

void stages_init(struct stages *stages);

/* What --copy says: NAME:SRC:DST[:chmod=MODE,chown=USER:GROUP]; `\:` is a colon of a path. */
struct copy_request {
    const char *stage;       /* NULL: the local disk */
    const char *source, *to; /* not empty */
    const char *owner;       /* NULL: none given */
    int mode;                /* a number; -1: none given */
    const char *changes;     /* of the modes; NULL: none given */
};

/* Take `text` apart; texts are in `arena`. False with WILLRUN_EUSAGE. */
bool copy_parse(const char *text, struct arena *arena, struct copy_request *request,
                struct err *err);

/* Is `text` NAME=SOURCE? False with WILLRUN_EUSAGE. */
bool stage_parse(const char *text, struct arena *arena, const char **name, const char **source,
                 struct err *err);

/* Open the stage that `text` names; of an image for several platforms the one for `platform` (NULL:
 * the only one). */
bool stages_add(struct stages *stages, const char *text, const char *platform, struct err *err);

/* Copy what `text` says to the root of `facts`. `workdir`: where a relative DST starts; NULL: /. */
bool stages_copy(struct stages *stages, struct facts *facts, const char *text, const char *workdir,
                 struct err *err);

/* Lay the file or folder `path` of the local disk over `root` as /NAME, which is put into
 * *inside. A folder joins one that is there already; anything else takes its place. */
bool stages_lay(struct stages *stages, struct root *root, const char *path, const char **inside,
                struct err *err);

/* The local disk from its top; NULL with a sentence. */
struct root *stages_local(struct stages *stages, struct err *err);

/* Whose package a library of the stage is; any thread may ask. */
const struct owners *stage_owners(struct stages *stages, struct stage *stage);

void stages_free(struct stages *stages);

#endif
