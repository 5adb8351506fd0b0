/* COPY of a Dockerfile, laid over a root: nothing is read but the names that both have. */
#ifndef WILLRUN_ROOT_COPY_H
#define WILLRUN_ROOT_COPY_H

#include "root/root.h"
#include "source/ignore.h"

struct copy {
    struct root *from;   /* borrowed; must outlive the root that it is laid over */
    const char *stage;   /* its name; NULL: the local disk */
    const char *source;  /* a path or a pattern in it */
    const char *base;    /* where a relative `source` starts, no pattern; NULL: the top */
    const char *to;      /* in the root; a folder where it ends in a slash */
    const char *workdir; /* where a relative `to` starts; NULL: the top */
    bool literal;        /* `source` is no pattern */
    bool replaces;       /* `to` is a name at the top: what has it goes, but for a folder that a
                            folder joins */
    bool owned;          /* everything gets the owner below, not that which it has */
    uint32_t uid, gid;
    int mode;            /* permission bits that everything gets; -1: those that it has … */
    const char *changes; /* … with these changes, as mode_change takes them; NULL: none */
    /* Of a folder's contents, by paths from it: what one of `only` matches, with the folders above
     * it, and none of `without`; NULL: all, and nothing. Borrowed for the call. */
    const struct ignore *only, *without;
};

/* A root that is the same as `below`, and can be copied to by itself; `below` must outlive it. */
struct root *root_over(struct root *below);

/**
 * Copy as BuildKit does (docopy of solver/llbsolver/file/backend.go, Copy of
 * github.com/tonistiigi/fsutil/copy): links in the paths are followed inside their roots, a link
 * that is named or matched by a pattern too, those inside of a folder are kept; of a folder the
 * contents are copied; missing folders are made with mode 0755. What matches nothing is an error,
 * as buildah has it. The root copies the texts.
 *
 * No other thread may use `root` meanwhile.
 */
bool root_copy(struct root *root, const struct copy *copy, struct err *err);

/* What `pattern`, an absolute path, matches in `from`, in the order in which it is copied; a path
 * without a wildcard is its own. `*paths` are in `arena`. False with a sentence: none, or no
 * pattern. */
bool root_matches(struct root *from, const char *pattern, struct arena *arena,
                  const char *const **paths, size_t *count, struct err *err);

/* How many times root_copy was called: the number of the last call. */
unsigned root_copy_count(const struct root *root);

/* By which call of root_copy the node came into its root; 0: it is the root's own, or a folder
 * that was made for what is in it. */
unsigned node_copy(const struct node *node);

/* Where a copied node came from: false where it is the root's own. `stage` as struct copy's, and
 * `path` in the root that it was copied from. */
bool node_origin(const struct node *node, struct arena *arena, const char **stage,
                 const char **path);

/* The file or folder that call `serial` put into the tree, one for each *place from 0 on, which
 * is still there; NULL: no more. */
const struct node *root_arrival(struct root *root, unsigned serial, size_t *place);

/* `path` without `.`, `..`, and slashes that say nothing, as Go's path.Clean has it; a relative one
 * starts at `base`, which is absolute. */
char *path_clean(const char *base, const char *path, struct arena *arena);

/* Does a destination, as it is written, name a folder, whether it is there or not? Nothing stands
 * for the one of WORKDIR. */
bool path_names_folder(const char *path);

#endif
