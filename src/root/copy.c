/* The rules are those of BuildKit's file operations: solver/llbsolver/file/backend.go, and copy/ of
 * github.com/tonistiigi/fsutil. Names of their functions stand where the rule is theirs. */
#include "root/copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "root/glob.h"
#include "root/tree.h"

enum {
    LINKS = 255,    /* RootPath of github.com/containerd/continuity/fs */
    NAME_MOST = 255 /* NAME_MAX of every filesystem that images live on */
};

struct names VEC(const char *);

struct copying {
    struct root *root;
    const struct copy *copy;
    const struct lay *lay; /* of the source that is being copied */
    struct arena scratch;
    struct err *err;
};

__attribute__((format(printf, 2, 3))) static bool refuse(struct copying *copying,
                                                         const char *format, ...)
{
    const struct copy *copy = copying->copy;
    va_list args;
    va_start(args, format);
    const char *reason = arena_vformat(&copying->scratch, format, args);
    va_end(args);
    if (copy->to == NULL) /* nothing is copied */
        return err_set(copying->err, WILLRUN_EINPUT, "%s: %s", copy->source, reason);
    return err_set(copying->err, WILLRUN_EINPUT, "the copy of %s%s%s to %s: %s", copy->source,
                   copy->stage != NULL ? " from stage " : "",
                   copy->stage != NULL ? copy->stage : "", copy->to, reason);
}

/* ---- paths ---- */

char *path_clean(const char *base, const char *path, struct arena *arena)
{
    size_t room = strlen(path) + 2, length = 0;
    char *clean = arena_alloc(arena, *path == '/' ? room : room + strlen(base));
    const char *parts[] = {*path == '/' ? "" : base, path};
    for (size_t i = 0; i < 2; i++) {
        for (const char *at = parts[i]; *at != '\0';) {
            size_t part = strcspn(at, "/");
            if (part == 2 && at[0] == '.' && at[1] == '.') {
                while (length != 0 && clean[--length] != '/')
                    ;
            } else if (part != 0 && !(part == 1 && *at == '.')) {
                clean[length++] = '/';
                memcpy(clean + length, at, part);
                length += part;
            }
            at += part + (at[part] == '/');
        }
    }
    if (length == 0)
        clean[length++] = '/';
    clean[length] = '\0';
    return clean;
}

bool path_names_folder(const char *path)
{
    size_t length = strlen(path);
    return length == 0 || path[length - 1] == '/' || strcmp(path, ".") == 0 ||
           (length >= 2 && strcmp(path + length - 2, "/.") == 0);
}

static const char *last_name(const char *clean)
{
    return strrchr(clean, '/') + 1;
}

/* ---- places in the target ---- */

/* Where a path leads: to `at`, and from there on through names that do not exist. */
struct place {
    struct item *at;
    struct names missing;
};

struct walk {
    struct place *place;
    const char *rest[LINKS + 2]; /* of the path, then of each link on the way */
    size_t depth, links;
};

static int step_into(struct copying *copying, struct walk *walk, const char *name)
{
    int error;
    struct place *place = walk->place;
    if (strlen(name) > NAME_MOST)
        return ENAMETOOLONG;
    if (place->at->node.type != NODE_DIR)
        return ENOTDIR;
    struct item *item = place->missing.count == 0
                            ? item_child(copying->root, place->at, name, strlen(name), &error)
                            : NULL;
    if (item == NULL && place->missing.count == 0 && error != ENOENT)
        return error;
    if (item == NULL) {
        *vec_push(&place->missing) = name;
        return 0;
    }
    if (item->node.type != NODE_LINK) {
        place->at = item;
        return 0;
    }
    if (walk->links++ >= LINKS)
        return ELOOP;
    if (*item->node.target == '/')
        place->at = copying->root->top;
    walk->rest[walk->depth++] = item->node.target;
    return 0;
}

static void step_up(struct place *place)
{
    if (place->missing.count != 0)
        place->missing.count--;
    else
        place->at = item_of(place->at->node.parent);
}

/* RootPath: every link is followed, and what does not exist is taken as it stands. 0 or an errno.
 */
