/* The manual of the rules: one page, or all of them in a list. */
#include <string.h>

#include "report/json_writer.h"
#include "report/prose.h"
#include "report/screen.h"
#include "verdict/rules.h"
#include "willrun/willrun.h"

bool willrun_rule(size_t index, struct willrun_rule *rule)
{
    if (index >= rule_count())
        return false;
    const struct rule_row *row = rule_row((enum rule)index);
    *rule = (struct willrun_rule){row->name, row->severity, rule_page(row->name)};
    return rule->page != NULL;
}

bool willrun_rule_find(const char *name, struct willrun_rule *rule)
{
    for (size_t i = 0; willrun_rule(i, rule); i++)
        if (strcmp(rule->name, name) == 0)
            return true;
    return false;
}

/* ---- text ---- */

static enum paint paint_of(enum willrun_severity severity)
{
    return severity == WILLRUN_ERROR     ? PAINT_BAD
           : severity == WILLRUN_WARNING ? PAINT_WARN
                                         : PAINT_NOTE;
}

/* A word in the making: it may have marked and unmarked parts, as in "`x`,". */
struct word {
    struct prose_run parts[8];
    size_t count, columns;
};

struct folding {
    const struct screen *screen;
    unsigned at, indent;
    bool begins;
    struct word word;
};

static void end_word(struct folding *folding)
{
    static const enum paint paints[] = {
        [PROSE_PLAIN] = PAINT_NONE, [PROSE_CODE] = PAINT_NOTE, [PROSE_STRONG] = PAINT_STRONG};
    const struct screen *screen = folding->screen;
    struct word *word = &folding->word;
    unsigned width = screen->style->width;
    if (word->count == 0)
        return;
    if (!folding->begins && width != 0 && folding->at + 1 + word->columns > width) {
        putc('\n', screen->out);
        screen_pad(screen, folding->indent);
        folding->at = folding->indent;
    } else if (!folding->begins) {
        putc(' ', screen->out);
        folding->at++;
    }
    for (size_t i = 0; i < word->count; i++)
        screen_part(screen, paints[word->parts[i].mark], word->parts[i].text,
                    word->parts[i].length);
    folding->at += (unsigned)word->columns;
    folding->begins = false;
    *word = (struct word){.count = 0};
}

static void add_part(struct folding *folding, enum prose_mark mark, const char *text, size_t length)
{
    struct word *word = &folding->word;
    if (word->count == sizeof word->parts / sizeof *word->parts)
        end_word(folding);
    word->parts[word->count++] = (struct prose_run){mark, text, length};
    for (size_t i = 0; i < length; i++) /* characters, of UTF-8 */
        word->columns += ((unsigned char)text[i] & 0xc0) != 0x80;
}

static void put_folded(const struct screen *screen, unsigned column, unsigned indent,
                       const struct prose_block *block)
{
    struct folding folding = {.screen = screen, .at = column, .indent = indent, .begins = true};
    struct prose_run run;
    for (const char *at = block->text; prose_run(&at, block->text + block->length, &run);) {
        /* without colours code stays between its marks */
        bool bare = run.mark == PROSE_CODE && !screen->style->color;
        const char *text = run.text - bare, *end = run.text + run.length + bare;
        while (text < end) {
            size_t length = 0;
            while (text + length < end && strchr(" \n", text[length]) == NULL)
                length++;
            if (length != 0)
                add_part(&folding, run.mark, text, length);
            text += length;
            if (text < end)
                end_word(&folding);
            while (text < end && strchr(" \n", *text) != NULL)
                text++;
        }
    }
    end_word(&folding);
    putc('\n', screen->out);
}

static void put_literal(const struct screen *screen, const struct prose_block *block)
{
    struct prose_run line;
    for (const char *at = block->text; prose_line(&at, block->text + block->length, &line);) {
        size_t skip = line.length < PROSE_INDENT ? line.length : PROSE_INDENT;
        if (line.length > skip)
            screen_pad(screen, PROSE_INDENT);
        screen_part(screen, PAINT_NONE, line.text + skip, line.length - skip);
        putc('\n', screen->out);
    }
}

