/* What `env` of a shebang line does: a program that executes another one. */
#ifndef WILLRUN_REPLAY_ENV_H
#define WILLRUN_REPLAY_ENV_H

#include "replay/replay.h"

/* Is what `exec` starts an env that has arguments? */
bool env_is(const struct exec_result *exec);

/* Replay that env: on return `exec` tells of the program that env executes, or
 * of why it does not, and `exec->wrapper` of env itself. `depth`: how many envs
 * ran before this one. */
void env_replay(struct facts *facts, const struct process *process, unsigned depth,
                struct arena *arena, struct exec_result *exec);

/* exec_replay behind `depth` envs, with `argv`: argv[0] and the arguments, NULL
 * at the end. */
void exec_replay_nested(struct facts *facts, const struct process *process, const char *path,
                        const char *const *argv, unsigned depth, struct arena *arena,
                        struct exec_result *result);

#endif
