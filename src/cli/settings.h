/* What was asked for, from wherever it was said: the configuration file, then variables of the
 * environment, then the command line. Of two values of one option the later holds; lists add up. */
#ifndef WILLRUN_CLI_SETTINGS_H
#define WILLRUN_CLI_SETTINGS_H

#include "cli/config_file.h"
#include "cli/options.h"

struct command;

struct settings {
    struct options options;
    struct config config;
    struct arena arena;
};

/* Gather what is said for `command`; settings_free() ends it in any case. False with one sentence
 * in `problem`; `usage`: it is the command line's fault. */
bool settings_gather(struct settings *settings, const struct command *command, int count,
                     char *const *arguments, bool *usage, char *problem, size_t problem_size);
void settings_free(struct settings *settings);

#endif