static void put_block(const struct screen *screen, const struct willrun_rule *rule,
                      const struct prose_block *block)
{
    switch (block->kind) {
    case PROSE_TITLE:
        screen_put(screen, PAINT_STRONG, rule->name);
        fputs("  ", screen->out);
        screen_put(screen, paint_of(rule->severity), willrun_severity_name(rule->severity));
        putc('\n', screen->out);
        break;
    case PROSE_HEADING:
        screen_part(screen, PAINT_STRONG, block->text, block->length);
        putc('\n', screen->out);
        break;
    case PROSE_LITERAL:
        put_literal(screen, block);
        break;
    case PROSE_ITEM:
        fputs("  - ", screen->out);
        put_folded(screen, 4, 4, block);
        break;
    case PROSE_PARAGRAPH:
        put_folded(screen, 0, 0, block);
        break;
    }
}

static void rule_text(const struct willrun_rule *rule, const struct screen *screen)
{
    struct prose_block block;
    enum prose_kind before = PROSE_HEADING;
    bool first = true;
    for (const char *at = rule->page; prose_next(&at, &block); first = false) {
        bool together =
            before == PROSE_HEADING || (before == PROSE_ITEM && block.kind == PROSE_ITEM);
        if (!first && !together)
            putc('\n', screen->out);
        put_block(screen, rule, &block);
        before = block.kind;
    }
}

static void list_text(const struct screen *screen)
{
    struct willrun_rule rule;
    unsigned column = 0;
    for (size_t i = 0; willrun_rule(i, &rule); i++)
        column = screen_columns(rule.name) > column ? screen_columns(rule.name) : column;
    column += 4;
    const char *heading = NULL;
    for (size_t i = 0; willrun_rule(i, &rule); i++) {
        const char *severity = willrun_severity_name(rule.severity);
        if (heading == NULL || strcmp(heading, severity) != 0) {
            fputs(heading == NULL ? "" : "\n", screen->out);
            screen_put(screen, paint_of(rule.severity), severity);
            putc('\n', screen->out);
            heading = severity;
        }
        struct prose_block summary = prose_summary(rule.page);
        fputs("  ", screen->out);
        screen_put(screen, PAINT_STRONG, rule.name);
        screen_pad(screen, column - 2 - screen_columns(rule.name));
        put_folded(screen, column, column, &summary);
    }
}

/* ---- JSON ---- */

static void put_json(struct json *json, const struct willrun_rule *rule)
{
    struct prose_block summary = prose_summary(rule->page);
    char sentence[512];
    snprintf(sentence, sizeof sentence, "%.*s", (int)summary.length, summary.text);
    json_open(json, NULL, '{');
    json_text(json, "rule", rule->name);
    json_text(json, "severity", willrun_severity_name(rule->severity));
    json_text(json, "summary", sentence);
    json_text(json, "page", rule->page);
    json_close(json, '}');
}

static void begin_json(struct json *json)
{
    json_open(json, NULL, '{');
    json_text(json, "schema", "willrun/rules/1");
    json_open(json, "rules", '[');
}

static void end_json(struct json *json)
{
    json_close(json, ']');
    json_close(json, '}');
}

/* ---- */

static const struct willrun_style plain = {.width = 80};

bool willrun_write_rule(const struct willrun_rule *rule, enum willrun_format format,
                        const struct willrun_style *style, FILE *out)
{
    const struct screen screen = {out, style != NULL ? style : &plain};
    struct json json = {.out = out};
    if (format == WILLRUN_FORMAT_TEXT) {
        rule_text(rule, &screen);
    } else if (format == WILLRUN_FORMAT_MARKDOWN) {
        fputs(rule->page, out);
    } else if (format == WILLRUN_FORMAT_JSON) {
        begin_json(&json);
        put_json(&json, rule);
        end_json(&json);
    } else {
        return false;
    }
    return fflush(out) == 0 && ferror(out) == 0;
}

bool willrun_write_rules(enum willrun_format format, const struct willrun_style *style, FILE *out)
{
    const struct screen screen = {out, style != NULL ? style : &plain};
    struct json json = {.out = out};
    struct willrun_rule rule;
    if (format == WILLRUN_FORMAT_TEXT) {
        list_text(&screen);
    } else if (format == WILLRUN_FORMAT_JSON) {
        begin_json(&json);
        for (size_t i = 0; willrun_rule(i, &rule); i++)
            put_json(&json, &rule);
        end_json(&json);
    } else {
        return false;
    }
    return fflush(out) == 0 && ferror(out) == 0;
}
