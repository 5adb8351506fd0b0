/* The words of the real loaders and of the container runtime, made from events. */
#ifndef WILLRUN_VERDICT_WORDS_H
#define WILLRUN_VERDICT_WORDS_H

#include "base/vec.h"
#include "replay/replay.h"

/* What a start prints, and how it ends. */
struct words {
    struct VEC(const char *) lines; /* texts in the replay's arena */
    int exit_status;                /* -1: it does not end before main */
    enum willrun_phase phase;       /* where it ends */
};

/* The lines that the replayed loader prints for a start (or for dlopen: what
 * dlerror says). */
void words_of_start(const struct replay *replay, bool dlopen, struct words *words);
void words_free(struct words *words);

/* Add lines parted by '\n'; NULL: none. Texts are in `arena`. */
void words_add(struct words *words, const char *text, struct arena *arena);

/* What a start prints that the kernel, or an interpreter without a loader, ends. */
void words_of_exec(struct words *words, const struct exec_result *exec, struct arena *arena);

/* Go prints the texts of strerror in lower case. */
char *words_lower(const char *text, struct arena *arena);

/* The line of runc (1.1 and later) where `command` cannot be started; NULL: it
 * can. `file`: what exec_find found for it; NULL: nothing. */
const char *words_of_runtime(const struct exec_result *exec, const char *command, const char *file,
                             struct arena *arena);

/* Why a candidate was passed over or refused: "no such file", "another machine". */
const char *words_of_outcome(enum refusal refusal, int error);

/* What is wrong with the file, after "it is malformed: ". */
const char *words_of_crash(enum crash crash);

#endif
