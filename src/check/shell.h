/* What a shell's text surely starts, as far as that can be told without running it. */
#ifndef WILLRUN_CHECK_SHELL_H
#define WILLRUN_CHECK_SHELL_H

#include <stdbool.h>

#include "base/arena.h"

struct shell_command {
    const char *const *argv; /* its words, NULL at the end; cut at the first that is not plain */
    bool arguments;          /* it is "$@": what the script itself was given */
};

/* The first program of a text that only changes the folder and the environment
 * before; false: none can be told. */
bool shell_first_program(const char *text, struct arena *arena, struct shell_command *command);

/* The command of the first line that begins with `exec`; false: none can be told. */
bool shell_first_exec(const char *text, struct arena *arena, struct shell_command *command);

#endif
