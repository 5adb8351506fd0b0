/* Subjects judged in parallel. */
#include <pthread.h>

#include "base/processors.h"
#include "check/checking.h"
#include "check/settle.h"

size_t willrun_threads(const struct willrun *willrun)
{
    return willrun->threads != 0 ? willrun->threads : processors();
}

size_t checking_threads(const struct checking *checking)
{
    size_t threads = willrun_threads(checking->willrun);
    size_t busy = root_verifying(checking->owned->root);
    return busy < threads ? threads - busy : 1;
}

struct workshop {
    struct checking *checking;
    const struct willrun_target *target;
    struct willrun_subject *subjects;
    bool *done;
    size_t count, next, told; /* next to judge, next to hand to the caller */
    pthread_mutex_t lock;
};

struct worker {
    struct workshop *workshop;
    struct arena *arena;
    pthread_t thread;
};

/* Subjects are handed over in their order, whoever finished first. */
static void tell(struct workshop *workshop, size_t index)
{
    struct willrun *willrun = workshop->checking->willrun;
    pthread_mutex_lock(&workshop->lock);
    workshop->done[index] = true;
    while (workshop->told < workshop->count && workshop->done[workshop->told]) {
        if (willrun->on_subject != NULL)
            willrun->on_subject(willrun->subject_context, workshop->target,
                                &workshop->subjects[workshop->told]);
        workshop->told++;
        if (willrun->on_progress != NULL)
            willrun->on_progress(willrun->progress_context, "checking", workshop->told,
                                 workshop->count);
    }
    pthread_mutex_unlock(&workshop->lock);
}

static void judge_one(const struct checking *checking, struct memo *memo, size_t index,
                      struct arena *arena, struct willrun_subject *subject)
{
    const struct asked *asked = &checking->asked.at[index];
    if (asked->gap != NULL) {
        settle_unknown(checking->assembly, asked, arena, subject);
        return;
    }
    subject_judge(&checking->target, memo, asked, arena, subject);
    if (checking->assembly != NULL)
        settle_subject(checking->assembly, &checking->target, asked, arena, subject);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct workshop *workshop = worker->workshop;
    struct memo *memo = memo_new();
    for (;;) {
        pthread_mutex_lock(&workshop->lock);
        bool more =
            workshop->next < workshop->count && !meter_stopped(workshop->checking->willrun->meter);
        size_t index = more ? workshop->next++ : SIZE_MAX;
        pthread_mutex_unlock(&workshop->lock);
        if (index == SIZE_MAX)
            break;
        judge_one(workshop->checking, memo, index, worker->arena, &workshop->subjects[index]);
        acceptances_apply(workshop->checking->willrun->acceptances, worker->arena,
                          &workshop->subjects[index]);
        tell(workshop, index);
    }
    memo_free(memo);
    return NULL;
}

static size_t worker_count(const struct checking *checking, size_t subjects)
{
    size_t threads = checking_threads(checking);
    size_t useful = subjects / SUBJECTS_A_THREAD + 1;
    return threads < useful ? threads : useful;
}

bool checking_judge_all(struct checking *checking, const struct willrun_target *target,
                        struct willrun_subject *subjects)
{
    struct owned_result *owned = checking->owned;
    size_t count = checking->asked.count;
    struct workshop workshop = {.checking = checking,
                                .target = target,
                                .subjects = subjects,
                                .count = count,
                                .lock = PTHREAD_MUTEX_INITIALIZER};
    workshop.done = arena_array(&owned->arena, count + 1, sizeof *workshop.done);
    owned->worker_count = worker_count(checking, count);
    owned->worker_arenas =
        arena_array(&owned->arena, owned->worker_count, sizeof *owned->worker_arenas);
    struct worker *workers = arena_array(&owned->arena, owned->worker_count, sizeof *workers);
    size_t started = 1;
    for (size_t i = 0; i < owned->worker_count; i++)
        workers[i] = (struct worker){.workshop = &workshop, .arena = &owned->worker_arenas[i]};
    while (started < owned->worker_count &&
           pthread_create(&workers[started].thread, NULL, work, &workers[started]) == 0)
        started++;
    work(&workers[0]);
    for (size_t i = 1; i < started; i++)
        pthread_join(workers[i].thread, NULL);
    return !context_cancelled(checking->willrun);
}
