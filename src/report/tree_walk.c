#include "report/tree_walk.h"

#include <stdbool.h>

#include "base/arena.h"

static bool is_need(const struct willrun_subject *subject, size_t object)
{
    for (size_t i = 0; i < subject->need_count; i++)
        if (subject->needs[i] == object)
            return true;
    return false;
}

size_t *tree_roots(const struct willrun_subject *subject, size_t *count)
{
    size_t *roots = must_alloc((subject->object_count + subject->need_count + 1) * sizeof *roots);
    *count = 0;
    for (size_t i = 0; i < subject->object_count; i++)
        if (subject->objects[i].needed_by == NULL && !is_need(subject, i))
            roots[(*count)++] = i;
    for (size_t i = 0; i < subject->need_count; i++)
        if (subject->needs[i] < subject->object_count)
            roots[(*count)++] = subject->needs[i];
    return roots;
}