static int find_place(struct copying *copying, const char *path, struct place *place)
{
    struct walk walk = {.place = place, .rest = {path}, .depth = 1};
    int error = 0;
    *place = (struct place){.at = copying->root->top};
    while (walk.depth != 0 && error == 0) {
        const char *name = walk.rest[walk.depth - 1];
        name += strspn(name, "/");
        size_t length = strcspn(name, "/");
        walk.rest[walk.depth - 1] = name + length;
        if (length == 0)
            walk.depth--;
        else if (length == 2 && name[0] == '.' && name[1] == '.')
            step_up(place);
        else if (length != 1 || *name != '.')
            error = step_into(copying, &walk, arena_copy(&copying->scratch, name, length));
    }
    return error;
}

/* MkdirAll of all that is missing but the last `spare` names. */
static void make_folders(struct copying *copying, struct place *place, size_t spare)
{
    const struct copy *copy = copying->copy;
    const struct node_info info = {.type = NODE_DIR,
                                   .mode = copy->mode >= 0 ? (uint32_t)copy->mode & 0777 : 0755,
                                   .uid = copy->owned ? copy->uid : 0,
                                   .gid = copy->owned ? copy->gid : 0};
    size_t made = 0;
    for (; made + spare < place->missing.count; made++)
        place->at = item_folder(copying->root, place->at, place->missing.at[made], &info);
    for (size_t i = made; i < place->missing.count; i++)
        place->missing.at[i - made] = place->missing.at[i];
    place->missing.count -= made;
}

/* ---- trees ---- */

/* What is to be copied: `from` of the other root becomes `name` in `into`. */
struct task {
    struct item *from, *into;
    const char *name;
    const char *path;   /* from the folder whose contents are copied; NULL: all is */
    struct late *above; /* in place of `into`: a folder that is not made yet */
};

/* A folder that is made as soon as something in it is copied: createParentDirs. */
struct late {
    struct item *from, *into, *made; /* made: NULL while it is not */
    const char *name;
    struct late *above; /* as of a task */
};

struct tasks VEC(struct task);

static void arrive(struct copying *copying, struct item *into, const char *name, struct item *from)
{
    struct item *item = item_copied(copying->root, into, name, copying->lay, from);
    *vec_push(&copying->root->arrivals) = (struct arrival){item, copying->lay->serial};
}

/* `name` in the folder at `path`, where paths are told. */
static const char *path_in(struct copying *copying, const char *path, const char *name)
{
    if (path == NULL)
        return NULL;
    return arena_format(&copying->scratch, "%s%s%s", path, *path != '\0' ? "/" : "", name);
}

/* The contents of the folder in->from, which is at in->path, are copied to in->into: copyDirectory.
 */
static bool merge(struct copying *copying, const struct task *in, struct tasks *tasks)
{
    const struct node **nodes;
    size_t count;
    int error = root_list(copying->lay->from, &in->from->node, &copying->scratch, &nodes, &count);
    if (error == 0)
        error = root_unseen(copying->lay->from, &in->from->node);
    if (error != 0)
        return refuse(copying, "%s cannot be read: %s",
                      node_path(&in->from->node, &copying->scratch), err_text(error));
    for (size_t i = count; i-- > 0;)
        *vec_push(tasks) = (struct task){item_of(nodes[i]), in->into, nodes[i]->name,
                                         path_in(copying, in->path, nodes[i]->name), in->above};
    return true;
}

/* A folder that was there already gets what the one of its name has, but for the top of a copy. */
static void take_over(struct copying *copying, const struct item *from, struct item *to)
{
    struct node_info info;
    lay_info(copying->lay, &from->node, &info);
    to->node.mode = (uint16_t)info.mode;
    to->node.uid = info.uid;
    to->node.gid = info.gid;
}

/* ---- what is left out ---- */

static bool is_selected(const struct copy *copy, const char *path)
{
    return (copy->only == NULL || ignore_leaves_out(copy->only, path)) &&
           (copy->without == NULL || !ignore_leaves_out(copy->without, path));
}

