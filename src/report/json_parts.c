#include "report/json_parts.h"

#include "willrun/willrun.h"

void json_target_facts(struct json *json, const struct willrun_target *target)
{
    json_text(json, "root", target->root);
    json_text(json, "platform", target->platform);
    json_open_flat(json, "libc", '{');
    json_text(json, "kind", willrun_libc_name(target->libc));
    json_text(json, "version", target->libc_version);
    json_text(json, "loader", target->loader);
    json_close(json, '}');
}

/* Only where there is one. */
static void json_acceptance(struct json *json, const struct willrun_acceptance *acceptance)
{
    if (acceptance == NULL)
        return;
    json_open_flat(json, "accepted", '{');
    json_text(json, "reason", acceptance->reason);
    json_text(json, "expires", acceptance->expires);
    json_text(json, "origin", acceptance->origin);
    json_close(json, '}');
}

/* Where in a Dockerfile, and what to write there; only where there is one. */
static void json_place(struct json *json, const struct willrun_finding *finding)
{
    const struct willrun_place *place = &finding->place;
    if (place->file != NULL) {
        json_open_flat(json, "location", '{');
        json_text(json, "file", place->file);
        json_size(json, "line", place->line);
        json_size(json, "column", place->column);
        json_size(json, "end_line", place->end_line);
        json_close(json, '}');
    }
    if (finding->edit.text != NULL) {
        json_open_flat(json, "edit", '{');
        json_size(json, "first_line", finding->edit.first);
        json_size(json, "last_line", finding->edit.last);
        json_text(json, "text", finding->edit.text);
        json_close(json, '}');
    }
}

void json_findings(struct json *json, const struct willrun_finding *findings, size_t count)
{
    json_open(json, "findings", '[');
    for (size_t i = 0; i < count; i++) {
        const struct willrun_finding *finding = &findings[i];
        json_open(json, NULL, '{');
        json_text(json, "rule", finding->rule);
        json_text(json, "severity", willrun_severity_name(finding->severity));
        json_text(json, "message", finding->message);
        json_text(json, "object", finding->object);
        json_text(json, "needed_by", finding->needed_by);
        json_text(json, "symbol", finding->symbol);
        json_text(json, "version", finding->version);
        json_text(json, "fix", finding->fix);
        json_place(json, finding);
        json_acceptance(json, finding->accepted);
        json_close(json, '}');
    }
    json_close(json, ']');
}

void json_summary(struct json *json, const struct willrun_result *result)
{
    json_open_flat(json, "summary", '{');
    json_size(json, "runs", result->runs);
    json_size(json, "degraded", result->degraded);
    json_size(json, "fails", result->fails);
    json_size(json, "unknown", result->unknown);
    if (result->accepted != 0)
        json_size(json, "accepted", result->accepted);
    json_close(json, '}');
}

void json_document(FILE *out, const char *schema, const struct willrun_result *result,
                   json_subject_writer *write_subject)
{
    struct json json = {.out = out};
    json_open(&json, NULL, '{');
    json_text(&json, "schema", schema);
    json_open(&json, "targets", '[');
    for (size_t t = 0; t < result->target_count; t++) {
        const struct willrun_target *target = &result->targets[t];
        json_open(&json, NULL, '{');
        json_target_facts(&json, target);
        if (target->finding_count != 0)
            json_findings(&json, target->findings, target->finding_count);
        json_open(&json, "subjects", '[');
        for (size_t s = 0; s < target->subject_count; s++)
            write_subject(&json, NULL, &target->subjects[s]);
        json_close(&json, ']');
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_summary(&json, result);
    json_close(&json, '}');
}
