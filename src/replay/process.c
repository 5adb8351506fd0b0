#include "replay/replay.h"

#include <string.h>

const char *process_env(const struct process *process, const char *name)
{
    size_t length = strlen(name);
    for (const char *const *at = process->env; at != NULL && *at != NULL; at++)
        if (strncmp(*at, name, length) == 0 && (*at)[length] == '=')
            return *at + length + 1;
    return NULL;
}

void replay_free(struct replay *replay)
{
    vec_free(&replay->objects);
    vec_free(&replay->events);
}

struct event *replay_event(struct replay *replay, enum event_kind kind)
{
    struct event *event = vec_push(&replay->events);
    *event = (struct event){.kind = kind, .by = -1, .object = -1};
    return event;
}
