/* The names and values that `$V` stands for. */
#ifndef WILLRUN_DOCKERFILE_VARIABLES_H
#define WILLRUN_DOCKERFILE_VARIABLES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/vec.h"

struct variable {
    const char *name, *value;
    bool is_env; /* stays in the image; false: only an ARG of the build */
};

/* In the order in which the names came up. */
struct variables VEC(struct variable);

/* NULL: not set. */
const char *variables_get(const struct variables *variables, const char *name);

/* Names and values are borrowed. A name that is an ENV stays one: an ARG changes what `$V` is, and
 * not what the image has … */
void variables_set(struct variables *variables, const char *name, const char *value, bool is_env);

void variables_copy(struct variables *to, const struct variables *from);

#endif
