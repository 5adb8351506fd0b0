/* What the interpreter of a script does with the script itself. */
#ifndef WILLRUN_REPLAY_INTERPRETER_H
#define WILLRUN_REPLAY_INTERPRETER_H

#include "replay/replay.h"

/* The kernel starts a script that its user may execute and not read; then the
 * interpreter cannot open it. Where `exec`, which starts, is such a case, its
 * reason becomes EXEC_SCRIPT_UNREADABLE, and its wrapper the interpreter. */
void interpreter_replay(struct facts *facts, const struct process *process, struct arena *arena,
                        struct exec_result *exec);

#endif
