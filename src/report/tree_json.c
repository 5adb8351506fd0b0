/* Schema willrun/tree/1: as willrun/check/1 as far as it goes; `needs` holds
 * indices into the same subject's `objects`, in DT_NEEDED order. */
#include "report/json_parts.h"
#include "report/report.h"
#include "willrun/willrun.h"

static void write_needs(struct json *json, const size_t *needs, size_t count)
{
    json_open_flat(json, "needs", '[');
    for (size_t i = 0; i < count; i++)
        json_size(json, NULL, needs[i]);
    json_close(json, ']');
}

static void write_object(struct json *json, const struct willrun_object *object)
{
    json_open_flat(json, NULL, '{');
    json_text(json, "name", object->name);
    json_text(json, "path", object->path);
    json_text(json, "needed_by", object->needed_by);
    json_text(json, "via", willrun_via_name(object->via));
    write_needs(json, object->needs, object->need_count);
    json_close(json, '}');
}

static void write_subject(struct json *json, const char *key, const struct willrun_subject *subject)
{
    json_open(json, key, '{');
    json_text(json, "path", subject->path);
    json_text(json, "kind", willrun_kind_name(subject->kind));
    json_text(json, "platform", subject->platform);
    json_text(json, "libc", willrun_libc_name(subject->libc));
    json_text(json, "interpreter", subject->interpreter);
    json_text(json, "linkage", willrun_linkage_name(subject->linkage));
    json_text(json, "verdict", willrun_verdict_name(subject->verdict));
    json_text(json, "phase", willrun_phase_name(subject->phase));
    write_needs(json, subject->needs, subject->need_count);
    json_open(json, "objects", '[');
    for (size_t i = 0; i < subject->object_count; i++)
        write_object(json, &subject->objects[i]);
    json_close(json, ']');
    json_findings(json, subject->findings, subject->finding_count);
    json_close(json, '}');
}

void tree_json(const struct willrun_result *result, const struct willrun_style *style, FILE *out)
{
    (void)style;
    json_document(out, "willrun/tree/1", result, write_subject);
}
