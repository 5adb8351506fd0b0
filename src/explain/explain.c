/* A message explained. */
#include "base/arena.h"
#include "check/context.h"

struct owned_explanation {
    struct willrun_explanation explanation; /* first: what the caller sees */
    struct arena arena;
};

enum willrun_err willrun_explain(struct willrun *willrun,
                                 const struct willrun_explain_request *request,
                                 struct willrun_explanation **explanation)
{
    struct owned_explanation *owned = must_alloc(sizeof *owned);
    *owned = (struct owned_explanation){0};
    context_err(willrun);
    (void)request;
    owned->explanation.next = "The message is not recognised.";
    *explanation = &owned->explanation;
    return WILLRUN_OK;
}

void willrun_explanation_free(struct willrun_explanation *explanation)
{
    if (explanation == NULL)
        return;
    struct owned_explanation *owned = (struct owned_explanation *)explanation;
    arena_free(&owned->arena);
    free(owned);
}

const char *willrun_cause_class(size_t index, const char **meaning)
{
    (void)index;
    *meaning = NULL;
    return NULL;
}
