/* A message explained: its lines found, its causes ranked by its words, and decided by the files of
 * the target where there is one. */
#include <string.h>

#include "check/context.h"
#include "explain/causes.h"
#include "explain/decide.h"
#include "explain/scan.h"

enum { PATH_LONGEST = 4096 };

struct owned_explanation {
    struct willrun_explanation explanation; /* first: what the caller sees */
    struct arena arena;
    struct readings readings;
    struct causes causes;
    struct willrun_result *check;
};

static void tell_reading(struct owned_explanation *owned, const struct reading *reading)
{
    struct willrun_explanation *explanation = &owned->explanation;
    explanation->message = reading->line.shown;
    explanation->line = reading->line.number;
    explanation->speaker = speaker_name(reading->form->speaker);
    explanation->object = reading->at[CAPTURE_OBJECT];
    explanation->needed_by = reading->at[CAPTURE_NEEDED_BY];
    explanation->symbol = reading->at[CAPTURE_SYMBOL];
    explanation->version = reading->at[CAPTURE_VERSION];
    explanation->interpreter = reading->at[CAPTURE_INTERPRETER];
    explanation->path = reading->at[CAPTURE_PATH];
    explanation->platform = reading->at[CAPTURE_PLATFORM];
    explanation->error = reading->at[CAPTURE_ERROR];
}

/* The status that a message tells, where it tells no more; -1: it does not. */
static int status_of(const struct reading *reading)
{
    const char *text = reading != NULL ? reading->at[CAPTURE_STATUS] : NULL;
    int number = 0;
    for (; text != NULL && *text >= '0' && *text <= '9' && number < 1000; text++)
        number = number * 10 + (*text - '0');
    return text != NULL ? number : -1;
}

static const char *what_to_try(const struct owned_explanation *owned, bool target)
{
    if (owned->causes.count == 0)
        return "This is no message that willrun knows. Give the whole log, from the first line "
               "that tells of a failure (docker logs CONTAINER 2>&1 | willrun explain), or the "
               "exit status (--exit-code N), or let check look at the image itself: willrun check "
               "--root IMAGE.tar.";
    if (!target && owned->causes.at[0].rule != NULL)
        return "The files of the image decide: docker save IMAGE | willrun explain --root - "
               "'MESSAGE', or --root DIR.";
    return NULL;
}

static bool has_target(const struct willrun *willrun)
{
    return willrun->root != NULL || willrun->dockerfile != NULL;
}

static const char *target_options(const struct willrun *willrun, struct arena *arena)
{
    if (willrun->dockerfile != NULL)
        return arena_format(arena, "--dockerfile %s", willrun->dockerfile);
    return arena_format(arena, "--root %s", willrun->root != NULL ? willrun->root : "ROOT");
}

/* The file that is asked about in the place of a message; NULL: it is a message. */
static const char *asked_path(const struct willrun_explain_request *request, struct arena *arena)
{
    if (request->size == 0 || request->size >= PATH_LONGEST ||
        memchr(request->text, 0, request->size) != NULL)
        return NULL;
    const char *text = arena_copy(arena, request->text, request->size);
    return (*text == '/' || *text == '.') && strpbrk(text, " \n") == NULL ? text : NULL;
}

static bool explain(struct willrun *willrun, struct owned_explanation *owned,
                    const struct willrun_explain_request *request)
{
    const char *target = target_options(willrun, &owned->arena);
    const char *path = asked_path(request, &owned->arena);
    struct matcher *matcher = matcher_new();
    size_t best = scan_text(matcher, request->text, request->size, &owned->arena, &owned->readings);
    matcher_free(matcher);
    const struct reading *reading = best < owned->readings.count ? &owned->readings.at[best] : NULL;
    int status = request->exit_status >= 0 ? request->exit_status : status_of(reading);
    bool only_status = reading == NULL || families[reading->form->family].group == GROUP_STATUS;
    const struct exit_status *row = only_status ? exit_status_row(status) : NULL;
    if (reading != NULL)
        tell_reading(owned, reading);
    if (row != NULL)
        causes_of_status(row, path, target, &owned->arena, &owned->causes);
    else if (reading != NULL)
        causes_of_words(reading, target, &owned->arena, &owned->causes);
    if (!has_target(willrun))
        return true;
    struct decision decision;
    bool done =
        decide(willrun, target, reading, path, status, &owned->arena, &owned->causes, &decision);
    owned->check = decision.check;
    owned->explanation.check = decision.check;
    owned->explanation.decided = done && decision.decided;
    return done;
}

enum willrun_err willrun_explain(struct willrun *willrun,
                                 const struct willrun_explain_request *request,
                                 struct willrun_explanation **explanation)
{
    struct owned_explanation *owned = must_alloc(sizeof *owned);
    *owned = (struct owned_explanation){0};
    context_err(willrun);
    *explanation = NULL;
    if (!explain(willrun, owned, request)) {
        willrun_explanation_free(&owned->explanation);
        return willrun->err.code;
    }
    owned->explanation.causes = owned->causes.at;
    owned->explanation.cause_count = owned->causes.count;
    owned->explanation.next = what_to_try(owned, has_target(willrun));
    *explanation = &owned->explanation;
    return WILLRUN_OK;
}

void willrun_explanation_free(struct willrun_explanation *explanation)
{
    if (explanation == NULL)
        return;
    struct owned_explanation *owned = (struct owned_explanation *)explanation;
    willrun_result_free(owned->check);
    vec_free(&owned->readings);
    vec_free(&owned->causes);
    arena_free(&owned->arena);
    free(owned);
}