/* Can the pattern match something below the folder at `path`? */
static bool may_match_below(const char *pattern, const char *path, struct arena *arena)
{
    while (*path != '\0') {
        size_t part = strcspn(pattern, "/"), name = strcspn(path, "/");
        const char *wanted = arena_copy(arena, pattern, part);
        if (strstr(wanted, "**") != NULL)
            return true;
        if (part == 0 || !ignore_matches(wanted, arena_copy(arena, path, name)))
            return false;
        pattern += part + (pattern[part] == '/');
        path += name + (path[name] == '/');
    }
    return *pattern != '\0';
}

/* May something below the folder at `path`, which is not selected, be? */
static bool may_hold(struct copying *copying, const char *path)
{
    const struct copy *copy = copying->copy;
    if (copy->without != NULL && ignore_leaves_out(copy->without, path) &&
        !ignore_may_except(copy->without, path))
        return false;
    for (size_t i = 0; copy->only != NULL && i < copy->only->count; i++)
        if (may_match_below(copy->only->at[i].text, path, &copying->scratch))
            return true;
    return copy->only == NULL;
}

/* The folders above what is copied, from the top on. False with a sentence. */
static bool make_late(struct copying *copying, struct late *late)
{
    struct late *top = late;
    int error;
    while (late->made == NULL) {
        for (top = late; top->above != NULL && top->above->made == NULL;)
            top = top->above;
        struct item *into = top->above != NULL ? top->above->made : top->into;
        struct node_info info;
        lay_info(copying->lay, &top->from->node, &info);
        top->made = item_child(copying->root, into, top->name, strlen(top->name), &error);
        if (top->made != NULL && top->made->node.type != NODE_DIR)
            return refuse(copying, "cannot copy to non-directory: %s",
                          node_path(&top->made->node, &copying->scratch));
        if (top->made == NULL)
            top->made = item_folder(copying->root, into, top->name, &info);
        else
            top->made->node.mode = (uint16_t)info.mode;
    }
    return true;
}

/* A folder that is not selected, and in which something may be. */
static bool pass_through(struct copying *copying, const struct task *task, struct tasks *tasks)
{
    if (!may_hold(copying, task->path))
        return true;
    struct late *late = arena_alloc(&copying->scratch, sizeof *late);
    *late = (struct late){task->from, task->into, NULL, task->name, task->above};
    return merge(copying, &(struct task){task->from, NULL, NULL, task->path, late}, tasks);
}

/* (*copier).copy */
static bool copy_one(struct copying *copying, const struct task *task, struct tasks *tasks)
{
    int error;
    bool folder = task->from->node.type == NODE_DIR;
    if (task->path != NULL && !is_selected(copying->copy, task->path))
        return !folder || pass_through(copying, task, tasks);
    if (task->above != NULL && !make_late(copying, task->above))
        return false;
    struct item *into = task->above != NULL ? task->above->made : task->into;
    struct item *there = item_child(copying->root, into, task->name, strlen(task->name), &error);
    if (there == NULL && error != ENOENT)
        return refuse(copying, "%s: %s", task->name, err_text(error));
    if (there == NULL && folder && task->path != NULL) { /* not all of it, perhaps */
        struct node_info info;
        lay_info(copying->lay, &task->from->node, &info);
        there = item_folder(copying->root, into, task->name, &info);
    }
    if (there != NULL && folder && there->node.type == NODE_DIR) {
        take_over(copying, task->from, there);
        return merge(copying, &(struct task){task->from, there, NULL, task->path, NULL}, tasks);
    }
    if (there != NULL && !copying->copy->replaces && folder)
        return refuse(copying, "cannot copy to non-directory: %s",
                      node_path(&there->node, &copying->scratch));
    if (there != NULL && !copying->copy->replaces && there->node.type == NODE_DIR)
        return refuse(copying, "cannot replace the directory %s with a file",
                      node_path(&there->node, &copying->scratch));
    arrive(copying, into, task->name, task->from);
    return true;
}

static bool copy_tasks(struct copying *copying, struct tasks *tasks)
{
    bool ok = true;
    while (ok && tasks->count != 0) {
        struct task task = tasks->at[--tasks->count];
        ok = copy_one(copying, &task, tasks);
    }
    vec_free(tasks);
    return ok;
}

/* ---- one source ---- */

