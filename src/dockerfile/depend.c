#include "dockerfile/depend.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "dockerfile/mount.h"

/* Stage `stage` reads stage `from`. */
struct need {
    size_t stage, from;
    struct text_place place;
    const char *name;    /* of `from`, as the instruction has it */
    const char *mounted; /* RUN --mount: to where; NULL: COPY --from */
};

/* In the order of the stages; those that come from FROM are none of them. */
struct needs VEC(struct need);

struct graph {
    struct build_scope *scope;
    struct needs needs;
    size_t *first; /* of each stage, in `needs`; one more for the end */
};

/* ---- edges ---- */

static void add_need(struct graph *graph, size_t stage, const struct build_origin *origin,
                     const struct need *need)
{
    if (origin->kind != ORIGIN_STAGE)
        return;
    struct need *added = vec_push(&graph->needs);
    *added = *need;
    added->stage = stage;
    added->from = origin->stage;
}

static bool add_copy(struct graph *graph, size_t stage, const struct instruction *copy,
                     struct err *err)
{
    const struct flag *from = instruction_flag(copy, "from");
    struct build_origin origin;
    if (from == NULL || from->value == NULL || *from->value == '\0')
        return true;
    if (!build_scope_from(graph->scope, from->value, from->range.begin, &origin,
                          &graph->scope->arena, err))
        return false;
    add_need(graph, stage, &origin,
             &(struct need){.place = from->range.begin, .name = from->value});
    return true;
}

static void add_mounts(struct graph *graph, size_t stage, const struct instruction *run)
{
    for (size_t i = 0; i < run->flag_count; i++) {
        const struct flag *flag = &run->flags[i];
        struct mount mount;
        if (strcmp(flag->name, "mount") != 0 || !mount_names(flag, &mount, &graph->scope->arena) ||
            mount.from == NULL)
            continue;
        struct build_origin origin = build_scope_mounted(graph->scope, mount.from);
        add_need(graph, stage, &origin,
                 &(struct need){.place = flag->range.begin,
                                .name = mount.from,
                                .mounted = mount.target != NULL ? mount.target : ""});
    }
}

static bool add_instruction(struct graph *graph, size_t stage,
                            const struct instruction *instruction, struct err *err)
{
    if (instruction->kind == INSTRUCTION_COPY)
        return add_copy(graph, stage, instruction, err);
    if (instruction->kind == INSTRUCTION_RUN)
        add_mounts(graph, stage, instruction);
    return true;
}

/* What the ONBUILDs of the stage that this one starts from ask of it. */
static bool add_triggers(struct graph *graph, size_t stage, struct err *err)
{
    const struct build_scope *scope = graph->scope;
    if (scope->starts[stage].origin.kind != ORIGIN_STAGE)
        return true;
    const struct build_stage *base = &scope->file->stages[scope->starts[stage].origin.stage];
    for (size_t i = 0; i < base->instruction_count; i++)
        if (base->instructions[i].trigger != NULL &&
            !add_instruction(graph, stage, base->instructions[i].trigger, err))
            return false;
    return true;
}

static bool add_needs(struct graph *graph, struct err *err)
{
    const struct dockerfile *file = graph->scope->file;
    graph->first = arena_array(&graph->scope->arena, file->stage_count + 1, sizeof *graph->first);
    for (size_t i = 0; i < file->stage_count; i++) {
        const struct build_stage *stage = &file->stages[i];
        graph->first[i] = graph->needs.count;
        if (!add_triggers(graph, i, err))
            return false;
        for (size_t j = 0; j < stage->instruction_count; j++)
            if (!add_instruction(graph, i, &stage->instructions[j], err))
                return false;
    }
    graph->first[file->stage_count] = graph->needs.count;
    return true;
}

/* ---- cycles ---- */

/* A stage on the way, and which of its needs comes next. What it starts from stands above it, and
 * closes no circle by itself. */
struct visit {
    size_t stage, next;
};

enum mark { UNSEEN, ON_THE_WAY, DONE };

static const char *name_of(const struct dockerfile *file, size_t stage, struct arena *arena)
{
    return file->stages[stage].name != NULL ? file->stages[stage].name
                                            : arena_format(arena, "stage-%zu", stage);
}

/* What stage visit->stage reads next; NULL: no more. */
static const struct need *next_need(const struct graph *graph, struct visit *visit)
{
    size_t at = graph->first[visit->stage] + visit->next;
    if (at == graph->first[visit->stage + 1])
        return NULL;
    visit->next++;
    return &graph->needs.at[at];
}

