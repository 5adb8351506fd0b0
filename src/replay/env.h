/* What `env` of a shebang line does: a program that executes another one. */
#ifndef WILLRUN_REPLAY_ENV_H
#define WILLRUN_REPLAY_ENV_H

#include "replay/replay.h"

/* Is the program that `exec` starts with `arguments` (behind argv[0], NULL at
 * the end; NULL: none) an env of a shebang line? */
bool env_is(const struct exec_result *exec, const char *const *arguments);

/* Replay that env: on return `exec` tells of the program that env executes, or
 * of why it does not, and `exec->wrapper` of env itself. `depth`: how many envs
 * ran before this one. */
void env_replay(struct facts *facts, const struct process *process, const char *const *arguments,
                unsigned depth, struct arena *arena, struct exec_result *exec);

/* exec_replay behind `depth` envs. */
void exec_replay_nested(struct facts *facts, const struct process *process, const char *path,
                        unsigned depth, struct arena *arena, struct exec_result *result);

#endif
