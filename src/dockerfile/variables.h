/* The names and values that `$V` stands for. */
#ifndef WILLRUN_DOCKERFILE_VARIABLES_H
#define WILLRUN_DOCKERFILE_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/vec.h"

struct variable {
    const char *name;
    const char *value;  /* what `$V` is: the last ENV or ARG */
    const char *env;    /* what the image has: the last ENV; NULL: only an ARG of the build */
    const char *export; /* "K=V" of `value`; NULL: nobody has asked since it was set */
};

/* In the order in which the names came up. Zero-initialised is empty; vec_free frees. */
struct variables {
    struct variable *at;
    size_t count, room;
    size_t written;             /* bytes of all values that were ever set: kept within bounds */
    const char *const *exports; /* what variables_exports() made last; NULL: no longer right */
};

/* NULL: not set. */
const char *variables_get(const struct variables *variables, const char *name);

/* Names and values are borrowed. */
void variables_set(struct variables *variables, const char *name, const char *value, bool is_env);

/* "K=V" of each, NULL at the end; made in the arena, once for all that ask until one is set. */
const char *const *variables_exports(struct variables *variables, struct arena *arena);

/* `to` is overwritten. */
void variables_copy(struct variables *to, const struct variables *from);

/* What a stage begins with that starts from another: its ARGs, too; but where an ENV has the name
 * of an ARG, `$V` is the ENV again. `to` is overwritten. */
void variables_inherit(struct variables *to, const struct variables *base);

/* PATH, where what the stage starts from does not set it: `scratch`, and some images. */
void variables_default_path(struct variables *variables);

#endif
