/* The target's files decide between the causes of a message. */
#ifndef WILLRUN_EXPLAIN_DECIDE_H
#define WILLRUN_EXPLAIN_DECIDE_H

#include "check/context.h"
#include "explain/causes.h"

struct decision {
    struct willrun_result *check; /* owned by who asked; NULL: none was made */
    bool decided;
};

/**
 * Judge in the context's root what the message is about, and put the cause that its files show
 * before those that the words allow; those that they exclude go.
 *
 * @param target the options that name it, for commands
 * @param reading NULL: no message was recognised
 * @param path the file that is asked about in the place of a message; NULL: none
 * @param status what the process ended with; -1: not known
 * @return false with an error in the context: the root cannot be read.
 */
bool decide(struct willrun *willrun, const char *target, const struct reading *reading,
            const char *path, int status, struct arena *arena, struct causes *causes,
            struct decision *decision);

#endif
