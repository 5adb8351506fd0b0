#include "root/change.h"

#include "root/mode.h"
#include "root/tree.h"

static void change_one(struct item *item, const struct change *change)
{
    struct node *node = &item->node;
    int number;
    if (change->owned)
        node->uid = change->uid;
    if (change->grouped)
        node->gid = change->gid;
    if (change->mode == NULL || node->type == NODE_LINK || !mode_parse(change->mode, &number))
        return;
    node->mode = number >= 0
                     ? (uint16_t)number
                     : (uint16_t)mode_change(change->mode, node->mode, node->type == NODE_DIR);
}

void root_change(struct root *root, const struct node *node, const struct change *change)
{
    struct VEC(const struct node *) open = {0};
    *vec_push(&open) = node;
    while (open.count != 0) {
        const struct node *at = open.at[--open.count], **nodes;
        struct arena scratch = {0};
        size_t count = 0;
        change_one(item_of(at), change);
        if (change->below && at->type == NODE_DIR)
            root_list(root, at, &scratch, &nodes, &count);
        for (size_t i = 0; i < count; i++)
            *vec_push(&open) = nodes[i];
        arena_free(&scratch);
    }
    vec_free(&open);
    table_clear(&root->walked);
}
