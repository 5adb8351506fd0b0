/* The tree of nodes, which grows as it is asked for. */
#include "root/root.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "root/change.h"
#include "root/copy.h"
#include "root/mode.h"
#include "root/tree.h"

/* ---- content ids ---- */

/* What makes two files the same: of a copy, that one copy made them of one file. */
struct identity {
    uint64_t source, dev, ino;
};

struct content {
    struct table_entry entry; /* first; the key is an identity */
    uint32_t id;
};

static uint32_t content_of(struct root *root, const struct origin *origin,
                           const struct node_info *info)
{
    if (info->ino == 0) /* the source knows of no hard links */
        return ++root->content_count;
    uintptr_t from = origin->lay != NULL ? (uintptr_t)origin->lay : (uintptr_t)origin->source;
    struct identity identity = {from, info->dev, info->ino};
    uint64_t hash = hash_bytes(&identity, sizeof identity);
    struct content *content = (struct content *)table_find(
        &root->contents, hash, (const char *)&identity, sizeof identity);
    if (content != NULL)
        return content->id;
    const char *key = arena_copy(&root->arena, (const char *)&identity, sizeof identity);
    content = arena_alloc(&root->arena, sizeof *content);
    *content = (struct content){.entry = {hash, key, sizeof identity}, .id = ++root->content_count};
    table_add(&root->contents, &content->entry, &root->arena);
    return content->id;
}

/* ---- nodes ---- */

/* Under the lock. Nothing is made of NODE_NONE. */
static struct item *new_item(struct root *root, struct item *parent, const char *name,
                             struct origin origin, const struct node_info *info)
{
    if (info->type == NODE_NONE)
        return NULL;
    struct item *item = arena_alloc(&root->arena, sizeof *item);
    item->origin = origin;
    item->node = (struct node){
        .parent = parent != NULL ? &parent->node : &item->node,
        .name = name,
        .type = info->type,
        .mode = (uint16_t)info->mode,
        .uid = info->uid,
        .gid = info->gid,
        .size = info->size,
        .target = info->type == NODE_LINK ? info->target : NULL,
        .content = info->type == NODE_FILE ? content_of(root, &origin, info) : 0,
    };
    return item;
}

/* Under the lock: `name` in `dir` (NULL: that itself) cannot be looked at, or read.
 * The first trouble is kept: what follows often stems from it. */
static void note_trouble(struct root *root, int error, const struct item *dir, const char *name)
{
    /* that a name is too long for the filesystem is what the target would say too */
    if (error == 0 || error == ENAMETOOLONG ||
        atomic_load_explicit(&root->trouble, memory_order_relaxed) != 0)
        return;
    const char *path = node_path(&dir->node, &root->arena);
    if (name != NULL)
        path = arena_format(&root->arena, "%s/%s", dir != root->top ? path : "", name);
    root->trouble_path = path;
    atomic_store_explicit(&root->trouble, error, memory_order_release);
}

/* The same of what was met without the lock. */
static void tell_trouble(struct root *root, int error, const struct node *node)
{
    if (error == 0)
        return;
    pthread_mutex_lock(&root->lock);
    note_trouble(root, error, item_of(node), NULL);
    pthread_mutex_unlock(&root->lock);
}

int root_trouble(const struct root *root, const char **path)
{
    int error = atomic_load_explicit(&root->trouble, memory_order_acquire);
    *path = error != 0 ? root->trouble_path : NULL;
    return error;
}

/* The path of `item` inside its source, with `extra` bytes of room behind it.
 * The caller frees it. */
static char *source_path(const struct item *item, size_t extra, size_t *length)
{
    const struct item *top = item;
    size_t below = 0;
    for (; top->origin.path == NULL; top = item_of(top->node.parent))
        below += 1 + strlen(top->node.name);
    size_t start = strlen(top->origin.path);
    if (start == 0 && below != 0)
        below--; /* no slash at the front */
    *length = start + below;
    char *path = must_alloc(*length + extra + 1), *end = path + *length;
    memcpy(path, top->origin.path, start);
    *end = 0;
    for (; item != top; item = item_of(item->node.parent)) {
        size_t part = strlen(item->node.name);
        end -= part;
        memcpy(end, item->node.name, part);
        if (end != path)
            *--end = '/';
    }
    return path;
}

