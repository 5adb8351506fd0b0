#include "check/strays.h"

#include <stdlib.h>
#include <string.h>

/* Folders of installed packages. Package managers put what is to be started into a folder of its
 * own, as a file or as a link into a package; other scripts of a package are for its makers. */
static const struct {
    const char *folder; /* parts of a path */
    const char *starts; /* the folder in it, of what is to be started; NULL: it lies elsewhere */
    const char *mark;   /* what is there, too, where it is such a folder; NULL: the name tells */
} kinds[] = {{"/node_modules/", ".bin", NULL},   {"/site-packages/", "bin", NULL},
             {"/dist-packages/", "bin", NULL},   {"/gems/", NULL, "../specifications"},
             {"/bundler/gems/", NULL, NULL},     {"/vendor/", "bin", "composer"},
             {"/vendor/", "bin", "autoload.php"}};

/* What the links of one such folder lead to. */
struct starts {
    const char *folder;                    /* NULL: none is read */
    struct VEC(const struct node *) nodes; /* sorted */
};

struct straying {
    struct checking *checking;
    struct arena *arena;
    struct starts last; /* a walk goes folder by folder */
};

static const struct node *node_at(struct straying *straying, const char *path)
{
    int error;
    return root_lookup(straying->checking->owned->root, NULL, path, NULL, LOOKUP_FOLLOW, &error);
}

static int compare_nodes(const void *a, const void *b)
{
    const struct node *const *one = a, *const *other = b;
    return *one < *other ? -1 : *one > *other;
}

static void read_links(struct straying *straying, struct starts *starts)
{
    struct root *root = straying->checking->owned->root;
    const struct node *folder = node_at(straying, starts->folder), **nodes;
    size_t count = 0;
    if (folder == NULL || folder->type != NODE_DIR ||
        root_list(root, folder, straying->arena, &nodes, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        int error;
        const struct node *file =
            nodes[i]->type == NODE_LINK
                ? root_lookup(root, folder, nodes[i]->name, NULL, LOOKUP_FOLLOW, &error)
                : NULL;
        if (file != NULL)
            *vec_push(&starts->nodes) = file;
    }
    if (starts->nodes.count != 0)
        qsort(starts->nodes.at, starts->nodes.count, sizeof *starts->nodes.at, compare_nodes);
}

/* Is `node` what a link of that folder leads to? */
static bool is_linked(struct straying *straying, const char *folder, const struct node *node)
{
    struct starts *starts = &straying->last;
    if (starts->folder == NULL || strcmp(starts->folder, folder) != 0) {
        starts->folder = folder;
        starts->nodes.count = 0;
        read_links(straying, starts);
    }
    return starts->nodes.count != 0 && bsearch(&node, starts->nodes.at, starts->nodes.count,
                                               sizeof node, compare_nodes) != NULL;
}

static bool begins_with_part(const char *path, const char *part)
{
    size_t length = strlen(part);
    return strncmp(path, part, length) == 0 && (path[length] == '/' || path[length] == 0);
}

/* The last place in the path where such a folder is named; NULL: it is in none. */
static const char *innermost(const char *path, const char *folder)
{
    const char *last = NULL;
    for (const char *at = path; (at = strstr(at, folder)) != NULL; at++)
        last = at;
    return last;
}

/* Lies the script in a package, and nothing is known to start it? */
static bool is_stray(struct straying *straying, const char *path, const struct node *node)
{
    struct arena *arena = straying->arena;
    bool inside = false;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        const char *at = innermost(path, kinds[i].folder), *starts = kinds[i].starts;
        if (at == NULL)
            continue;
        size_t length = strlen(kinds[i].folder);
        const char *folder = arena_copy(arena, path, (size_t)(at - path) + length - 1);
        if (kinds[i].mark != NULL &&
            node_at(straying, arena_format(arena, "%s/%s", folder, kinds[i].mark)) == NULL)
            continue;
        if (starts != NULL &&
            (begins_with_part(at + length, starts) ||
             is_linked(straying, arena_format(arena, "%s/%s", folder, starts), node)))
            return false;
        inside = true;
    }
    return inside;
}

static bool is_asked_alone(const struct asked *asked)
{
    return asked->named || asked->command || asked->error != 0 || asked->gap != NULL ||
           asked->as_jar || asked->no_choice != NULL;
}

static bool leaves(struct straying *straying, const struct asked *asked)
{
    const struct node *node = is_asked_alone(asked) ? NULL : node_at(straying, asked->path);
    return node != NULL && node->type == NODE_FILE &&
           facts_of(straying->checking->owned->facts, node)->kind == FILE_SCRIPT &&
           is_stray(straying, asked->path, node);
}

void strays_leave_out(struct checking *checking)
{
    struct arena arena = {0};
    struct straying straying = {.checking = checking, .arena = &arena};
    struct asked_list *asked = &checking->asked;
    size_t left = 0;
    if (checking->willrun->all)
        return;
    for (size_t i = 0; i < asked->count; i++)
        if (!leaves(&straying, &asked->at[i]))
            asked->at[left++] = asked->at[i];
    checking->strays = asked->count - left;
    asked->count = left;
    vec_free(&straying.last.nodes);
    arena_free(&arena);
}
