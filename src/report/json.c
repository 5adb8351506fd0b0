/* Schema willrun/check/1: one document, or one line a subject. */
#include "report/json_parts.h"
#include "report/report.h"
#include "willrun/willrun.h"

#define SCHEMA "willrun/check/1"

static void write_origin(struct json *json, const struct willrun_subject *subject)
{
    if (subject->origin_stage == NULL && subject->origin_path == NULL) {
        json_nothing(json, "origin");
        return;
    }
    json_open_flat(json, "origin", '{');
    json_text(json, "stage", subject->origin_stage);
    json_text(json, "path", subject->origin_path);
    json_close(json, '}');
}

static void write_predicted(struct json *json, const struct willrun_subject *subject)
{
    json_open(json, "predicted", '{');
    if (subject->exit_status >= 0)
        json_int(json, "exit_status", subject->exit_status);
    else
        json_nothing(json, "exit_status");
    json_text(json, "errno", subject->error);
    json_open(json, "stderr", '[');
    for (size_t i = 0; i < subject->stderr_count; i++)
        json_text(json, NULL, subject->stderr_lines[i]);
    json_close(json, ']');
    json_text(json, "runtime", subject->runtime);
    json_close(json, '}');
}

static void write_trail(struct json *json, const struct willrun_object *object)
{
    if (object->trail_count == 0)
        return;
    json_open(json, "trail", '[');
    for (size_t i = 0; i < object->trail_count; i++) {
        const struct willrun_trail *trail = &object->trail[i];
        json_open_flat(json, NULL, '{');
        json_text(json, "path", trail->path);
        json_text(json, "via", willrun_via_name(trail->via));
        json_text(json, "outcome", trail->outcome);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_objects(struct json *json, const struct willrun_subject *subject)
{
    json_open(json, "objects", '[');
    for (size_t i = 0; i < subject->object_count; i++) {
        const struct willrun_object *object = &subject->objects[i];
        (object->trail_count == 0 ? json_open_flat : json_open)(json, NULL, '{');
        json_text(json, "name", object->name);
        json_text(json, "path", object->path);
        json_text(json, "needed_by", object->needed_by);
        json_text(json, "via", willrun_via_name(object->via));
        write_trail(json, object);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void write_subject(struct json *json, const char *key, const struct willrun_subject *subject)
{
    json_open(json, key, '{');
    json_text(json, "path", subject->path);
    write_origin(json, subject);
    json_text(json, "kind", willrun_kind_name(subject->kind));
    json_text(json, "platform", subject->platform);
    json_text(json, "libc", willrun_libc_name(subject->libc));
    json_text(json, "interpreter", subject->interpreter);
    json_text(json, "linkage", willrun_linkage_name(subject->linkage));
    if (subject->plugin != NULL)
        json_text(json, "plugin", subject->plugin);
    if (subject->host != NULL)
        json_text(json, "host", subject->host);
    json_text(json, "verdict", willrun_verdict_name(subject->verdict));
    json_text(json, "phase", willrun_phase_name(subject->phase));
    if (subject->accepted)
        json_bool(json, "accepted", true);
    write_predicted(json, subject);
    write_objects(json, subject);
    json_findings(json, subject->findings, subject->finding_count);
    json_close(json, '}');
}

void json_check(const struct willrun_result *result, const struct willrun_style *style, FILE *out)
{
    (void)style;
    json_document(out, SCHEMA, result, write_subject);
}

bool willrun_write_jsonl_subject(const struct willrun_target *target,
                                 const struct willrun_subject *subject, FILE *out)
{
    struct json json = {.out = out, .compact = true};
    json_open(&json, NULL, '{');
    json_text(&json, "schema", SCHEMA);
    json_open(&json, "target", '{');
    json_target_facts(&json, target);
    json_close(&json, '}');
    write_subject(&json, "subject", subject);
    json_close(&json, '}');
    return fflush(out) == 0 && ferror(out) == 0;
}

bool willrun_write_jsonl_summary(const struct willrun_result *result, FILE *out)
{
    struct json json = {.out = out, .compact = true};
    json_open(&json, NULL, '{');
    json_text(&json, "schema", SCHEMA);
    json_summary(&json, result);
    json_close(&json, '}');
    return fflush(out) == 0 && ferror(out) == 0;
}

void jsonl_check(const struct willrun_result *result, const struct willrun_style *style, FILE *out)
{
    (void)style;
    for (size_t t = 0; t < result->target_count; t++) {
        const struct willrun_target *target = &result->targets[t];
        for (size_t s = 0; s < target->subject_count; s++)
            if (!willrun_write_jsonl_subject(target, &target->subjects[s], out))
                return;
    }
    willrun_write_jsonl_summary(result, out);
}
