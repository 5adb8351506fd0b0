/* willrun_plan: the artifacts tried on every base, the best one chosen, its stage written. */
#include <stdlib.h>
#include <string.h>

#include "plan/candidate.h"
#include "plan/change.h"
#include "plan/from_dockerfile.h"
#include "plan/relevant.h"
#include "plan/stage_text.h"
#include "source/base.h"

struct owned_plan {
    struct willrun_plan plan; /* first: what the caller sees */
    struct arena arena;
    struct artifacts artifacts;
    struct entry entry;
    struct VEC(struct trial) trials;
    struct VEC(struct willrun_candidate) candidates;
};

struct planning {
    struct willrun *willrun;
    const struct willrun_plan_request *request;
    struct owned_plan *owned;
    bool no_profiles; /* none is installed for the platform, so that none was tried */
};

static struct trials shared(const struct planning *planning)
{
    struct owned_plan *owned = planning->owned;
    return (struct trials){planning->willrun, &owned->artifacts, &owned->entry,
                           owned->plan.platform, &owned->arena};
}

/* ---- the bases ---- */

static bool try_base(struct planning *planning, const char *image, const char *source)
{
    struct owned_plan *owned = planning->owned;
    struct trial *trial = vec_push(&owned->trials);
    const struct trials trials = shared(planning);
    bool done = candidate_try(&trials, arena_string(&owned->arena, image),
                              arena_string(&owned->arena, source), trial);
    if (done && owned->plan.platform == NULL) /* of the artifacts themselves */
        owned->plan.platform = arena_string(
            &owned->arena, relevant_worst(&owned->artifacts, &trial->check->targets[0])->platform);
    return done;
}

/* "arm64" of "linux/arm64/v8". */
static const char *arch_of(const char *platform, struct arena *arena)
{
    const char *slash = strchr(platform, '/');
    const char *arch = slash != NULL ? slash + 1 : platform;
    return arena_copy(arena, arch, strcspn(arch, "/"));
}

/* Every profile that ships for the platform. */
static bool try_profiles(struct planning *planning)
{
    struct arena *arena = &planning->owned->arena;
    bool done = try_base(planning, "scratch", "scratch");
    const char *platform = planning->owned->plan.platform;
    if (platform == NULL)
        platform = base_platform();
    const char *arch = arch_of(platform, arena);
    planning->no_profiles = true;
    for (const struct base *base = bases; done && base->file != NULL; base++) {
        const char *image = arena_copy(arena, base->names, strcspn(base->names, " "));
        if (!base_is_there(base, arch))
            continue;
        planning->no_profiles = false;
        done = try_base(planning, image, arena_format(arena, "base:%s", image));
    }
    return done;
}

static bool try_given(struct planning *planning)
{
    bool done = true;
    for (size_t i = 0; done && i < planning->request->base_count; i++) {
        const char *given = planning->request->bases[i];
        size_t length = strcspn(given, "=");
        if (length == 0 || given[length] == 0 || given[length + 1] == 0)
            return err_set(&planning->willrun->err, WILLRUN_EUSAGE,
                           "%s is no base: expected IMAGE=SOURCE, as in app-base:1=base.tar",
                           given);
        done = try_base(planning, arena_copy(&planning->owned->arena, given, length),
                        given + length + 1);
    }
    return done;
}

/* The one base that is asked for: one that was given, a profile by its image's name, or a source.
 */
static bool try_one(struct planning *planning, const char *on)
{
    size_t length = strlen(on);
    struct arena *arena = &planning->owned->arena;
    for (size_t i = 0; i < planning->request->base_count; i++) {
        const char *given = planning->request->bases[i];
        if (strncmp(given, on, length) == 0 && given[length] == '=')
            return try_base(planning, on, given + length + 1);
    }
    if (strncmp(on, "base:", 5) == 0)
        return try_base(planning, on + 5, on);
    if (base_by_name(on) != NULL || distribution_by_name(on) != NULL)
        return try_base(planning, on, arena_format(arena, "base:%s", on));
    return try_base(planning, on, on);
}

/* ---- the best ---- */

/* What runs before what does not, what has all that it looks for later before what lacks more, then
 * the smaller one, the one with less copied in, the one without a shell. */
static int by_worth(const void *a, const void *b)
{
    const struct willrun_candidate *left = &((const struct trial *)a)->candidate;
    const struct willrun_candidate *right = &((const struct trial *)b)->candidate;
    if (left->verdict != right->verdict)
        return left->verdict < right->verdict ? -1 : 1;
    if (left->lack_count != right->lack_count)
        return left->lack_count < right->lack_count ? -1 : 1;
    if (left->estimated_size != right->estimated_size)
        return left->estimated_size < right->estimated_size ? -1 : 1;
    if (left->copy_count != right->copy_count)
        return left->copy_count < right->copy_count ? -1 : 1;
    if (left->shell != right->shell)
        return left->shell ? 1 : -1;
    return strcmp(left->image, right->image);
}

