/* GitLab's code quality report: a subset of Code Climate's issues. */
#include "report/json_writer.h"
#include "report/markup.h"
#include "report/report.h"

static void put_issue(void *context, const struct willrun_target *target,
                      const struct willrun_subject *subject, const struct willrun_finding *finding)
{
    static const char *const severities[] = {
        [WILLRUN_ERROR] = "critical", [WILLRUN_WARNING] = "minor", [WILLRUN_NOTE] = "info"};
    struct json *json = context;
    char fingerprint[FINGERPRINT_SIZE];
    const char *path = subject != NULL ? subject->path + (*subject->path == '/') : target->root;
    const struct willrun_place *place = &finding->place;
    finding_fingerprint(subject, finding, fingerprint);
    json_open(json, NULL, '{');
    json_text(json, "description", finding->message);
    json_text(json, "check_name", finding->rule);
    json_text(json, "fingerprint", fingerprint);
    json_text(json, "severity", severities[finding->severity]);
    json_open(json, "location", '{');
    json_text(json, "path", place->file != NULL ? place->file : path);
    json_open_flat(json, "lines", '{');
    json_size(json, "begin", place->file != NULL ? place->line : 1);
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
}

void gitlab_check(const struct willrun_result *result, const struct willrun_style *style, FILE *out)
{
    struct json json = {.out = out};
    json_open(&json, NULL, '[');
    each_finding(result, style, put_issue, &json);
    json_close(&json, ']');
}
