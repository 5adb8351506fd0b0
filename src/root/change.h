/* What chmod, chown and rm do to files of a root. No other thread may use the root meanwhile. */
#ifndef WILLRUN_ROOT_CHANGE_H
#define WILLRUN_ROOT_CHANGE_H

#include "root/root.h"

struct change {
    const char *mode; /* as chmod(1) takes it: "755" or "u+x,go=rX"; NULL: it stays */
    bool owned, grouped;
    uint32_t uid, gid; /* where owned, grouped */
    bool below;        /* all that a folder holds, too */
};

/* Change `node` by the change, whose mode is well-formed. */
void root_change(struct root *root, const struct node *node, const struct change *change);

/* Take `node` away with all below it; not the top. */
void root_remove(struct root *root, const struct node *node);

#endif