static int by_release(const void *a, const void *b)
{
    return -strverscmp(((const struct trial *)a)->candidate.image,
                       ((const struct trial *)b)->candidate.image);
}

/* Are they releases of one image: the same names but for digits, and as good? */
static bool is_kin(const struct willrun_candidate *a, const struct willrun_candidate *b)
{
    static const char number[] = "0123456789.";
    const char *left = a->image, *right = b->image;
    while (*left != 0 && *right != 0) {
        left += strspn(left, number);
        right += strspn(right, number);
        if (*left != *right)
            return false;
        left += *left != 0;
        right += *right != 0;
    }
    return *left == *right && a->verdict == b->verdict && a->lack_count == b->lack_count;
}

/* Of releases that follow one another, for they are about as large, the newest goes first. */
static void put_newest_first(struct trial *trials, size_t count)
{
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1;
             end < count && is_kin(&trials[first].candidate, &trials[end].candidate);)
            end++;
        qsort(trials + first, end - first, sizeof *trials, by_release);
    }
}

/* The first of the artifacts that is a program. */
static const char *program_of(const struct artifacts *artifacts, const struct willrun_result *check)
{
    const struct willrun_target *target = &check->targets[0];
    for (size_t i = 0; i < target->subject_count; i++)
        if ((target->subjects[i].kind == WILLRUN_KIND_EXECUTABLE ||
             target->subjects[i].kind == WILLRUN_KIND_SCRIPT) &&
            relevant(artifacts, target, i))
            return target->subjects[i].path;
    return NULL;
}

static bool rank(struct planning *planning)
{
    struct owned_plan *owned = planning->owned;
    struct willrun_plan *plan = &owned->plan;
    qsort(owned->trials.at, owned->trials.count, sizeof *owned->trials.at, by_worth);
    put_newest_first(owned->trials.at, owned->trials.count);
    for (size_t i = 0; i < owned->trials.count; i++)
        *vec_push(&owned->candidates) = owned->trials.at[i].candidate;
    plan->candidates = owned->candidates.at;
    plan->candidate_count = owned->candidates.count;
    plan->check = owned->trials.at[0].check;
    const struct trials trials = shared(planning);
    if (!plan->candidates[0].fits && planning->no_profiles && planning->request->base_count == 0)
        return err_set(&planning->willrun->err, WILLRUN_EINPUT,
                       "no base was tried but scratch, which does not do: no profile is installed "
                       "for %s; looked in %s. WILLRUN_DATA may name another folder that has "
                       "bases/, and --base IMAGE=SOURCE gives a base of your own",
                       plan->platform != NULL ? plan->platform : base_platform(),
                       base_folders(&owned->arena));
    if (!plan->candidates[0].fits) {
        plan->change = change_least(&trials, owned->trials.at, owned->trials.count,
                                    planning->request->on != NULL);
        return true;
    }
    plan->chosen = &plan->candidates[0];
    plan->dockerfile =
        stage_text(&trials, &owned->trials.at[0], program_of(&owned->artifacts, plan->check),
                   planning->request->packages);
    return plan->dockerfile != NULL;
}

enum willrun_err willrun_plan(struct willrun *willrun, const struct willrun_plan_request *request,
                              struct willrun_plan **plan)
{
    struct owned_plan *owned = must_alloc(sizeof *owned);
    *owned = (struct owned_plan){0};
    struct meter *before = context_enter(willrun);
    *plan = NULL;
    struct planning planning = {.willrun = willrun, .request = request, .owned = owned};
    owned->plan.platform = arena_string(&owned->arena, willrun->platform_name);
    bool done = artifacts_open(willrun, &owned->artifacts);
    if (done && willrun->dockerfile != NULL && willrun->subjects.count == 0) {
        done = from_dockerfile(willrun, &owned->artifacts, &owned->entry);
    } else if (done) {
        done = artifacts_find(willrun, &owned->artifacts);
        if (done)
            entry_find(&owned->artifacts, &owned->entry);
    }
    if (done)
        done = request->on != NULL ? try_one(&planning, request->on)
                                   : try_profiles(&planning) && try_given(&planning);
    done = done && rank(&planning);
    context_leave(before);
    if (!context_cancelled(willrun) && done)
        *plan = &owned->plan;
    else
        willrun_plan_free(&owned->plan);
    return willrun->err.code;
}

void willrun_plan_free(struct willrun_plan *plan)
{
    if (plan == NULL)
        return;
    struct owned_plan *owned = (struct owned_plan *)plan;
    for (size_t i = 0; i < owned->trials.count; i++)
        trial_free(&owned->trials.at[i]);
    vec_free(&owned->trials);
    vec_free(&owned->candidates);
    artifacts_free(&owned->artifacts);
    arena_free(&owned->arena);
    free(owned);
}
