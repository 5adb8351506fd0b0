#include "report/html_data.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/utf8.h"
#include "base/vec.h"
#include "report/json_writer.h"
#include "root/table.h"
#include "willrun/willrun.h"

struct string {
    struct table_entry entry; /* first */
    size_t index;
};

struct strings {
    struct table table;
    struct arena arena;
    struct VEC(const char *) list; /* by index */
};

static long index_of(struct strings *strings, const char *text)
{
    if (text == NULL)
        return -1;
    size_t length = strlen(text);
    uint64_t hash = hash_bytes(text, length);
    struct table_entry *known = table_find(&strings->table, hash, text, length);
    if (known != NULL)
        return (long)((struct string *)known)->index;
    struct string *string = arena_alloc(&strings->arena, sizeof *string);
    *string = (struct string){{hash, text, length}, strings->list.count};
    table_add(&strings->table, &string->entry, &strings->arena);
    *vec_push(&strings->list) = text;
    return (long)string->index;
}

struct writing {
    struct json json;
    struct strings strings;
    struct VEC(const char *) rules; /* that findings name, each once */
};

static void put(struct writing *writing, const char *key, const char *text)
{
    json_int(&writing->json, key, (int)index_of(&writing->strings, text));
}

static void put_numbers(struct writing *writing, const char *key, const size_t *numbers,
                        size_t count)
{
    json_open(&writing->json, key, '[');
    for (size_t i = 0; i < count; i++)
        json_size(&writing->json, NULL, numbers[i]);
    json_close(&writing->json, ']');
}

static void put_texts(struct writing *writing, const char *key, const char *const *texts,
                      size_t count)
{
    json_open(&writing->json, key, '[');
    for (size_t i = 0; i < count; i++)
        put(writing, NULL, texts[i]);
    json_close(&writing->json, ']');
}

static void note_rule(struct writing *writing, const char *rule)
{
    for (size_t i = 0; i < writing->rules.count; i++)
        if (strcmp(writing->rules.at[i], rule) == 0)
            return;
    *vec_push(&writing->rules) = rule;
}

/* Why a finding is taken as it is; NULL: it is not. */
static const char *acceptance_of(const struct willrun_finding *finding)
{
    if (finding->accepted == NULL)
        return NULL;
    return finding->accepted->reason != NULL ? finding->accepted->reason : "no reason was given";
}

/* The instruction that causes it, "Dockerfile:12: COPY …"; NULL: none. */
static const char *place_of(struct writing *writing, const struct willrun_place *place)
{
    if (place->file == NULL)
        return NULL;
    return arena_format(&writing->strings.arena, "%s:%zu: %s", place->file, place->line,
                        place->text);
}

/* What to write in its place; NULL: nothing. */
static const char *edit_of(struct writing *writing, const struct willrun_edit *edit)
{
    if (edit->text == NULL)
        return NULL;
    return edit->first == edit->last
               ? arena_format(&writing->strings.arena, "Line %zu becomes:", edit->first)
               : arena_format(&writing->strings.arena, "Lines %zu to %zu become:", edit->first,
                              edit->last);
}

/* [rule, severity, message, object, needed by, symbol, version, fix, acceptance, place, what an
 * edit replaces, its lines] */
static void put_findings(struct writing *writing, const struct willrun_finding *findings,
                         size_t count)
{
    json_open(&writing->json, "findings", '[');
    for (size_t i = 0; i < count; i++) {
        const struct willrun_finding *finding = &findings[i];
        const char *texts[] = {finding->rule,
                               willrun_severity_name(finding->severity),
                               finding->message,
                               finding->object,
                               finding->needed_by,
                               finding->symbol,
                               finding->version,
                               finding->fix,
                               acceptance_of(finding),
                               place_of(writing, &finding->place),
                               edit_of(writing, &finding->edit)};
        struct json *json = &writing->json;
        json_open(json, NULL, '[');
        for (size_t k = 0; k < sizeof texts / sizeof *texts; k++)
            put(writing, NULL, texts[k]);
        for (const char *at = finding->edit.text; at != NULL;) { /* line by line: it has newlines */
            size_t length = strcspn(at, "\n");
            put(writing, NULL, arena_copy(&writing->strings.arena, at, length));
            at = at[length] != 0 ? at + length + 1 : NULL;
        }
        json_close(json, ']');
        note_rule(writing, finding->rule);
    }
    json_close(&writing->json, ']');
}

/* [name, path, needed by, via, [needs], [path, via, outcome, path, …]] */
static void put_object(struct writing *writing, const struct willrun_object *object)
{
    struct json *json = &writing->json;
    json_open(json, NULL, '[');
    put(writing, NULL, object->name);
    put(writing, NULL, object->path);
    put(writing, NULL, object->needed_by);
    put(writing, NULL, willrun_via_name(object->via));
    put_numbers(writing, NULL, object->needs, object->need_count);
    json_open(json, NULL, '[');
    for (size_t i = 0; i < object->trail_count; i++) {
        put(writing, NULL, object->trail[i].path);
        put(writing, NULL, willrun_via_name(object->trail[i].via));
        put(writing, NULL, object->trail[i].outcome);
    }
    json_close(json, ']');
    json_close(json, ']');
}