void lay_info(const struct lay *lay, const struct node *twin, struct node_info *info)
{
    const struct copy *copy = lay->copy;
    *info = (struct node_info){.type = twin->type,
                               .mode = twin->mode,
                               .uid = copy->owned ? copy->uid : twin->uid,
                               .gid = copy->owned ? copy->gid : twin->gid,
                               .size = twin->size,
                               .ino = twin->content,
                               .target = twin->target};
    if (copy->mode >= 0 && twin->type != NODE_LINK)
        info->mode = (uint32_t)copy->mode;
    else if (copy->changes != NULL && twin->type != NODE_LINK)
        info->mode = mode_change(copy->changes, twin->mode, twin->type == NODE_DIR);
    /* BuildKit takes the bits of S_IFSOCK out of a type before mknod (fsutil's copyDevice): that
     * makes a socket a file, and S_IFBLK S_IFCHR */
    if (twin->type == NODE_SOCKET)
        info->type = NODE_FILE, info->size = 0;
    if (twin->type == NODE_BLOCK)
        info->type = NODE_CHAR;
}

/* What a copied folder has of `name`, by its twin. */
static void look_twin(const struct item *dir, const char *name, size_t length,
                      struct node_info *info, struct item **twin)
{
    int error;
    const struct lay *lay = dir->origin.lay;
    *twin = item_child(lay->from, dir->origin.twin, name, length, &error);
    if (*twin != NULL)
        lay_info(lay, &(*twin)->node, info);
    else
        info->error = error != ENOENT ? error : 0;
}

/* What the source tells of `name` in `dir`. */
static void look_below(struct root *root, const struct item *dir, const char *name, size_t length,
                       struct node_info *info)
{
    struct source *source = dir->origin.source;
    size_t start;
    char *path = source_path(dir, length + 1, &start);
    if (start != 0)
        path[start++] = '/';
    memcpy(path + start, name, length);
    path[start + length] = 0;
    source->ops->look(source, path, &root->arena, info);
    free(path);
}

/* Under the lock: `name` is not in `dir` yet. `twin`: what it was copied from; NULL where `dir` is
 * not copied. */
static struct child *make_child(struct root *root, struct item *dir, uint64_t hash,
                                const char *name, size_t length, const struct node_info *info,
                                struct item *twin)
{
    struct origin origin = {.source = dir->origin.source, .lay = dir->origin.lay};
    if (origin.lay != NULL)
        origin.twin = twin;
    const char *key = arena_copy(&root->arena, name, length);
    note_trouble(root, info->error, dir, key);
    struct child *child = arena_alloc(&root->arena, sizeof *child);
    *child = (struct child){
        .entry = {hash, key, length},
        .item = new_item(root, dir, key, origin, info),
        .error = info->error != 0 ? info->error : ENOENT,
    };
    table_add(&dir->children, &child->entry, &root->arena);
    return child;
}

static struct child *find_child(const struct item *dir, uint64_t hash, const char *name,
                                size_t length)
{
    return (struct child *)table_find(&dir->children, hash, name, length);
}

static struct child *ask_child(struct root *root, struct item *dir, uint64_t hash, const char *name,
                               size_t length)
{
    pthread_mutex_lock(&root->lock);
    struct child *child = find_child(dir, hash, name, length);
    if (child == NULL && !dir->complete) {
        struct node_info info = {.type = NODE_NONE};
        struct item *twin = NULL;
        if (dir->origin.lay != NULL)
            look_twin(dir, name, length, &info, &twin);
        else
            look_below(root, dir, name, length, &info);
        child = make_child(root, dir, hash, name, length, &info, twin);
    }
    pthread_mutex_unlock(&root->lock);
    return child;
}

