#include "report/graph.h"

#include <stdlib.h>

#include "report/tree_walk.h"

static void walk_subject(const struct willrun_subject *subject, size_t number,
                         const struct graph_calls *calls, void *to)
{
    size_t count;
    size_t *roots = tree_roots(subject, &count);
    calls->begin(to, number, subject);
    for (size_t i = 0; i < subject->object_count; i++)
        calls->object(to, number, i, &subject->objects[i]);
    for (size_t i = 0; i < count; i++)
        calls->edge(to, number, -1, roots[i], &subject->objects[roots[i]]);
    for (size_t i = 0; i < subject->object_count; i++) {
        const struct willrun_object *object = &subject->objects[i];
        for (size_t need = 0; need < object->need_count; need++)
            if (object->needs[need] < subject->object_count)
                calls->edge(to, number, (long long)i, object->needs[need],
                            &subject->objects[object->needs[need]]);
    }
    calls->end(to);
    free(roots);
}

void graph_walk(const struct willrun_result *result, const struct graph_calls *calls, void *to)
{
    size_t number = 0;
    for (size_t t = 0; t < result->target_count; t++)
        for (size_t s = 0; s < result->targets[t].subject_count; s++)
            walk_subject(&result->targets[t].subjects[s], number++, calls, to);
}
