/* What objects open when they run, as they say of themselves. Private to src/replay. */
#ifndef WILLRUN_REPLAY_OPENS_H
#define WILLRUN_REPLAY_OPENS_H

#include "replay/replay.h"

/* The path that dlopen of `name` by object `by` takes; NULL: none. */
typedef const char *open_search(void *loader, int by, const char *name);

/* An event for each library of the dlopen notes of `replay`'s objects (but those that a host had
 * before), and for each of process->opens, which object 0 opens. */
void opens_replay(struct replay *replay, const struct process *process, bool dlopen,
                  open_search *search, void *loader);

#endif