struct item *item_child(struct root *root, struct item *dir, const char *name, size_t length,
                        int *error)
{
    uint64_t hash = hash_bytes(name, length);
    /* asked before the table, or a name that is added in between would be missed */
    bool complete = atomic_load_explicit(&dir->complete, memory_order_acquire);
    struct child *child = find_child(dir, hash, name, length);
    if (child == NULL && !complete)
        child = ask_child(root, dir, hash, name, length);
    *error = child != NULL ? child->error : ENOENT;
    return child != NULL ? child->item : NULL;
}

/* ---- listing ---- */

struct listing {
    struct root *root;
    struct item *dir;
};

static void found_name(void *context, const char *name, const struct node_info *info)
{
    const struct listing *listing = context;
    size_t length = strlen(name);
    uint64_t hash = hash_bytes(name, length);
    if (find_child(listing->dir, hash, name, length) == NULL)
        make_child(listing->root, listing->dir, hash, name, length, info, NULL);
}

static int list_source(struct root *root, struct item *dir)
{
    struct source *source = dir->origin.source;
    struct listing listing = {root, dir};
    size_t length;
    char *path = source_path(dir, 0, &length);
    int error = source->ops->list(source, path, &root->arena, found_name, &listing);
    free(path);
    return error;
}

/* What could not be looked at in the twin cannot be in its copy either. */
static void list_unseen(struct root *root, struct item *dir)
{
    struct root *from = dir->origin.lay->from;
    const struct child *child;
    size_t place = 0;
    pthread_mutex_lock(&from->lock);
    while ((child = (struct child *)table_next(&dir->origin.twin->children, &place)) != NULL) {
        const struct table_entry *name = &child->entry;
        const struct node_info unseen = {.type = NODE_NONE, .error = child->error};
        if (child->item == NULL && child->error != ENOENT &&
            find_child(dir, name->hash, name->key, name->length) == NULL)
            make_child(root, dir, name->hash, name->key, name->length, &unseen, NULL);
    }
    pthread_mutex_unlock(&from->lock);
}

/* The names of a copied folder, by its twin. */
static int list_twin(struct root *root, struct item *dir)
{
    struct arena scratch = {0};
    const struct lay *lay = dir->origin.lay;
    const struct node **nodes;
    size_t count;
    int error = root_list(lay->from, &dir->origin.twin->node, &scratch, &nodes, &count);
    for (size_t i = 0; i < count; i++) {
        const char *name = nodes[i]->name;
        size_t length = strlen(name);
        uint64_t hash = hash_bytes(name, length);
        struct node_info info;
        lay_info(lay, nodes[i], &info);
        if (find_child(dir, hash, name, length) == NULL)
            make_child(root, dir, hash, name, length, &info, item_of(nodes[i]));
    }
    arena_free(&scratch);
    list_unseen(root, dir);
    return error;
}

/* Under the lock. */
static int complete(struct root *root, struct item *dir)
{
    if (dir->complete)
        return 0;
    int error = dir->origin.lay != NULL ? list_twin(root, dir) : list_source(root, dir);
    note_trouble(root, error, dir, NULL);
    if (error == 0)
        atomic_store_explicit(&dir->complete, true, memory_order_release);
    return error;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(const struct node *const *)a)->name, (*(const struct node *const *)b)->name);
}

/* Under the lock. A folder may be listed for each of thousands of subjects. */
static void sort_children(struct root *root, struct item *dir)
{
    size_t place = 0;
    const struct child *child;
    dir->sorted = arena_array(&root->arena, dir->children.count + 1, sizeof *dir->sorted);
    dir->sorted_count = 0;
    while ((child = (struct child *)table_next(&dir->children, &place)) != NULL)
        if (child->item != NULL)
            dir->sorted[dir->sorted_count++] = &child->item->node;
    qsort(dir->sorted, dir->sorted_count, sizeof *dir->sorted, by_name);
}

