/* SARIF 2.1.0 (OASIS): what code scanning services read. */
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "report/json_writer.h"
#include "report/markup.h"
#include "report/prose.h"
#include "report/report.h"

struct sarif {
    struct json json;
    struct VEC(const char *) rules; /* that were met, each once, in their order */
};

static size_t rule_index(struct sarif *sarif, const char *rule)
{
    for (size_t i = 0; i < sarif->rules.count; i++)
        if (strcmp(sarif->rules.at[i], rule) == 0)
            return i;
    *vec_push(&sarif->rules) = rule;
    return sarif->rules.count - 1;
}

static const char *level_of(enum willrun_severity severity)
{
    static const char *const levels[] = {
        [WILLRUN_ERROR] = "error", [WILLRUN_WARNING] = "warning", [WILLRUN_NOTE] = "note"};
    return levels[severity];
}

/* A relative reference (RFC 3986) to a path inside the root. */
static void put_uri(struct json *json, const char *path)
{
    static const char digits[] = "0123456789ABCDEF";
    char uri[3 * 4096 + 1];
    size_t length = 0;
    for (path += strspn(path, "/"); *path != 0 && length + 3 < sizeof uri; path++) {
        unsigned char byte = (unsigned char)*path;
        bool plain = (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z') ||
                     strchr("-._~/", byte) != NULL;
        if (plain) {
            uri[length++] = (char)byte;
            continue;
        }
        uri[length++] = '%';
        uri[length++] = digits[byte >> 4];
        uri[length++] = digits[byte & 15];
    }
    uri[length] = 0;
    json_text(json, "uri", length != 0 ? uri : ".");
}

static void put_message(struct json *json, const char *key, const char *text, const char *fix)
{
    json_open_flat(json, key, '{');
    if (fix == NULL) {
        json_text(json, "text", text);
    } else {
        char *both;
        if (asprintf(&both, "%s. %s", text, fix) < 0)
            both = NULL;
        json_text(json, "text", both != NULL ? both : text);
        free(both);
    }
    json_close(json, '}');
}

/* The file that the location is in: the Dockerfile, else the subject in the root. */
static void put_artifact(struct json *json, const struct willrun_subject *subject,
                         const struct willrun_place *place)
{
    json_open_flat(json, "artifactLocation", '{');
    put_uri(json, place->file != NULL ? place->file : subject != NULL ? subject->path : "/");
    if (place->file == NULL)
        json_text(json, "uriBaseId", "ROOT");
    json_close(json, '}');
}

static void put_region(struct json *json, const struct willrun_place *place)
{
    if (place->file == NULL)
        return;
    json_open_flat(json, "region", '{');
    json_size(json, "startLine", place->line);
    json_size(json, "startColumn", place->column);
    json_close(json, '}');
}

/* Whole lines are deleted, their ends too. */
static void put_edit(struct json *json, const struct willrun_finding *finding)
{
    const struct willrun_edit *edit = &finding->edit;
    char *text;
    if (edit->text == NULL || asprintf(&text, "%s\n", edit->text) < 0)
        return;
    json_open(json, "fixes", '[');
    json_open(json, NULL, '{');
    json_open(json, "artifactChanges", '[');
    json_open(json, NULL, '{');
    put_artifact(json, NULL, &finding->place);
    json_open(json, "replacements", '[');
    json_open(json, NULL, '{');
    json_open_flat(json, "deletedRegion", '{');
    json_size(json, "startLine", edit->first);
    json_size(json, "startColumn", 1);
    json_size(json, "endLine", edit->last + 1);
    json_size(json, "endColumn", 1);
    json_close(json, '}');
    json_open_flat(json, "insertedContent", '{');
    json_text(json, "text", text);
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, ']');
    json_close(json, '}');
    json_close(json, ']');
    json_close(json, '}');
    json_close(json, ']');
    free(text);
}

static void put_location(struct json *json, const struct willrun_target *target,
                         const struct willrun_subject *subject, const struct willrun_place *place)
{
    json_open(json, "locations", '[');
    json_open(json, NULL, '{');
    json_open(json, "physicalLocation", '{');
    put_artifact(json, subject, place);
    put_region(json, place);
    json_close(json, '}');
    json_open(json, "logicalLocations", '[');
    json_open_flat(json, NULL, '{');
    json_text(json, "name", subject != NULL ? subject->path : target->root);
    json_text(json, "fullyQualifiedName", target->root);
    json_text(json, "kind", "module");
    json_close(json, '}');
    json_close(json, ']');
    json_close(json, '}');
    json_close(json, ']');
}

