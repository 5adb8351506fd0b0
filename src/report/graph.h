/* A tree as nodes and edges, for the languages of drawing programs. */
#ifndef WILLRUN_REPORT_GRAPH_H
#define WILLRUN_REPORT_GRAPH_H

#include "willrun/result.h"

/* Called for each subject with its number among all, then for each of its
 * objects, then for each edge. */
struct graph_calls {
    void (*begin)(void *to, size_t subject, const struct willrun_subject *facts);
    void (*object)(void *to, size_t subject, size_t index, const struct willrun_object *facts);
    /* from < 0: the subject itself */
    void (*edge)(void *to, size_t subject, long long from, size_t index,
                 const struct willrun_object *facts);
    void (*end)(void *to);
};

void graph_walk(const struct willrun_result *result, const struct graph_calls *calls, void *to);

#endif
