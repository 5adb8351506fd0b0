/* The nodes of a root that are taken into a bundle. */
#ifndef WILLRUN_BUNDLE_CLOSURE_H
#define WILLRUN_BUNDLE_CLOSURE_H

#include "base/vec.h"
#include "root/root.h"
#include "willrun/result.h"

struct closure_entry {
    const char *path; /* with no link in it */
    const struct node *node;
    size_t first; /* of all that are the same file the first one's index, once they are sorted */
};

struct closure {
    struct root *root; /* borrowed */
    struct VEC(struct closure_entry) entries;
    struct arena arena;
};

/* Take what `path` leads to and all that it passes through: folders, and each link of the chain.
 * 0, or the errno with which it leads nowhere; what it passed through is taken then, too. */
int closure_add(struct closure *closure, const char *path);

/* The same, and of a folder all below it, with what the links in there lead to. */
int closure_add_tree(struct closure *closure, const char *path);

/* closure_add_tree of what may not be there; was it? */
bool closure_add_existing(struct closure *closure, const char *path);

/* All that the start of `subject` opens: itself, scripts, interpreters, objects. */
void closure_add_subject(struct closure *closure, const struct willrun_subject *subject);

/* Sort by path, each once: a folder comes before what is in it. */
void closure_sort(struct closure *closure);

void closure_free(struct closure *closure);

#endif