static void put_subject(struct writing *writing, size_t target,
                        const struct willrun_subject *subject)
{
    struct json *json = &writing->json;
    json_open(json, NULL, '{');
    json_size(json, "t", target);
    put(writing, "path", subject->path);
    put(writing, "stage", subject->origin_stage);
    put(writing, "origin", subject->origin_path);
    put(writing, "kind", willrun_kind_name(subject->kind));
    put(writing, "platform", subject->platform);
    put(writing, "libc", willrun_libc_name(subject->libc));
    put(writing, "linkage", willrun_linkage_name(subject->linkage));
    put(writing, "interpreter", subject->interpreter);
    put(writing, "verdict", willrun_verdict_name(subject->verdict));
    put(writing, "phase", willrun_phase_name(subject->phase));
    put(writing, "errno", subject->error);
    put(writing, "runtime", subject->runtime);
    json_int(json, "exit", subject->exit_status);
    put_texts(writing, "starts", subject->starts, subject->start_count);
    put_texts(writing, "stderr", subject->stderr_lines, subject->stderr_count);
    put_numbers(writing, "needs", subject->needs, subject->need_count);
    json_open(json, "objects", '[');
    for (size_t i = 0; i < subject->object_count; i++)
        put_object(writing, &subject->objects[i]);
    json_close(json, ']');
    put_findings(writing, subject->findings, subject->finding_count);
    json_close(json, '}');
}

static void put_target(struct writing *writing, const struct willrun_target *target)
{
    struct json *json = &writing->json;
    json_open(json, NULL, '{');
    put(writing, "root", target->root);
    put(writing, "platform", target->platform);
    put_findings(writing, target->findings, target->finding_count);
    json_close(json, '}');
}

static void put_pages(struct writing *writing)
{
    struct json *json = &writing->json;
    json_open(json, "pages", '{');
    for (size_t i = 0; i < writing->rules.count; i++) {
        struct willrun_rule rule;
        if (willrun_rule_find(writing->rules.at[i], &rule))
            json_text(json, rule.name, rule.page);
    }
    json_close(json, '}');
}

/* In the form in which people may see it. */
static void put_seen(struct json *json, const char *text)
{
    char *seen = must_alloc(strlen(text) * sizeof(struct glyph) + 1);
    size_t length = 0;
    while (*text != 0) {
        struct glyph glyph = utf8_glyph(text);
        memcpy(seen + length, glyph.text, glyph.length);
        length += glyph.length;
        text += glyph.taken;
    }
    seen[length] = 0;
    json_text(json, NULL, seen);
    free(seen);
}

/* A line a subject, which the page parses when it tells of it; the last line is what they share. */
static void write_json(const struct willrun_result *result, FILE *out)
{
    struct writing writing = {.json = {.out = out, .compact = true}};
    struct json *json = &writing.json;
    for (size_t t = 0; t < result->target_count; t++) {
        for (size_t s = 0; s < result->targets[t].subject_count; s++)
            put_subject(&writing, t, &result->targets[t].subjects[s]);
    }
    json_open(json, NULL, '{');
    json_open(json, "targets", '[');
    for (size_t i = 0; i < result->target_count; i++)
        put_target(&writing, &result->targets[i]);
    json_close(json, ']');
    put_pages(&writing);
    json_open(json, "strings", '[');
    for (size_t i = 0; i < writing.strings.list.count; i++)
        put_seen(json, writing.strings.list.at[i]);
    json_close(json, ']');
    json_close(json, '}');
    vec_free(&writing.strings.list);
    vec_free(&writing.rules);
    arena_free(&writing.strings.arena);
}

/* A stream that writes "<", which JSON has in strings alone, as an escape. */
static ssize_t escape(void *cookie, const char *bytes, size_t size)
{
    FILE *out = cookie;
    for (size_t done = 0; done < size;) {
        const char *bracket = memchr(bytes + done, '<', size - done);
        size_t plain = bracket != NULL ? (size_t)(bracket - bytes) - done : size - done;
        fwrite(bytes + done, 1, plain, out);
        done += plain;
        if (bracket != NULL) {
            fputs("\\u003c", out);
            done++;
        }
    }
    return ferror(out) == 0 ? (ssize_t)size : 0;
}

void html_data(const struct willrun_result *result, FILE *out)
{
    FILE *escaped = fopencookie(out, "w", (cookie_io_functions_t){.write = escape});
    if (escaped == NULL)
        return;
    write_json(result, escaped);
    fclose(escaped);
}
