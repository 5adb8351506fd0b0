#include "check/gaps.h"

#include <string.h>

#include "base/text.h"
#include "check/assembly.h"

bool gap_only_adds(const struct gap *gap)
{
    return gap->kind == GAP_ADDS || gap->adds;
}

bool gap_covers(const char *above, const char *path)
{
    size_t length = strlen(above);
    return length == 1 ||
           (strncmp(path, above, length) == 0 && (path[length] == '\0' || path[length] == '/'));
}

bool paths_overlap(const char *a, const char *b)
{
    size_t length = strlen(a), other = strlen(b), shared = length < other ? length : other;
    const char *longer = length < other ? b : a;
    return strncmp(a, b, shared) == 0 && (length == other || shared <= 1 || longer[shared] == '/');
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

const struct gap *built_gap(const struct built *built, const char *path, unsigned serial, bool adds)
{
    for (size_t i = 0; i < built->gaps.count; i++)
        if (built->gaps.at[i].serial >= serial && gap_covers(built->gaps.at[i].path, path) &&
            (built->gaps.at[i].only == NULL ||
             text_has_word(built->gaps.at[i].only, last_part(path), strlen(last_part(path)))) &&
            (adds || !gap_only_adds(&built->gaps.at[i])))
            return &built->gaps.at[i];
    return NULL;
}

struct gap *built_add_gap(struct built *built, enum gap_kind kind, const char *path,
                          const struct instruction *at)
{
    struct gap *gap = vec_push(&built->gaps);
    *gap =
        (struct gap){.kind = kind, .path = path, .serial = root_copy_count(built->root), .at = at};
    return gap;
}

const struct gap *built_gap_around(const struct built *built, const char *path,
                                   const struct node *node)
{
    const struct gap *gap = built_gap(built, path, node != NULL ? node_copy(node) : 0, false);
    if (gap == NULL && node == NULL)
        gap = built_gap(built, path, 0, true);
    if (gap != NULL)
        return gap;
    for (size_t i = 0; i < built->gaps.count; i++)
        if (node != NULL && node->type == NODE_DIR && gap_covers(path, built->gaps.at[i].path) &&
            !gap_only_adds(&built->gaps.at[i]))
            return &built->gaps.at[i];
    return NULL;
}
