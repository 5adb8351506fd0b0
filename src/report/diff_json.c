/* A diff for programs: schema willrun/diff/1. */
#include "report/diff_parts.h"
#include "report/json_parts.h"
#include "willrun/willrun.h"

static void put_root(struct json *json, const char *key, const struct willrun_result *result)
{
    json_open(json, key, '{');
    json_target_facts(json, &result->targets[0]);
    json_close(json, '}');
}

static void put_side(struct json *json, const char *key, const struct willrun_subject *subject)
{
    if (subject == NULL) {
        json_nothing(json, key);
        return;
    }
    json_open(json, key, '{');
    json_text(json, "path", subject->path);
    json_text(json, "verdict", willrun_verdict_name(subject->verdict));
    json_text(json, "phase", willrun_phase_name(subject->phase));
    json_findings(json, subject->findings, subject->finding_count);
    json_close(json, '}');
}

static void put_change(struct json *json, const struct willrun_change *change)
{
    json_open(json, NULL, '{');
    json_text(json, "path", change->path);
    json_text(json, "change", change_words[change->kind].name);
    put_side(json, "before", change->before);
    put_side(json, "after", change->after);
    json_close(json, '}');
}

static void put_file(struct json *json, const char *key, const char *path, const char *version)
{
    if (path == NULL) {
        json_nothing(json, key);
        return;
    }
    json_open_flat(json, key, '{');
    json_text(json, "path", path);
    json_text(json, "version", version);
    json_close(json, '}');
}

static void put_library(struct json *json, const struct willrun_library *library)
{
    json_open(json, NULL, '{');
    json_text(json, "name", library->name);
    put_file(json, "before", library->path_before, library->before);
    put_file(json, "after", library->path, library->after);
    json_open_flat(json, "versions_gone", '[');
    for (size_t i = 0; i < library->versions_gone_count; i++)
        json_text(json, NULL, library->versions_gone[i]);
    json_close(json, ']');
    json_open_flat(json, "users", '[');
    for (size_t i = 0; i < library->user_count && i < WILLRUN_USERS_NAMED; i++)
        json_text(json, NULL, library->users[i]);
    json_close(json, ']');
    json_bool(json, "needed", library->needed);
    json_size(json, "user_count", library->user_count);
    json_close(json, '}');
}

void diff_json(const struct willrun_diff *diff, FILE *out)
{
    struct json json = {.out = out};
    json_open(&json, NULL, '{');
    json_text(&json, "schema", "willrun/diff/1");
    put_root(&json, "before", diff->before);
    put_root(&json, "after", diff->after);
    json_open(&json, "changes", '[');
    for (size_t i = 0; i < diff->change_count; i++)
        put_change(&json, &diff->changes[i]);
    json_close(&json, ']');
    json_open(&json, "libraries", '[');
    for (size_t i = 0; i < diff->library_count; i++)
        put_library(&json, &diff->libraries[i]);
    json_close(&json, ']');
    json_open_flat(&json, "summary", '{');
    for (size_t i = 0; i < WILLRUN_CHANGE_KINDS; i++)
        json_size(&json, change_words[i].name, diff->counts[i]);
    json_size(&json, "same", diff->same);
    json_close(&json, '}');
    json_close(&json, '}');
    fputc('\n', out);
}
