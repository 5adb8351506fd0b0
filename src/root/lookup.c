/* Paths as a chrooted process would resolve them: Linux fs/namei.c. */
#include <errno.h>
#include <string.h>

#include "base/hash.h"
#include "root/tree.h"

enum {
    LINKS = 40,           /* MAXSYMLINKS */
    LONGEST_NAME = 255,   /* NAME_MAX of every filesystem that images live on */
    PATH_SIZE = 4096,     /* PATH_MAX, with the NUL */
    MOST_WALKED = 1 << 17 /* bounds the memory; what is not kept is walked again */
};

/* ---- one walk ---- */

struct walk {
    struct root *root;
    const struct cred *cred;
    struct item *at; /* a directory, until the end is reached */
    /* What is left to walk: of the path first, then of each link on the way, the
     * innermost last. Nothing stays here that has no name left. */
    const char *rest[LINKS + 1];
    size_t depth;
    unsigned links;
    bool follow;    /* a link in the last part, too */
    bool directory; /* the last part must be one */
    bool refused;   /* it ended where the source refuses to look */
};

static const char *skip_slashes(const char *text)
{
    while (*text == '/')
        text++;
    return text;
}

/* The next name of the innermost path; NULL: nothing is left of it (`/`, or an
 * empty link target, which leaves the walk where it is). */
static const char *next_name(struct walk *walk, size_t *length)
{
    const char *name = skip_slashes(walk->rest[walk->depth - 1]);
    *length = strcspn(name, "/");
    const char *rest = skip_slashes(name + *length);
    if (*rest != 0)
        walk->rest[walk->depth - 1] = rest;
    else
        walk->depth--;
    return *name != 0 ? name : NULL;
}

static bool is_dots(const char *name, size_t length)
{
    return name[0] == '.' && (length == 1 || (length == 2 && name[1] == '.'));
}

/* pick_link */
static int follow_link(struct walk *walk, const char *target)
{
    if (walk->links++ >= LINKS)
        return ELOOP;
    if (*target == '/')
        walk->at = walk->root->top;
    walk->rest[walk->depth++] = target;
    return 0;
}

static _Thread_local struct root_refusal refusal;

struct root_refusal root_refused(void)
{
    return refusal;
}

bool root_is_refusal(int error)
{
    return error != 0 && error != ENOENT && error != ENOTDIR && error != ELOOP &&
           error != ENAMETOOLONG;
}

/* The source refuses to tell what `name` in `dir` is: its folder is closed to willrun, or the disk
 * fails. */
static void refuse(struct root *root, const struct item *dir, const char *name, size_t length,
                   int error)
{
    pthread_mutex_lock(&root->lock);
    const char *folder = dir != root->top ? node_path(&dir->node, &root->arena) : "";
    refusal.path = arena_format(&root->arena, "%s/%.*s", folder, (int)length, name);
    pthread_mutex_unlock(&root->lock);
    refusal.error = error;
    refusal.count++;
}

/* walk_component; `last`: nothing comes behind it. */
static int walk_name(struct walk *walk, const char *name, size_t length, bool last)
{
    int error;
    if (length > LONGEST_NAME)
        return ENAMETOOLONG;
    struct item *item = item_child(walk->root, walk->at, name, length, &error);
    if (item == NULL) {
        walk->refused = error != ENOENT && error != ENAMETOOLONG;
        if (walk->refused && walk->cred != NULL)
            refuse(walk->root, walk->at, name, length, error);
        return error;
    }
    if (item->node.type == NODE_LINK && (!last || walk->follow))
        return follow_link(walk, item->node.target);
    walk->at = item;
    return last || item->node.type == NODE_DIR ? 0 : ENOTDIR;
}

/* link_path_walk and, for the last part, lookup_last; 0 or an errno. */
static int walk_path(struct walk *walk)
{
    int error = 0;
    while (walk->depth != 0 && error == 0) {
        size_t length;
        const char *name = next_name(walk, &length);
        bool last = walk->depth == 0;
        if (name == NULL)
            continue;
        if (!node_allows(&walk->at->node, walk->cred, ACCESS_EXEC))
            return EACCES;
        if (is_dots(name, length)) {
            if (length == 2)
                walk->at = item_of(walk->at->node.parent);
            continue;
        }
        if (last && name[length] == '/')
            walk->follow = walk->directory = true;
        error = walk_name(walk, name, length, last);
    }
    if (error == 0 && walk->directory && walk->at->node.type != NODE_DIR)
        error = ENOTDIR;
    return error;
}

/* ---- walks that were made before ---- */

/* Loaders ask for the same paths again and again. */
struct walked {
    struct table_entry entry; /* first; the path */
    const struct node *node;
    int error;
};

static void keep(struct root *root, uint64_t hash, const char *path, size_t length,
                 const struct node *node, int error)
{
    pthread_mutex_lock(&root->lock);
    if (root->walked.count < MOST_WALKED && table_find(&root->walked, hash, path, length) == NULL) {
        struct walked *walked = arena_alloc(&root->arena, sizeof *walked);
        const char *key = arena_copy(&root->arena, path, length);
        *walked = (struct walked){{hash, key, length}, node, error};
        table_add(&root->walked, &walked->entry, &root->arena);
    }
    pthread_mutex_unlock(&root->lock);
}

static const struct node *walk_from(struct root *root, const struct node *cwd, const char *path,
                                    const struct cred *cred, enum lookup_flags flags, int *error,
                                    bool *refused)
{
    struct item *start = *path == '/' || cwd == NULL ? root->top : item_of(cwd);
    struct walk walk = {.root = root, .cred = cred, .at = start};
    walk.rest[walk.depth++] = path;
    walk.follow = (flags & LOOKUP_NOFOLLOW) == 0;
    *error = start->node.type == NODE_DIR ? walk_path(&walk) : ENOTDIR;
    *refused = walk.refused;
    return *error == 0 ? &walk.at->node : NULL;
}

const struct node *root_lookup(struct root *root, const struct node *cwd, const char *path,
                               const struct cred *cred, enum lookup_flags flags, int *error)
{
    size_t length = strnlen(path, PATH_SIZE);
    if (length == 0 || length == PATH_SIZE) {
        *error = length == 0 ? ENOENT : ENAMETOOLONG;
        return NULL;
    }
    bool refused;
    if (*path != '/' || flags != LOOKUP_FOLLOW || (cred != NULL && cred->uid != 0))
        return walk_from(root, cwd, path, cred, flags, error, &refused);
    uint64_t hash = hash_bytes(path, length);
    const struct walked *walked = (struct walked *)table_find(&root->walked, hash, path, length);
    if (walked != NULL) {
        *error = walked->error;
        return walked->node;
    }
    const struct node *node = walk_from(root, NULL, path, cred, flags, error, &refused);
    if (!refused) /* else it must be told again */
        keep(root, hash, path, length, node, *error);
    return node;
}
