/* The simple commands of a RUN, read without running it. */
#ifndef WILLRUN_DOCKERFILE_RUN_COMMANDS_H
#define WILLRUN_DOCKERFILE_RUN_COMMANDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/vec.h"

/* One command with its words; settings before it (A=b) are left out. */
struct run_command {
    const char *const *argv; /* NULL at the end; at least one */
    size_t argc;
    bool known;    /* every word is: none comes from another command or an unset variable */
    bool always;   /* it is run in any case: behind no ||, in no if, loop or group */
    bool joined;   /* it is run where the one before it went well: behind && */
    bool forgiven; /* where one of its list fails, the RUN goes on: a || or another list follows */
    bool aside;    /* it stands in $( ) or backticks, in a shell of its own, for what it prints */
    const char *output; /* the file that `>` or `>>` names; NULL: none */
    bool appends;
};

struct run_commands VEC(struct run_command);

/* Read `text` with the variables in `exports` ("K=V", NULL at the end). False where it has what is
 * not followed (case, functions, subshells, here-documents): what is in the list stands. The texts
 * are in `arena`; the caller frees the list. */
bool run_commands_read(const char *text, const char *const *exports, struct arena *arena,
                       struct run_commands *commands);

#endif