/* Visit all that `start` reads; false: a stage reads itself. */
static bool visit_from(struct graph *graph, size_t start, unsigned char *marks, struct err *err)
{
    struct VEC(struct visit) way = {0};
    bool ok = true;
    *vec_push(&way) = (struct visit){start, 0};
    marks[start] = ON_THE_WAY;
    while (ok && way.count != 0) {
        struct visit *visit = &way.at[way.count - 1];
        const struct need *need = next_need(graph, visit);
        if (need == NULL) {
            marks[visit->stage] = DONE;
            way.count--;
        } else if (marks[need->from] == ON_THE_WAY) {
            while (visit->stage != need->from)
                visit--; /* where the circle begins */
            ok =
                dockerfile_fail(graph->scope->file,
                                graph->needs.at[graph->first[visit->stage] + visit->next - 1].place,
                                err, "circular dependency detected on stage: %s",
                                name_of(graph->scope->file, visit->stage, &graph->scope->arena));
        } else if (marks[need->from] == UNSEEN) {
            marks[need->from] = ON_THE_WAY;
            *vec_push(&way) = (struct visit){need->from, 0};
        }
    }
    vec_free(&way);
    return ok;
}

static bool judge_cycles(struct graph *graph, struct err *err)
{
    size_t count = graph->scope->file->stage_count;
    unsigned char *marks = arena_alloc(&graph->scope->arena, count);
    for (size_t i = 0; i < count; i++)
        if (marks[i] == UNSEEN && !visit_from(graph, i, marks, err))
            return false;
    return true;
}

/* ---- the target ---- */

static bool find_target(struct build_scope *scope, struct err *err)
{
    const struct dockerfile *file = scope->file;
    const char *target = scope->request->target;
    scope->target = file->stage_count - 1;
    if (target == NULL || *target == '\0')
        return true;
    scope->target = dockerfile_stage_named(file, target, file->stage_count);
    if (scope->target != SIZE_MAX)
        return true;
    struct nearest nearest = nearest_begin(target, strlen(target));
    for (size_t i = 0; i < file->stage_count; i++)
        if (file->stages[i].name != NULL)
            nearest_offer(&nearest, file->stages[i].name);
    const char *meant = nearest_answer(&nearest);
    return err_set(err, WILLRUN_EINPUT,
                   meant != NULL ? "%s: target stage \"%s\" could not be found (did you mean %s?)"
                                 : "%s: target stage \"%s\" could not be found",
                   file->name, target, meant);
}

/* Mark what the target is made from. */
static void mark_needed(struct graph *graph)
{
    struct build_scope *scope = graph->scope;
    struct VEC(size_t) left = {0};
    *vec_push(&left) = scope->target;
    while (left.count != 0) {
        struct visit visit = {left.at[--left.count], 0};
        const struct build_origin *origin = &scope->starts[visit.stage].origin;
        if (scope->needed[visit.stage])
            continue;
        scope->needed[visit.stage] = true;
        if (origin->kind == ORIGIN_STAGE)
            *vec_push(&left) = origin->stage;
        for (const struct need *need; (need = next_need(graph, &visit)) != NULL;)
            *vec_push(&left) = need->from;
    }
    vec_free(&left);
}

/* Stages are built from top to bottom. */
static bool judge_order(struct graph *graph, struct err *err)
{
    const struct build_scope *scope = graph->scope;
    for (size_t i = 0; i < graph->needs.count; i++) {
        const struct need *need = &graph->needs.at[i];
        if (!scope->needed[need->stage] || need->from < need->stage)
            continue;
        if (need->mounted != NULL)
            return dockerfile_fail(scope->file, need->place, err,
                                   "cannot mount from stage \"%s\" to \"%s\", stage needs to be "
                                   "defined before current command",
                                   need->name, need->mounted);
        return dockerfile_fail(scope->file, need->place, err,
                               "cannot copy from stage \"%s\", it needs to be defined before "
                               "current stage \"%s\"",
                               need->name, name_of(scope->file, need->stage, &graph->scope->arena));
    }
    return true;
}

bool depend_resolve(struct build_scope *scope, struct err *err)
{
    struct graph graph = {.scope = scope};
    bool ok = find_target(scope, err) && add_needs(&graph, err) && judge_cycles(&graph, err);
    if (ok)
        mark_needed(&graph);
    ok = ok && judge_order(&graph, err);
    vec_free(&graph.needs);
    return ok;
}
