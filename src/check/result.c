/* From the replay to the result. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "check/judging.h"
#include "check/supply.h"

const char *result_text(struct judging *judging, const char *text)
{
    return arena_string(judging->arena, text);
}

static size_t *result_indices(struct judging *judging, const struct replay *replay,
                              const size_t *place, size_t object, size_t *count)
{
    const struct loaded *from = &replay->objects.at[object];
    size_t *needs = arena_array(judging->arena, from->need_count + 1, sizeof *needs);
    *count = 0;
    for (size_t i = 0; i < from->need_count; i++) {
        size_t at = place[from->needs[i]];
        if (at != SIZE_MAX)
            needs[(*count)++] = at;
    }
    return needs;
}

/* A path with a slash at its end is a folder, in which nothing can be looked for. */
static const char *outcome_of(const struct event *event)
{
    size_t length = strlen(event->path);
    bool folder = length != 0 && event->path[length - 1] == '/';
    if (folder && event->refusal == REFUSED_ERRNO && event->error == ENOENT)
        return "no such folder";
    return words_of_outcome(event->refusal, event->error);
}

/* Every path that was looked at for an object, from EV_CONSIDERED. */
static void keep_trail(struct judging *judging, const struct replay *replay,
                       const struct loaded *object, struct willrun_object *out)
{
    struct VEC(struct willrun_trail) trail = {0};
    for (size_t i = 0; i < replay->events.count; i++) {
        const struct event *event = &replay->events.at[i];
        if (event->kind == EV_CONSIDERED && strcmp(event->name, object->name) == 0 &&
            (event->by == object->by || event->by <= 0))
            *vec_push(&trail) =
                (struct willrun_trail){arena_string(judging->arena, event->path), event->via,
                                       arena_string(judging->arena, outcome_of(event))};
    }
    struct willrun_trail *kept = arena_array(judging->arena, trail.count + 1, sizeof *kept);
    if (trail.count != 0)
        memcpy(kept, trail.at, trail.count * sizeof *kept);
    out->trail = kept;
    out->trail_count = trail.count;
    vec_free(&trail);
}

/* The first object that names `index` among its needs. */
static int first_user(const struct replay *replay, int index)
{
    for (size_t i = 0; i < replay->order_count; i++) {
        const struct loaded *object = &replay->objects.at[replay->order[i]];
        for (size_t j = 0; j < object->need_count; j++)
            if (object->needs[j] == index)
                return replay->order[i];
    }
    return -1;
}

static void keep_object(struct judging *judging, const struct replay *replay, int index,
                        struct willrun_object *out)
{
    const struct loaded *object = &replay->objects.at[index];
    int by = object->by < 0 && object->via != WILLRUN_VIA_PRELOAD ? first_user(replay, index)
                                                                  : object->by;
    const char *name = object->name;
    if (object->builtin && replay->loader == LIBC_GLIBC && object->elf->soname != NULL)
        name = object->elf->soname;
    out->name = arena_string(judging->arena, name);
    out->path = arena_string(judging->arena, object->path);
    out->needed_by = by >= 0 ? arena_string(judging->arena,
                                            by == 0 ? replay->argv0 : replay->objects.at[by].path)
                             : NULL;
    out->via = object->via;
    if (judging->process.trail)
        keep_trail(judging, replay, object, out);
}

void result_objects(struct judging *judging, const struct replay *replay)
{
    struct willrun_subject *subject = judging->subject;
    size_t *place = must_alloc((replay->objects.count + 1) * sizeof *place);
    for (size_t i = 0; i < replay->objects.count; i++)
        place[i] = SIZE_MAX;
    size_t count = 0;
    for (size_t i = 0; i < replay->order_count; i++)
        if (replay->order[i] != 0)
            place[replay->order[i]] = count++;
    struct willrun_object *objects = arena_array(judging->arena, count + 1, sizeof *objects);
    for (size_t i = 0; i < replay->objects.count; i++) {
        if (place[i] == SIZE_MAX)
            continue;
        struct willrun_object *out = &objects[place[i]];
        keep_object(judging, replay, (int)i, out);
        out->needs = result_indices(judging, replay, place, i, &out->need_count);
    }
    subject->objects = objects;
    subject->object_count = count;
    subject->needs = result_indices(judging, replay, place, 0, &subject->need_count);
    free(place);
}

/* What brings the library of the finding, where a stage has it. */
static void keep_supply(struct judging *judging, struct willrun_finding *finding)
{
    const struct supplies *supplies = &judging->findings.supplies;
    size_t at = 0;
    while (at < supplies->count &&
           (finding->object == NULL || strcmp(supplies->at[at].name, finding->object) != 0))
        at++;
    if (at == supplies->count)
        return;
    const struct supply *supply = &supplies->at[at];
    struct willrun_copy_line *lines =
        arena_array(judging->arena, supply->copy_count + 1, sizeof *lines);
    for (size_t i = 0; i < supply->copy_count; i++) {
        const struct willrun_copy_line *from = &supply->copies[i];
        const char **sources = arena_array(judging->arena, from->source_count + 1, sizeof *sources);
        for (size_t k = 0; k < from->source_count; k++)
            sources[k] = result_text(judging, from->sources[k]);
        lines[i] = (struct willrun_copy_line){result_text(judging, from->stage), sources,
                                              from->source_count, result_text(judging, from->to)};
    }
    finding->copies = lines;
    finding->copy_count = supply->copy_count;
    finding->package = result_text(judging, supply->package);
}

void result_findings(struct judging *judging)
{
    struct findings *findings = &judging->findings;
    struct willrun_finding *kept =
        arena_array(judging->arena, findings->list.count + 1, sizeof *kept);
    for (size_t i = 0; i < findings->list.count; i++) {
        const struct willrun_finding *from = &findings->list.at[i];
        kept[i] = (struct willrun_finding){.rule = from->rule,
                                           .severity = from->severity,
                                           .message = result_text(judging, from->message),
                                           .object = result_text(judging, from->object),
                                           .needed_by = result_text(judging, from->needed_by),
                                           .symbol = result_text(judging, from->symbol),
                                           .version = result_text(judging, from->version),
                                           .fix = result_text(judging, from->fix)};
        keep_supply(judging, &kept[i]);
    }
    judging->subject->findings = kept;
    judging->subject->finding_count = findings->list.count;
    vec_free(&findings->list);
    vec_free(&findings->supplies);
}

void result_words(struct judging *judging, const struct words *words)
{
    const char **lines = arena_array(judging->arena, words->lines.count + 1, sizeof *lines);
    for (size_t i = 0; i < words->lines.count; i++)
        lines[i] = result_text(judging, words->lines.at[i]);
    judging->subject->stderr_lines = lines;
    judging->subject->stderr_count = words->lines.count;
    judging->subject->exit_status = words->exit_status;
}
