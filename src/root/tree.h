/* What root.c, which grows the tree of nodes, lookup.c, which walks it, and copy.c, which lays
 * other roots over it, share. */
#ifndef WILLRUN_ROOT_TREE_H
#define WILLRUN_ROOT_TREE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "base/vec.h"
#include "root/root.h"
#include "root/table.h"

/* One name that was copied, with all below it. */
struct lay {
    struct root *from; /* borrowed */
    const struct copy *copy;
    unsigned serial; /* of the root_copy that did it */
};

struct item;

/* Where the facts and bytes of a node come from. */
struct origin {
    struct source *source; /* owned by the root; NULL: another root's node, or a new folder */
    union {
        const char *path;  /* inside the source; NULL: the parent's path, and the node's name */
        struct item *twin; /* of the root that it was copied from; NULL: a new folder */
    };
    const struct lay *lay; /* NULL: not copied */
};

/* A node with what only the root knows of it. */
struct item {
    struct node node; /* first */
    struct origin origin;
    struct table children;      /* of a directory: struct child */
    atomic_bool complete;       /* every name of the directory is in `children` */
    const struct node **sorted; /* those that exist, by name; NULL: nobody has asked for them */
    size_t sorted_count;
};

/* A name that was asked for in a directory. */
struct child {
    struct table_entry entry; /* first; the name */
    struct item *item;        /* NULL: there is none … */
    int error; /* … and this is what the kernel says: ENOENT, or the disk's errno */
};

/* What a copy put into the tree: a file, or a folder with all that is in it. */
struct arrival {
    struct item *item;
    unsigned serial;
};

struct root {
    struct item *top;
    /* Guards all below, but for looking up in the tables. A node is not changed
     * once it can be found. */
    pthread_mutex_t lock;
    struct arena arena;
    struct VEC(struct source *) sources;
    struct VEC(struct arrival) arrivals;
    unsigned copies;        /* root_copy calls */
    struct table contents;  /* content ids by source, device and inode */
    uint32_t content_count; /* ids given */
    struct table walked;    /* what walks of absolute paths came to (lookup.c) */
    atomic_int trouble;     /* errno, 0: none */
    const char *trouble_path;
};

static inline struct item *item_of(const struct node *node)
{
    return (struct item *)node;
}

/* `name` in the directory `dir`; NULL: none, with the errno in *error. */
struct item *item_child(struct root *root, struct item *dir, const char *name, size_t length,
                        int *error);

/* For copy.c: no other thread uses the root meanwhile. */
/* A node of another root, as `lay` makes it; in `parent` it is what `name` is from now on (NULL: it
 * is the top). */
struct item *item_copied(struct root *root, struct item *parent, const char *name,
                         const struct lay *lay, struct item *twin);
/* A new, empty folder in `dir`; it is what `name` is from now on. */
struct item *item_folder(struct root *root, struct item *dir, const char *name,
                         const struct node_info *info);
/* What a node that is copied tells of itself. */
void lay_info(const struct lay *lay, const struct node *twin, struct node_info *info);

#endif
