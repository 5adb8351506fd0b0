#include "check/walk.h"

#include <string.h>

#include "check/subject.h"

/* What a kernel mounts there is no part of an image. */
static bool is_mount(const struct node *node)
{
    static const char *const names[] = {"proc", "sys", "dev"};
    if (node->parent->parent != node->parent)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(node->name, names[i]) == 0)
            return true;
    return false;
}

void walk_subjects(struct facts *facts, const struct node *dir, struct arena *arena,
                   struct paths *paths)
{
    struct VEC(const struct node *) open = {0};
    *vec_push(&open) = dir;
    while (open.count != 0) {
        const struct node *at = open.at[--open.count], **nodes;
        struct arena scratch = {0};
        size_t count = 0;
        if (root_list(facts_root(facts), at, &scratch, &nodes, &count) != 0)
            count = 0;
        for (size_t i = count; i-- > 0;)
            if (nodes[i]->type == NODE_DIR && !is_mount(nodes[i]))
                *vec_push(&open) = nodes[i];
        for (size_t i = 0; i < count; i++)
            if (nodes[i]->type == NODE_FILE &&
                subject_is_worth(nodes[i], facts_of(facts, nodes[i])))
                *vec_push(paths) = node_path(nodes[i], arena);
        arena_free(&scratch);
    }
    vec_free(&open);
}
