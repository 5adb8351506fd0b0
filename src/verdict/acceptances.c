#include "verdict/acceptances.h"

#include <errno.h>
#include <fnmatch.h>
#include <jansson.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/vec.h"
#include "verdict/findings.h"
#include "verdict/rules.h"
#include "source/witness.h"

enum { DAY_LENGTH = 10 }; /* of "2026-12-31" */

struct entry {
    struct willrun_acceptance acceptance;
    bool expired;
    atomic_size_t count;
};

/* Findings of an earlier report: each as its key, in order. */
struct baseline {
    struct willrun_acceptance acceptance;
    struct VEC(char *) keys;
};

struct acceptances {
    struct arena arena;
    struct VEC(struct entry *) entries;
    struct VEC(struct baseline *) baselines;
    char today[DAY_LENGTH + 1];
};

struct acceptances *acceptances_new(void)
{
    struct acceptances *acceptances = must_alloc(sizeof *acceptances);
    *acceptances = (struct acceptances){0};
    time_t now = time(NULL);
    struct tm day;
    if (gmtime_r(&now, &day) != NULL)
        strftime(acceptances->today, sizeof acceptances->today, "%Y-%m-%d", &day);
    return acceptances;
}

void acceptances_free(struct acceptances *acceptances)
{
    if (acceptances == NULL)
        return;
    for (size_t i = 0; i < acceptances->baselines.count; i++)
        vec_free(&acceptances->baselines.at[i]->keys);
    vec_free(&acceptances->baselines);
    vec_free(&acceptances->entries);
    arena_free(&acceptances->arena);
    free(acceptances);
}

/* ---- what is said ---- */

static bool names_a_rule(const char *pattern)
{
    for (enum rule rule = 0; rule < RULES_ALL; rule++)
        if (fnmatch(pattern, rule_row(rule)->name, 0) == 0)
            return true;
    return false;
}

static struct willrun_acceptance copy_of(struct arena *arena,
                                         const struct willrun_acceptance *acceptance)
{
    return (struct willrun_acceptance){
        .rule = arena_string(arena, acceptance->rule),
        .path = arena_string(arena, acceptance->path),
        .object = arena_string(arena, acceptance->object),
        .reason = arena_string(arena, acceptance->reason),
        .expires = arena_string(arena, acceptance->expires),
        .origin = arena_string(arena, acceptance->origin),
    };
}

/* Is it a day of the calendar, written as YYYY-MM-DD? */
static bool is_day(const char *text)
{
    struct tm day = {0};
    char again[DAY_LENGTH + 1];
    if (strlen(text) != DAY_LENGTH || strptime(text, "%Y-%m-%d", &day) == NULL)
        return false;
    day.tm_isdst = 0;
    return timegm(&day) != (time_t)-1 && strftime(again, sizeof again, "%Y-%m-%d", &day) != 0 &&
           strcmp(again, text) == 0;
}

bool acceptances_add(struct acceptances *acceptances, const struct willrun_acceptance *acceptance,
                     struct err *err)
{
    struct arena *arena = &acceptances->arena;
    const char *where = acceptance->origin != NULL ? acceptance->origin : "an acceptance";
    if (acceptance->rule == NULL || !names_a_rule(acceptance->rule))
        return err_set(err, WILLRUN_EUSAGE,
                       "%s: no rule is called \"%s\": expected a name such as library-missing, or "
                       "a pattern such as library-*",
                       where, acceptance->rule != NULL ? acceptance->rule : "");
    if (acceptance->expires != NULL && !is_day(acceptance->expires))
        return err_set(err, WILLRUN_EUSAGE,
                       "%s: \"%s\" is no day: expected YYYY-MM-DD, as in 2026-12-31", where,
                       acceptance->expires);
    struct entry *entry = arena_alloc(arena, sizeof *entry);
    entry->acceptance = copy_of(arena, acceptance);
    entry->expired =
        acceptance->expires != NULL && strcmp(acceptance->expires, acceptances->today) < 0;
    *vec_push(&acceptances->entries) = entry;
    return true;
}

/* ---- an earlier report ---- */

/* What makes two findings the same one, whatever their sentences say. */
static char *key_of(struct arena *arena, const char *const parts[5])
{
    const char *text[5];
    for (size_t i = 0; i < 5; i++)
        text[i] = parts[i] != NULL ? parts[i] : "";
    return arena_format(arena, "%s\n%s\n%s\n%s\n%s", text[0], text[1], text[2], text[3], text[4]);
}

static void add_subject(struct baseline *baseline, struct arena *arena, const json_t *subject)
{
    size_t i;
    const json_t *finding;
    const char *path = json_string_value(json_object_get(subject, "path"));
    json_array_foreach(json_object_get(subject, "findings"), i, finding)
    {
        const char *const parts[] = {
            path,
            json_string_value(json_object_get(finding, "rule")),
            json_string_value(json_object_get(finding, "object")),
            json_string_value(json_object_get(finding, "symbol")),
            json_string_value(json_object_get(finding, "version")),
        };
        *vec_push(&baseline->keys) = key_of(arena, parts);
    }
}