/* The contents of the folder `from` go to `place`, which is a folder or is made one. */
static bool copy_contents(struct copying *copying, struct item *from, struct place *place)
{
    struct tasks tasks = {0};
    make_folders(copying, place, 0);
    if (place->at->node.type != NODE_DIR)
        return refuse(copying, "cannot copy to non-directory: %s",
                      node_path(&place->at->node, &copying->scratch));
    bool parts = copying->copy->only != NULL || copying->copy->without != NULL;
    const struct task all = {from, place->at, NULL, parts ? "" : NULL, NULL};
    return merge(copying, &all, &tasks) && copy_tasks(copying, &tasks);
}

/* What is no folder goes to `place`: into a folder that is there, else as its last name. */
static bool copy_file(struct copying *copying, struct item *from, const char *name,
                      struct place *place)
{
    struct tasks tasks = {0};
    struct task task = {from, place->at, name, NULL, NULL};
    if (place->missing.count != 0) {
        make_folders(copying, place, 1);
        task.into = place->at;
        task.name = place->missing.at[0];
    } else if (place->at->node.type != NODE_DIR) {
        task.into = item_of(place->at->node.parent);
        task.name = place->at->node.name;
    }
    *vec_push(&tasks) = task;
    return copy_tasks(copying, &tasks);
}

/* The folder at a path is made where it is missing: MkdirAll. */
static bool ensure_folder(struct copying *copying, const char *path)
{
    struct place place;
    int error = find_place(copying, path, &place);
    if (error == 0)
        make_folders(copying, &place, 0);
    if (error == 0 && place.at->node.type != NODE_DIR)
        error = ENOTDIR;
    vec_free(&place.missing);
    return error == 0 || refuse(copying, "mkdir %s: %s", path, err_text(error));
}

/* Copy of fsutil: `source` is a path in the other root, and cleaned. */
static bool copy_source(struct copying *copying, const char *source)
{
    const struct copy *copy = copying->copy;
    struct arena *scratch = &copying->scratch;
    const char *to = path_clean(copy->workdir != NULL ? copy->workdir : "/", copy->to, scratch);
    const char *folder = path_names_folder(copy->to)
                             ? to
                             : path_clean("/", arena_format(scratch, "%s/..", to), scratch);
    int error;
    struct lay *lay = arena_alloc(&copying->root->arena, sizeof *lay);
    *lay = (struct lay){copy->from, copy, copying->root->copies};
    copying->lay = lay;
    if (!ensure_folder(copying, folder))
        return false;
    const struct node *node = root_lookup(copy->from, NULL, source, NULL, LOOKUP_FOLLOW, &error);
    if (node == NULL)
        return refuse(copying, "%s in %s: %s", source,
                      copy->stage != NULL ? "the stage" : "the local disk", err_text(error));
    struct place place;
    error = find_place(copying, to, &place);
    if (copy->replaces && (error != 0 || place.missing.count != 0 ||
                           place.at->node.type != NODE_DIR || node->type != NODE_DIR)) {
        place.at = copying->root->top; /* whatever has the name: it goes */
        place.missing.count = 0;
        *vec_push(&place.missing) = last_name(to);
        error = 0;
    }
    bool ok = error == 0 || refuse(copying, "%s: %s", to, err_text(error));
    if (ok)
        ok = node->type == NODE_DIR ? copy_contents(copying, item_of(node), &place)
                                    : copy_file(copying, item_of(node), last_name(source), &place);
    vec_free(&place.missing);
    return ok;
}

/* ---- patterns ---- */

/* A walk of all that a pattern may match: resolveWildcards. */
struct matching {
    struct copying *copying;
    const char *pattern; /* behind the part without wildcards */
    size_t slashes;      /* the most that a match can have: brackets match one, too */
    bool exact;          /* no bracket: folders that cannot lead to a match are passed over */
    struct names *found;
};

struct open_folder {
    const struct node *dir;
    const char *path; /* from where the pattern starts, "" or with a slash at its end */
    size_t depth;
};

