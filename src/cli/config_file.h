/* The configuration file: options by their long names, and accepted findings. YAML, read by
 * libyaml: no library of C for TOML is in Debian. */
#ifndef WILLRUN_CLI_CONFIG_FILE_H
#define WILLRUN_CLI_CONFIG_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/vec.h"
#include "willrun/result.h"

#define CONFIG_FILE ".willrun.yaml" /* read where no other is named, from the working folder */

/* One option's value; of an option that can be repeated one of them. */
struct config_value {
    const char *key, *value;
    const char *origin; /* "FILE:LINE" */
};

/* Texts are in `arena`. */
struct config {
    struct arena arena;
    struct VEC(struct config_value) values;
    struct VEC(struct willrun_acceptance) acceptances;
};

/* Read `path`; config_free() ends it in any case. False with one sentence in `problem`: which line
 * and column, and what was expected. What the keys mean is not looked at, but for "accept". */
bool config_read(struct config *config, const char *path, char *problem, size_t problem_size);
void config_free(struct config *config);

#endif