/* A document of all targets, or a line of one subject; false: neither. */
static bool add_document(struct baseline *baseline, struct arena *arena, const json_t *document)
{
    size_t t, s;
    const json_t *target, *subject;
    const char *schema = json_string_value(json_object_get(document, "schema"));
    if (schema == NULL || strcmp(schema, "willrun/check/1") != 0)
        return false;
    json_array_foreach(json_object_get(document, "targets"), t, target)
    {
        add_subject(baseline, arena, target);
        json_array_foreach(json_object_get(target, "subjects"), s, subject)
            add_subject(baseline, arena, subject);
    }
    add_subject(baseline, arena, json_object_get(document, "subject"));
    return true;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool read_documents(struct baseline *baseline, struct arena *arena, FILE *file,
                           const char *path, struct err *err)
{
    json_error_t wrong;
    int c;
    do {
        json_t *document = json_loadf(file, JSON_DISABLE_EOF_CHECK, &wrong);
        bool fits = document != NULL && add_document(baseline, arena, document);
        bool parsed = document != NULL;
        json_decref(document);
        if (!parsed)
            return err_set(err, WILLRUN_EINPUT, "the baseline %s, line %d: %s: expected JSON", path,
                           wrong.line, wrong.text);
        if (!fits)
            return err_set(err, WILLRUN_EINPUT,
                           "the baseline %s is no report of a check: expected the schema "
                           "willrun/check/1",
                           path);
        while ((c = getc(file)) == '\n' || c == '\r' || c == ' ' || c == '\t')
            ;
        ungetc(c, file);
    } while (c != EOF);
    return !ferror(file) ||
           err_set(err, WILLRUN_EINPUT, "the baseline %s: %s", path, err_text(errno));
}

bool acceptances_add_baseline(struct acceptances *acceptances, const char *path, struct err *err)
{
    struct arena *arena = &acceptances->arena;
    witness_file(path);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return err_set(err, WILLRUN_EINPUT, "the baseline %s: %s", path, err_text(errno));
    struct baseline *baseline = arena_alloc(arena, sizeof *baseline);
    baseline->acceptance =
        (struct willrun_acceptance){.rule = "*",
                                    .reason = arena_format(arena, "known to the baseline %s", path),
                                    .origin = arena_string(arena, path)};
    *vec_push(&acceptances->baselines) = baseline;
    bool read = read_documents(baseline, arena, file, path, err);
    fclose(file);
    if (read && baseline->keys.count != 0)
        qsort(baseline->keys.at, baseline->keys.count, sizeof *baseline->keys.at, by_text);
    return read;
}

/* ---- what is accepted ---- */

static bool fits(const char *pattern, const char *text)
{
    return pattern == NULL || (text != NULL && fnmatch(pattern, text, 0) == 0);
}

static const struct willrun_acceptance *
find_entry(struct acceptances *acceptances, const char *path, const struct willrun_finding *finding)
{
    for (size_t i = 0; i < acceptances->entries.count; i++) {
        struct entry *entry = acceptances->entries.at[i];
        const struct willrun_acceptance *acceptance = &entry->acceptance;
        if (!fits(acceptance->rule, finding->rule) || !fits(acceptance->path, path) ||
            !fits(acceptance->object, finding->object))
            continue;
        atomic_fetch_add(&entry->count, 1);
        if (!entry->expired)
            return acceptance;
    }
    return NULL;
}

static const struct willrun_acceptance *
find_known(struct acceptances *acceptances, const char *path, const struct willrun_finding *finding)
{
    const struct willrun_acceptance *found = NULL;
    struct arena scratch = {0};
    const char *const parts[] = {path, finding->rule, finding->object, finding->symbol,
                                 finding->version};
    const char *key = acceptances->baselines.count != 0 ? key_of(&scratch, parts) : NULL;
    for (size_t i = 0; i < acceptances->baselines.count && found == NULL; i++) {
        const struct baseline *baseline = acceptances->baselines.at[i];
        if (baseline->keys.count != 0 && bsearch(&key, baseline->keys.at, baseline->keys.count,
                                                 sizeof *baseline->keys.at, by_text) != NULL)
            found = &baseline->acceptance;
    }
    arena_free(&scratch);
    return found;
}

const struct willrun_finding *acceptances_mark(struct acceptances *acceptances, struct arena *arena,
                                               const char *path,
                                               const struct willrun_finding *findings, size_t count)
{
    struct willrun_finding *marked = NULL;
    for (size_t i = 0; acceptances != NULL && i < count; i++) {
        const struct willrun_acceptance *acceptance = find_entry(acceptances, path, &findings[i]);
        if (acceptance == NULL)
            acceptance = find_known(acceptances, path, &findings[i]);
        if (acceptance == NULL)
            continue;
        if (marked == NULL) {
            marked = arena_array(arena, count, sizeof *marked);
            memcpy(marked, findings, count * sizeof *marked);
        }
        struct willrun_acceptance *copy = arena_alloc(arena, sizeof *copy);
        *copy = copy_of(arena, acceptance); /* a result outlives its context */
        marked[i].accepted = copy;
    }
    return marked != NULL ? marked : findings;
}

void acceptances_apply(struct acceptances *acceptances, struct arena *arena,
                       struct willrun_subject *subject)
{
    if (acceptances == NULL || subject->finding_count == 0)
        return;
    subject->findings = acceptances_mark(acceptances, arena, subject->path, subject->findings,
                                         subject->finding_count);
    const struct willrun_finding *decides = finding_deciding(subject);
    if (subject->verdict == WILLRUN_RUNS || decides == NULL)
        return;
    subject->accepted = true;
    for (size_t i = 0; i < subject->finding_count; i++)
        if (subject->findings[i].severity == decides->severity &&
            subject->findings[i].accepted == NULL)
            subject->accepted = false;
}

void acceptances_used(const struct acceptances *acceptances, struct arena *arena,
                      struct willrun_result *result)
{
    size_t count = acceptances != NULL ? acceptances->entries.count : 0;
    struct willrun_acceptance_use *uses = arena_array(arena, count + 1, sizeof *uses);
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = acceptances->entries.at[i];
        uses[i] = (struct willrun_acceptance_use){.acceptance = copy_of(arena, &entry->acceptance),
                                                  .expired = entry->expired,
                                                  .count = atomic_load(&entry->count)};
    }
    result->acceptances = uses;
    result->acceptance_count = count;
}