/* Can something in a folder match, whose path has `depth` names, by these names? */
static bool may_lead(const struct matching *matching, const char *path, size_t depth)
{
    const char *end = matching->pattern;
    if (depth > matching->slashes)
        return false;
    for (size_t i = 0; i < depth && matching->exact; i++)
        end += strcspn(end, "/") + 1;
    if (!matching->exact)
        return true;
    struct arena *scratch = &matching->copying->scratch;
    const char *start =
        arena_copy(scratch, matching->pattern, (size_t)(end - matching->pattern) - 1);
    return glob_match(start, path) == GLOB_YES;
}

struct open_folders VEC(struct open_folder);

static void match_folder(struct matching *matching, const struct open_folder *at,
                         const struct node *const *nodes, size_t count, struct open_folders *open)
{
    struct arena *scratch = &matching->copying->scratch;
    for (size_t i = 0; i < count; i++) {
        const char *path = arena_format(scratch, "%s%s", at->path, nodes[i]->name);
        if (glob_match(matching->pattern, path) == GLOB_YES)
            *vec_push(matching->found) = path;
        else if (nodes[i]->type == NODE_DIR && may_lead(matching, path, at->depth + 1))
            *vec_push(open) =
                (struct open_folder){nodes[i], arena_format(scratch, "%s/", path), at->depth + 1};
    }
}

static bool find_matches(struct matching *matching, const struct node *start)
{
    struct copying *copying = matching->copying;
    struct open_folders open = {0};
    bool ok = true;
    if (start->type == NODE_DIR)
        *vec_push(&open) = (struct open_folder){start, "", 0};
    while (ok && open.count != 0) {
        struct open_folder at = open.at[--open.count];
        const struct node **nodes;
        size_t count;
        int error = root_list(copying->copy->from, at.dir, &copying->scratch, &nodes, &count);
        if (error == 0)
            match_folder(matching, &at, nodes, count, &open);
        else
            ok = refuse(copying, "%s cannot be read: %s", node_path(at.dir, &copying->scratch),
                        err_text(error));
    }
    vec_free(&open);
    return ok;
}

/* The bytes of the folders that `path` has from `base`: they are no pattern. */
static size_t shared_folders(const char *base, const char *path)
{
    size_t same = 0;
    for (size_t i = 0; base[i] == path[i] || (base[i] == '\0' && path[i] == '/'); i++) {
        if (path[i] == '/' || path[i] == '\0')
            same = i;
        if (base[i] == '\0')
            break;
    }
    return same;
}

/* splitWildcards: the names before the first one with a wildcard are no pattern; NULL: none has. */
static const char *first_wildcard(const char *clean, size_t literal)
{
    for (const char *at = clean + literal; *at != '\0';) {
        at++; /* the slash */
        size_t length = strcspn(at, "/");
        if (glob_has_wildcard(at, length))
            return at;
        at += length;
    }
    return NULL;
}

/* A walk of Go goes by names, folder by folder, so `a/x` comes before `a-b`. */
static int by_walk(const void *a, const void *b)
{
    const unsigned char *left = *(const unsigned char *const *)a;
    const unsigned char *right = *(const unsigned char *const *)b;
    while (*left != '\0' && *left == *right)
        left++, right++;
    int first = *left == '/' ? 0 : *left, second = *right == '/' ? 0 : *right;
    return first != second ? first - second : (*left != '\0') - (*right != '\0');
}

/* The whole paths of what matches, from the pattern's first part with a wildcard on. */
static bool list_matches(struct copying *copying, const char *clean, const char *pattern,
                         struct names *paths)
{
    struct names found = {0};
    struct matching matching = {.copying = copying,
                                .pattern = pattern,
                                .exact = strchr(pattern, '[') == NULL,
                                .found = &found};
    for (const char *at = pattern; *at != '\0'; at++)
        matching.slashes += *at == '/' || *at == '[';
    if (!glob_is_valid(pattern))
        return refuse(copying, "syntax error in the pattern");
    int error;
    const char *start = arena_copy(&copying->scratch, clean, (size_t)(pattern - clean));
    const struct node *dir =
        root_lookup(copying->copy->from, NULL, start, NULL, LOOKUP_FOLLOW, &error);
    if (dir == NULL)
        return refuse(copying, "%s: %s", start, err_text(error));
    bool ok = find_matches(&matching, dir);
    if (ok && found.count == 0)
        ok = refuse(copying, "nothing matches the pattern");
    if (found.count != 0)
        qsort(found.at, found.count, sizeof *found.at, by_walk);
    for (size_t i = 0; ok && i < found.count; i++)
        *vec_push(paths) = arena_format(&copying->scratch, "%s%s", start, found.at[i]);
    vec_free(&found);
    return ok;
}

