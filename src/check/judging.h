/* A subject while it is judged. */
#ifndef WILLRUN_CHECK_JUDGING_H
#define WILLRUN_CHECK_JUDGING_H

#include "check/host.h"
#include "check/subject.h"
#include "verdict/findings.h"
#include "verdict/words.h"

struct judging {
    const struct target *target;
    struct memo *memo;
    struct arena *arena;  /* of the result */
    struct arena scratch; /* of this subject's replay */
    struct process process;
    struct findings findings;
    struct willrun_subject *subject;
    struct host host; /* of a shared object */
    const char *runs; /* the file that the program is told to run; NULL: not known */
    bool own; /* what the user brings or starts, and not just one of the root's many files */
};

/* subject.c: replay, find, and conclude. `dlopen`: of a shared object. */
void judging_replay(struct judging *judging, const struct exec_result *exec, bool dlopen,
                    replay_call *call);

/* The verdict that the findings amount to. */
void judging_conclude(struct judging *judging, const struct words *words);

/* A file is damaged; a loader is neither glibc's nor musl's: the findings that say so. */
void judging_malformed(struct judging *judging, const char *path, const struct elf_facts *elf);
void judging_loader_unknown(struct judging *judging, const char *interp);

/* shared_object.c: what becomes of opening the object with dlopen. */
void judging_dlopen(struct judging *judging, const char *path, const struct node *node,
                    const struct elf_facts *elf);

/* result.c: what the caller gets of a replay, of the findings (which are freed) and of words,
 * copied to the result's arena. */
void result_objects(struct judging *judging, const struct replay *replay);
void result_findings(struct judging *judging);
void result_words(struct judging *judging, const struct words *words);
const char *result_text(struct judging *judging, const char *text);

#endif
