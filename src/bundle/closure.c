#include "bundle/closure.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { HOPS = 40 }; /* of symbolic links: the kernel's MAXSYMLINKS */

/* Devices, fifos and sockets are made by who starts the container. */
static void take(struct closure *closure, const struct node *node)
{
    if (node->type != NODE_DIR && node->type != NODE_FILE && node->type != NODE_LINK)
        return;
    const char *path = node_path(node, &closure->arena);
    *vec_push(&closure->entries) = (struct closure_entry){path, node, 0};
}

/* The next part of `*path`, which moves behind it; "": there is none. */
static const char *next_part(const char **path, struct arena *arena)
{
    const char *at = *path + strspn(*path, "/");
    size_t length = strcspn(at, "/");
    *path = at + length;
    return arena_copy(arena, at, length);
}

int closure_add(struct closure *closure, const char *path)
{
    const struct node *at = root_top(closure->root);
    struct arena *arena = &closure->arena;
    int error = 0, hops = 0;
    take(closure, at);
    for (const char *part; *(part = next_part(&path, arena)) != 0;) {
        const struct node *next =
            root_lookup(closure->root, at, part, NULL, LOOKUP_NOFOLLOW, &error);
        if (next == NULL)
            return error;
        take(closure, next);
        if (next->type != NODE_LINK) {
            at = next;
            continue;
        }
        if (++hops > HOPS)
            return ELOOP;
        if (*next->target == '/')
            at = root_top(closure->root);
        path = arena_format(arena, "%s%s", next->target, path);
    }
    return 0;
}

/* Deep trees must not need deep stacks: folders that are still to be read are kept in `open`. */
int closure_add_tree(struct closure *closure, const char *path)
{
    struct VEC(const struct node *) open = {0};
    int error = closure_add(closure, path);
    const struct node *node =
        error == 0 ? root_lookup(closure->root, NULL, path, NULL, LOOKUP_FOLLOW, &error) : NULL;
    if (node != NULL && node->type == NODE_DIR)
        *vec_push(&open) = node;
    while (error == 0 && open.count != 0) {
        const struct node *dir = open.at[--open.count];
        const struct node **nodes;
        size_t count = 0;
        error = root_list(closure->root, dir, &closure->arena, &nodes, &count);
        if (error == 0)
            error = root_unseen(closure->root, dir);
        for (size_t i = 0; error == 0 && i < count; i++) {
            take(closure, nodes[i]);
            if (nodes[i]->type == NODE_DIR)
                *vec_push(&open) = nodes[i];
            else if (nodes[i]->type == NODE_LINK) /* one that leads nowhere does so there, too */
                closure_add(closure, node_path(nodes[i], &closure->arena));
        }
    }
    vec_free(&open);
    return error;
}

bool closure_add_existing(struct closure *closure, const char *path)
{
    int error;
    return root_lookup(closure->root, NULL, path, NULL, LOOKUP_FOLLOW, &error) != NULL &&
           closure_add_tree(closure, path) == 0;
}

void closure_add_subject(struct closure *closure, const struct willrun_subject *subject)
{
    closure_add(closure, subject->path);
    if (subject->interpreter != NULL)
        closure_add(closure, subject->interpreter);
    for (size_t i = 0; i < subject->start_count; i++)
        closure_add(closure, subject->starts[i]);
    for (size_t i = 0; i < subject->object_count; i++)
        if (subject->objects[i].path != NULL)
            closure_add(closure, subject->objects[i].path);
}

static int by_path(const void *a, const void *b)
{
    const struct closure_entry *left = a, *right = b;
    return strcmp(left->path, right->path);
}

static void find_hard_links(struct closure *closure)
{
    struct VEC(size_t) first = {0}; /* by content id: index + 1; 0: none yet */
    for (size_t i = 0; i < closure->entries.count; i++) {
        struct closure_entry *entry = &closure->entries.at[i];
        entry->first = i;
        if (entry->node->type != NODE_FILE)
            continue;
        while (first.count <= entry->node->content)
            *vec_push(&first) = 0;
        size_t *seen = &first.at[entry->node->content];
        if (*seen != 0)
            entry->first = *seen - 1;
        else
            *seen = i + 1;
    }
    vec_free(&first);
}

void closure_sort(struct closure *closure)
{
    size_t kept = 0;
    if (closure->entries.count == 0)
        return;
    qsort(closure->entries.at, closure->entries.count, sizeof *closure->entries.at, by_path);
    for (size_t i = 1; i < closure->entries.count; i++)
        if (closure->entries.at[i].node != closure->entries.at[kept].node)
            closure->entries.at[++kept] = closure->entries.at[i];
    closure->entries.count = kept + 1;
    find_hard_links(closure);
}

void closure_free(struct closure *closure)
{
    vec_free(&closure->entries);
    arena_free(&closure->arena);
}