static void put_suppression(struct json *json, const struct willrun_acceptance *acceptance)
{
    if (acceptance == NULL)
        return;
    json_open(json, "suppressions", '[');
    json_open_flat(json, NULL, '{');
    json_text(json, "kind", "external");
    json_text(json, "status", "accepted");
    if (acceptance->reason != NULL)
        json_text(json, "justification", acceptance->reason);
    json_close(json, '}');
    json_close(json, ']');
}

static void put_result(void *context, const struct willrun_target *target,
                       const struct willrun_subject *subject, const struct willrun_finding *finding)
{
    struct sarif *sarif = context;
    struct json *json = &sarif->json;
    char fingerprint[FINGERPRINT_SIZE];
    finding_fingerprint(subject, finding, fingerprint);
    json_open(json, NULL, '{');
    json_text(json, "ruleId", finding->rule);
    json_size(json, "ruleIndex", rule_index(sarif, finding->rule));
    json_text(json, "level", level_of(finding->severity));
    put_message(json, "message", finding->message, finding->fix);
    put_location(json, target, subject, &finding->place);
    put_edit(json, finding);
    json_open_flat(json, "partialFingerprints", '{');
    json_text(json, "willrun/finding/1", fingerprint);
    json_close(json, '}');
    put_suppression(json, finding->accepted);
    json_close(json, '}');
}

static void put_words(struct json *json, const char *key, const char *text, size_t length)
{
    char *copy = strndup(text, length);
    put_message(json, key, copy != NULL ? copy : "", NULL);
    free(copy);
}

/* What the manual's page has before its first heading: a sentence, then what it means. */
static void put_descriptions(struct json *json, const char *page)
{
    struct prose_block summary = prose_summary(page), block;
    const char *meaning = summary.text + summary.length, *end = meaning;
    for (const char *at = meaning; prose_next(&at, &block) && block.kind != PROSE_HEADING;)
        end = block.text + block.length;
    meaning += strspn(meaning, "\n");
    put_words(json, "shortDescription", summary.text, summary.length);
    if (end > meaning)
        put_words(json, "fullDescription", meaning, (size_t)(end - meaning));
}

static void put_help(struct json *json, const struct willrun_rule *rule)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    bool whole = out != NULL && willrun_write_rule(rule, WILLRUN_FORMAT_TEXT, NULL, out);
    whole = out != NULL && fclose(out) == 0 && whole;
    json_open(json, "help", '{');
    json_text(json, "text", whole ? text : rule->page);
    json_text(json, "markdown", rule->page);
    json_close(json, '}');
    free(text);
}

static void put_rules(struct sarif *sarif)
{
    struct json *json = &sarif->json;
    struct willrun_rule rule;
    json_open(json, "rules", '[');
    for (size_t i = 0; i < sarif->rules.count; i++) {
        json_open(json, NULL, '{');
        json_text(json, "id", sarif->rules.at[i]);
        if (willrun_rule_find(sarif->rules.at[i], &rule)) {
            put_descriptions(json, rule.page);
            put_help(json, &rule);
            json_open_flat(json, "defaultConfiguration", '{');
            json_text(json, "level", level_of(rule.severity));
            json_close(json, '}');
        }
        json_close(json, '}');
    }
    json_close(json, ']');
}

/* Rules stand behind the results that met them: an object's members have no order. */
void sarif_check(const struct willrun_result *result, const struct willrun_style *style, FILE *out)
{
    struct sarif sarif = {.json = {.out = out}};
    struct json *json = &sarif.json;
    json_open(json, NULL, '{');
    json_text(json, "$schema", "https://json.schemastore.org/sarif-2.1.0.json");
    json_text(json, "version", "2.1.0");
    json_open(json, "runs", '[');
    json_open(json, NULL, '{');
    json_open(json, "originalUriBaseIds", '{');
    json_open(json, "ROOT", '{');
    put_message(json, "description", "The root filesystem that was checked", NULL);
    json_close(json, '}');
    json_close(json, '}');
    json_text(json, "columnKind", "unicodeCodePoints");
    json_open(json, "results", '[');
    each_finding(result, style, put_result, &sarif);
    json_close(json, ']');
    json_open(json, "tool", '{');
    json_open(json, "driver", '{');
    json_text(json, "name", "willrun");
    json_text(json, "version", WILLRUN_VERSION);
    json_text(json, "semanticVersion", WILLRUN_VERSION);
    put_rules(&sarif);
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, '}');
    json_close(json, ']');
    json_close(json, '}');
    vec_free(&sarif.rules);
}
