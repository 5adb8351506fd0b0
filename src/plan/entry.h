/* How artifacts are started: by themselves, or by a program of the base. */
#ifndef WILLRUN_PLAN_ENTRY_H
#define WILLRUN_PLAN_ENTRY_H

#include "plan/artifacts.h"

/* The words of ENTRYPOINT. */
struct entry {
    const char *const *words;
    size_t count;       /* 0: the first program among the artifacts */
    const char *runner; /* words[0] where the base may have to have it; NULL: it need not */
    const char *const *arguments; /* of CMD; NULL: none */
};

/* Does the folder hold an application that an interpreter runs? */
bool entry_is_application(struct root *root, const struct node *folder);

/* The first artifact that an interpreter runs tells how. Texts are in artifacts->arena. */
void entry_find(struct artifacts *artifacts, struct entry *entry);

#endif