int root_list(struct root *root, const struct node *dir, struct arena *arena,
              const struct node ***nodes, size_t *count)
{
    struct item *item = item_of(dir);
    *nodes = NULL;
    *count = 0;
    if (dir->type != NODE_DIR)
        return ENOTDIR;
    pthread_mutex_lock(&root->lock);
    int error = complete(root, item);
    if (error == 0 && item->sorted == NULL)
        sort_children(root, item);
    pthread_mutex_unlock(&root->lock);
    if (error != 0)
        return error;
    *count = item->sorted_count;
    *nodes = arena_array(arena, *count + 1, sizeof **nodes);
    memcpy(*nodes, item->sorted, *count * sizeof **nodes);
    return 0;
}

/* ---- sifting ---- */

struct sifted {
    struct arena *arena;
    struct VEC(const char *) names;
};

static void passed_name(void *context, const char *name)
{
    struct sifted *sifted = context;
    *vec_push(&sifted->names) = arena_string(sifted->arena, name);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Threads may sift at once: the lock is taken for what the sieve lets through alone. */
static int sift_source(struct item *dir, source_sieve *sieve, struct sifted *sifted)
{
    const struct source *source = dir->origin.source;
    if (dir->complete || dir->origin.lay != NULL || source->ops->sift == NULL)
        return ENOTSUP; /* a new folder is complete, and has no source */
    size_t length;
    char *path = source_path(dir, 0, &length);
    int error = source->ops->sift(dir->origin.source, path, sieve, passed_name, sifted);
    free(path);
    return error;
}

/* What is known of it already: asked for, or copied there, of which the source knows nothing. */
static void sift_known(struct root *root, const struct item *dir, struct sifted *sifted)
{
    size_t place = 0;
    const struct child *child;
    pthread_mutex_lock(&root->lock);
    while ((child = (struct child *)table_next(&dir->children, &place)) != NULL)
        if (child->item != NULL)
            *vec_push(&sifted->names) = child->item->node.name;
    pthread_mutex_unlock(&root->lock);
}

int root_sift(struct root *root, const struct node *dir, source_sieve *sieve, struct arena *arena,
              const struct node ***nodes, size_t *count)
{
    struct sifted sifted = {.arena = arena};
    *nodes = NULL;
    *count = 0;
    if (dir->type != NODE_DIR)
        return ENOTDIR;
    int error = sift_source(item_of(dir), sieve, &sifted);
    if (error != 0) {
        vec_free(&sifted.names);
        if (error != ENOTSUP)
            tell_trouble(root, error, dir);
        return error == ENOTSUP ? root_list(root, dir, arena, nodes, count) : error;
    }
    sift_known(root, item_of(dir), &sifted);
    if (sifted.names.count != 0)
        qsort(sifted.names.at, sifted.names.count, sizeof *sifted.names.at, by_text);
    *nodes = arena_array(arena, sifted.names.count + 1, sizeof **nodes);
    for (size_t i = 0; i < sifted.names.count; i++) {
        const char *name = sifted.names.at[i];
        int missing;
        if (i != 0 && strcmp(name, sifted.names.at[i - 1]) == 0)
            continue;
        const struct item *item = item_child(root, item_of(dir), name, strlen(name), &missing);
        if (item != NULL)
            (*nodes)[(*count)++] = &item->node;
    }
    vec_free(&sifted.names);
    return 0;
}

/* ---- the root ---- */

struct root *root_new(struct source *source)
{
    struct root *root = must_alloc(sizeof *root);
    *root = (struct root){0};
    pthread_mutex_init(&root->lock, NULL);
    if (source == NULL) /* copy.c has something else for it */
        return root;
    *vec_push(&root->sources) = source;
    struct node_info info = {.type = NODE_NONE};
    source->ops->look(source, "", &root->arena, &info);
    info.type = NODE_DIR; /* even where nothing can be told of it */
    root->top = new_item(root, NULL, "", (struct origin){.source = source, .path = ""}, &info);
    note_trouble(root, info.error, root->top, NULL);
    return root;
}

void root_free(struct root *root)
{
    if (root == NULL)
        return;
    for (size_t i = 0; i < root->sources.count; i++)
        root->sources.at[i]->ops->close(root->sources.at[i]);
    vec_free(&root->sources);
    vec_free(&root->arrivals);
    pthread_mutex_destroy(&root->lock);
    arena_free(&root->arena);
    free(root);
}

bool root_hold(struct root *root, struct err *err)
{
    bool holds = true;
    for (size_t i = 0; i < root->sources.count; i++) {
        struct source *source = root->sources.at[i];
        holds = holds && (source->ops->hold == NULL || source->ops->hold(source, err));
    }
    return holds;
}

size_t root_verifying(const struct root *root)
{
    size_t threads = 0;
    for (size_t i = 0; i < root->sources.count; i++) {
        const struct source *source = root->sources.at[i];
        threads += source->ops->verifying != NULL ? source->ops->verifying(source) : 0;
    }
    return threads;
}

const struct node *root_top(const struct root *root)
{
    return &root->top->node;
}

/* `item` is what its name in `dir` is from now on. */
static void replace(struct root *root, struct item *dir, struct item *item)
{
    const char *name = item->node.name;
    size_t length = strlen(name);
    uint64_t hash = hash_bytes(name, length);
    struct child *child = find_child(dir, hash, name, length);
    if (child == NULL) {
        child = arena_alloc(&root->arena, sizeof *child);
        child->entry = (struct table_entry){hash, name, length};
        table_add(&dir->children, &child->entry, &root->arena);
    }
    child->item = item;
    dir->sorted = NULL;
    table_clear(&root->walked);
}

void root_remove(struct root *root, const struct node *node)
{
    size_t length = strlen(node->name);
    struct item *dir = item_of(node->parent);
    struct child *child = find_child(dir, hash_bytes(node->name, length), node->name, length);
    child->item = NULL;
    child->error = ENOENT;
    dir->sorted = NULL;
    table_clear(&root->walked);
}

struct item *item_copied(struct root *root, struct item *parent, const char *name,
                         const struct lay *lay, struct item *twin)
{
    struct node_info info;
    lay_info(lay, &twin->node, &info);
    struct origin origin = {.twin = twin, .lay = lay};
    struct item *item = new_item(root, parent, arena_string(&root->arena, name), origin, &info);
    if (parent != NULL)
        replace(root, parent, item);
    return item;
}

struct item *item_folder(struct root *root, struct item *dir, const char *name,
                         const struct node_info *info)
{
    struct item *item =
        new_item(root, dir, arena_string(&root->arena, name), (struct origin){0}, info);
    atomic_store_explicit(&item->complete, true, memory_order_release); /* nothing is asked of it */
    replace(root, dir, item);
    return item;
}

const struct node *root_make_folder(struct root *root, const char *path, int *error)
{
    const struct node_info info = {.type = NODE_DIR, .mode = 0755};
    char *names = arena_string(&root->arena, path), *rest = NULL;
    const struct node *at = &root->top->node;
    *error = 0;
    for (const char *name = strtok_r(names, "/", &rest); name != NULL && *error == 0;
         name = strtok_r(NULL, "/", &rest)) {
        const struct node *next = root_lookup(root, at, name, NULL, LOOKUP_FOLLOW, error);
        int ignored;
        if (next == NULL && *error == ENOENT) {
            *error =
                root_lookup(root, at, name, NULL, LOOKUP_NOFOLLOW, &ignored) != NULL ? EEXIST : 0;
            next = *error == 0 ? &item_folder(root, item_of(at), name, &info)->node : NULL;
        } else if (next != NULL && next->type != NODE_DIR) {
            *error = ENOTDIR;
        }
        at = next;
    }
    return *error == 0 ? at : NULL;
}

static int read_node(const struct node *file, file_wanted *wanted, struct file_bytes *bytes)
{
    const struct origin *origin = &item_of(file)->origin;
    file_bytes_init(bytes);
    if (file->type != NODE_FILE)
        return file->type == NODE_DIR ? EISDIR : EINVAL;
    if (origin->lay != NULL && origin->twin->node.type == NODE_SOCKET)
        return 0; /* copied as an empty file */
    if (origin->lay != NULL)
        return read_node(&origin->twin->node, wanted, bytes);
    struct source *source = origin->source;
    size_t length;
    char *path = source_path(item_of(file), 0, &length);
    int error = source->ops->bytes(source, path, wanted, bytes);
    free(path);
    return error;
}

int root_bytes_wanted(struct root *root, const struct node *file, file_wanted *wanted,
                      struct file_bytes *bytes)
{
    int error = read_node(file, wanted, bytes);
    if (error != EFBIG && file->type == NODE_FILE) /* for which there is root_bytes_start */
        tell_trouble(root, error, file);
    return error;
}

const char *node_profile(const struct node *file)
{
    const struct origin *origin = &item_of(file)->origin;
    while (origin->lay != NULL && origin->twin != NULL)
        origin = &origin->twin->origin;
    return origin->lay == NULL && origin->source != NULL && origin->source->profile
               ? origin->source->name
               : NULL;
}

int root_unseen(struct root *root, const struct node *dir)
{
    const struct item *item = item_of(dir);
    int error = 0;
    size_t place = 0;
    pthread_mutex_lock(&root->lock);
    const struct child *child;
    while (error == 0 && (child = (struct child *)table_next(&item->children, &place)) != NULL)
        if (child->item == NULL && child->error != ENOENT && child->error != ENAMETOOLONG)
            error = child->error;
    pthread_mutex_unlock(&root->lock);
    if (error == 0 && item->origin.lay != NULL)
        error = root_unseen(item->origin.lay->from, &item->origin.twin->node);
    return error;
}

int root_bytes(struct root *root, const struct node *file, struct file_bytes *bytes)
{
    return root_bytes_wanted(root, file, NULL, bytes);
}

int root_bytes_start(struct root *root, const struct node *file, struct file_bytes *bytes)
{
    int error = root_bytes(root, file, bytes);
    const struct item *item = item_of(file);
    while (error == EFBIG && item->origin.lay != NULL)
        item = item->origin.twin;
    const struct source *source = item->origin.source;
    if (error == EFBIG && source->ops->start != NULL) {
        size_t length;
        char *path = source_path(item, 0, &length);
        error = source->ops->start(item->origin.source, path, bytes);
        free(path);
    }
    if (error == 0 && bytes->span.size > FILE_START)
        bytes->span.size = FILE_START;
    return error;
}

/* ---- questions to a node ---- */

static bool in_group(const struct cred *cred, uint32_t gid)
{
    bool in = cred->gid == gid;
    for (size_t i = 0; i < cred->group_count; i++)
        in |= cred->groups[i] == gid;
    return in;
}

bool node_allows(const struct node *node, const struct cred *cred, unsigned want)
{
    unsigned mode = node->mode;
    if (cred == NULL)
        return true;
    if (cred->uid == 0) /* CAP_DAC_OVERRIDE */
        return (want & ACCESS_EXEC) == 0 || node->type == NODE_DIR || (mode & 0111) != 0;
    if (cred->uid == node->uid)
        mode >>= 6;
    else if (in_group(cred, node->gid))
        mode >>= 3;
    return (want & ~mode & 7) == 0;
}

bool node_is_mount(const struct node *node)
{
    static const char *const names[] = {"proc", "sys", "dev"};
    if (node->parent->parent != node->parent)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(node->name, names[i]) == 0)
            return true;
    return false;
}

char *node_path(const struct node *node, struct arena *arena)
{
    size_t length = 0;
    for (const struct node *at = node; at->parent != at; at = at->parent)
        length += 1 + strlen(at->name);
    if (length == 0)
        return arena_string(arena, "/");
    char *path = arena_alloc(arena, length + 1), *end = path + length;
    for (const struct node *at = node; at->parent != at; at = at->parent) {
        size_t part = strlen(at->name);
        end -= part;
        memcpy(end, at->name, part);
        *--end = '/';
    }
    return path;
}
