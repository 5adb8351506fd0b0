/* The root filesystem that later passes see: a tree of nodes in which paths are
 * resolved exactly as a process chrooted there would. Nodes are made when they
 * are first asked for and live as long as the root. */
#ifndef WILLRUN_ROOT_ROOT_H
#define WILLRUN_ROOT_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "source/source.h"

struct node {
    const struct node *parent; /* the root directory is its own parent */
    const char *name;          /* last part of its path, "" for the root directory */
    enum node_type type;
    uint16_t mode; /* permission bits */
    uint32_t uid, gid;
    uint64_t size;      /* bytes of a file */
    const char *target; /* of a link, else NULL */
    /* Files with the same content id are the same file (hard links): what
     * loaders compare as (device, inode). Dense from 1; 0 for what is no file. */
    uint32_t content;
};

/* Who walks: the kernel's permission checks follow it. uid 0 passes them all
 * but that of executing a file without any x bit. */
struct cred {
    uint32_t uid, gid;
    const uint32_t *groups; /* supplementary; borrowed */
    size_t group_count;
};

enum access { ACCESS_READ = 4, ACCESS_WRITE = 2, ACCESS_EXEC = 1 };

enum lookup_flags {
    LOOKUP_FOLLOW = 0,
    LOOKUP_NOFOLLOW = 1, /* a link in the last part is the answer itself */
};

struct root;

/* A root over `source`, which it owns from then on. */
struct root *root_new(struct source *source);
void root_free(struct root *root);

/* The folder at the absolute `path`, made with all above it that is missing, as
 * runtimes do for a working directory; NULL with an errno where something else
 * is in the way. No other thread may use the root meanwhile. */
const struct node *root_make_folder(struct root *root, const char *path, int *error);

/**
 * Resolve `path` as a process chrooted into `root` would.
 *
 * Follows at most 40 symbolic links (the kernel's MAXSYMLINKS); absolute
 * targets start again at the root, `..` at the root stays there. A relative
 * path starts at `cwd` (NULL: the root directory). Needs search permission for
 * `cred` on each directory passed (NULL: not checked).
 *
 * @return the node, owned by `root`; NULL with the errno that the kernel would
 *         give in `*error`: ENOENT, ENOTDIR, ELOOP, EACCES, ENAMETOOLONG.
 */
const struct node *root_lookup(struct root *root, const struct node *cwd, const char *path,
                               const struct cred *cred, enum lookup_flags flags, int *error);

/* Where walks for a `cred` end because willrun itself could not look, which the kernel would not
 * say: how many of this thread did so far, and the last one's path and errno. The path is owned by
 * the root. */
struct root_refusal {
    size_t count;
    const char *path;
    int error;
};
struct root_refusal root_refused(void);

/* Is `error` of root_lookup without a `cred` such a refusal, and none of the target's own? */
bool root_is_refusal(int error);

const struct node *root_top(const struct root *root);

/* The names in a directory, sorted; in `names` from `arena`. Returns 0 or an errno. */
int root_list(struct root *root, const struct node *dir, struct arena *arena,
              const struct node ***nodes, size_t *count);

/* The same, but regular files that `sieve` holds back may be left out. */
int root_sift(struct root *root, const struct node *dir, source_sieve *sieve, struct arena *arena,
              const struct node ***nodes, size_t *count);

/* The errno with which some name in a listed or sifted directory could not be looked at,
 * so that there is no node for it; 0: there is none. */
int root_unseen(struct root *root, const struct node *dir);

/* The bytes of a regular file; 0 or an errno. Release with file_bytes_release. */
int root_bytes(struct root *root, const struct node *file, struct file_bytes *bytes);

/* The same, or the first bytes alone where `wanted` says that they are enough. */
int root_bytes_wanted(struct root *root, const struct node *file, file_wanted *wanted,
                      struct file_bytes *bytes);

/* The first FILE_START bytes of it, or all where there are fewer: what every source has. */
int root_bytes_start(struct root *root, const struct node *file, struct file_bytes *bytes);

/* The name of the profile that the file is from, whose bytes are not all there; NULL: it is whole.
 */
const char *node_profile(const struct node *file);

/* May `cred` do `want` (enum access) with `node`? As the kernel's generic_permission. */
bool node_allows(const struct node *node, const struct cred *cred, unsigned want);

/* The absolute path of `node`, with no link in it. */
char *node_path(const struct node *node, struct arena *arena);

/* Is it /proc, /sys or /dev? What a kernel mounts there is no part of an image. */
bool node_is_mount(const struct node *node);

/* Wait for what is still verified of the sources: can they be trusted? False with
 * a sentence. */
bool root_hold(struct root *root, struct err *err);

/* How many threads verify them at the moment. */
size_t root_verifying(const struct root *root);

/* The errno with which a node of the source could not be looked at or read for the first time (the
 * disk's own refusal, not the target's), with its path inside the root in `path`; 0 and NULL where
 * all went well. */
int root_trouble(const struct root *root, const char **path);

#endif