static bool copy_matches(struct copying *copying, const char *clean, const char *pattern)
{
    struct names paths = {0};
    bool ok = list_matches(copying, clean, pattern, &paths);
    for (size_t i = 0; ok && i < paths.count; i++)
        ok = copy_source(copying, paths.at[i]);
    vec_free(&paths);
    return ok;
}

/* ---- the call ---- */

static const struct copy *keep(struct root *root, const struct copy *copy)
{
    struct copy *kept = arena_alloc(&root->arena, sizeof *kept);
    *kept = *copy;
    kept->stage = arena_string(&root->arena, copy->stage);
    kept->source = arena_string(&root->arena, copy->source);
    kept->to = arena_string(&root->arena, copy->to);
    kept->changes = arena_string(&root->arena, copy->changes);
    kept->base = arena_string(&root->arena, copy->base);
    kept->workdir = arena_string(&root->arena, copy->workdir);
    return kept;
}

bool root_copy(struct root *root, const struct copy *copy, struct err *err)
{
    struct copying copying = {.root = root, .copy = keep(root, copy), .err = err};
    const char *base = copy->base != NULL ? copy->base : "/";
    const char *clean = path_clean(base, copy->source, &copying.scratch);
    size_t literal = *copy->source != '/' ? shared_folders(base, clean) : 0;
    const char *pattern = copy->literal ? NULL : first_wildcard(clean, literal);
    root->copies++;
    bool ok =
        pattern != NULL ? copy_matches(&copying, clean, pattern) : copy_source(&copying, clean);
    arena_free(&copying.scratch);
    return ok;
}

bool root_matches(struct root *from, const char *pattern, struct arena *arena,
                  const char *const **paths, size_t *count, struct err *err)
{
    const struct copy copy = {.from = from, .source = pattern};
    struct copying copying = {.copy = &copy, .scratch = *arena, .err = err};
    struct names found = {0};
    const char *clean = path_clean("/", pattern, &copying.scratch);
    const char *wildcard = first_wildcard(clean, 0);
    bool ok = wildcard == NULL || list_matches(&copying, clean, wildcard, &found);
    if (wildcard == NULL)
        *vec_push(&found) = clean;
    const char **list = arena_array(&copying.scratch, found.count + 1, sizeof *list);
    if (found.count != 0)
        memcpy(list, found.at, found.count * sizeof *list);
    *paths = list;
    *count = found.count;
    *arena = copying.scratch;
    vec_free(&found);
    return ok;
}

struct root *root_over(struct root *below)
{
    static const struct copy whole = {.mode = -1};
    struct root *root = root_new(NULL);
    struct lay *lay = arena_alloc(&root->arena, sizeof *lay);
    *lay = (struct lay){.from = below, .copy = &whole};
    root->top = item_copied(root, NULL, "", lay, below->top);
    return root;
}

unsigned root_copy_count(const struct root *root)
{
    return root->copies;
}

/* ---- questions ---- */

unsigned node_copy(const struct node *node)
{
    const struct lay *lay = item_of(node)->origin.lay;
    return lay != NULL ? lay->serial : 0;
}

bool node_origin(const struct node *node, struct arena *arena, const char **stage,
                 const char **path)
{
    const struct origin *origin = &item_of(node)->origin;
    if (origin->lay == NULL)
        return false;
    *stage = origin->lay->copy->stage;
    *path = node_path(&origin->twin->node, arena);
    return true;
}

const struct node *root_arrival(struct root *root, unsigned serial, size_t *place)
{
    while (*place < root->arrivals.count) {
        const struct arrival *arrival = &root->arrivals.at[(*place)++];
        const struct node *node = &arrival->item->node;
        int error;
        if (arrival->serial == serial && item_child(root, item_of(node->parent), node->name,
                                                    strlen(node->name), &error) == arrival->item)
            return node;
    }
    return NULL;
}
