#include "report/json_writer.h"

#include <stdint.h>

#include "base/utf8.h"

static const char *short_escape(uint32_t character)
{
    switch (character) {
    case '"':
        return "\\\"";
    case '\\':
        return "\\\\";
    case '\b':
        return "\\b";
    case '\f':
        return "\\f";
    case '\n':
        return "\\n";
    case '\r':
        return "\\r";
    case '\t':
        return "\\t";
    default:
        return NULL;
    }
}

/* A byte that is not UTF-8 becomes U+FFFD. What could disturb a terminal is
 * escaped too, though RFC 8259 asks it of C0 controls only. */
static void quoted(FILE *out, const char *text)
{
    putc_unlocked('"', out);
    const char *run = text; /* what stands as it is */
    while (*text != 0) {
        uint32_t character;
        size_t taken = utf8_next(text, &character);
        const char *escape = short_escape(character);
        if (escape == NULL && character != UTF8_INVALID && !utf8_is_unsafe(character)) {
            text += taken;
            continue;
        }
        fwrite(run, 1, (size_t)(text - run), out);
        if (escape != NULL)
            fputs(escape, out);
        else
            fprintf(out, "\\u%04x", character != UTF8_INVALID ? (unsigned)character : 0xfffdU);
        text += taken;
        run = text;
    }
    fwrite(run, 1, (size_t)(text - run), out);
    putc_unlocked('"', out);
}

static void new_line(struct json *json)
{
    putc_unlocked('\n', json->out);
    for (unsigned i = 0; i < json->depth; i++)
        fputs("  ", json->out);
}

/* What comes before a value: comma, line, key. */
static void lead(struct json *json, const char *key)
{
    bool one_line = json->compact || json->flat != 0;
    if (json->filled)
        fputs(one_line && !json->compact ? ", " : ",", json->out);
    if (json->depth != 0 && !one_line)
        new_line(json);
    json->filled = true;
    if (key == NULL)
        return;
    quoted(json->out, key);
    fputs(json->compact ? ":" : ": ", json->out);
}

void json_open(struct json *json, const char *key, char bracket)
{
    lead(json, key);
    putc_unlocked(bracket, json->out);
    json->depth++;
    json->filled = false;
}

void json_open_flat(struct json *json, const char *key, char bracket)
{
    json_open(json, key, bracket);
    if (json->flat == 0)
        json->flat = json->depth;
}

void json_close(struct json *json, char bracket)
{
    bool one_line = json->compact || json->flat != 0;
    if (json->flat == json->depth)
        json->flat = 0;
    json->depth--;
    if (json->filled && !one_line)
        new_line(json);
    putc_unlocked(bracket, json->out);
    json->filled = json->depth != 0;
    if (json->depth == 0)
        putc_unlocked('\n', json->out);
}

void json_text(struct json *json, const char *key, const char *text)
{
    lead(json, key);
    if (text != NULL)
        quoted(json->out, text);
    else
        fputs("null", json->out);
}

void json_size(struct json *json, const char *key, size_t number)
{
    lead(json, key);
    fprintf(json->out, "%zu", number);
}

void json_int(struct json *json, const char *key, int number)
{
    lead(json, key);
    fprintf(json->out, "%d", number);
}

void json_bool(struct json *json, const char *key, bool value)
{
    lead(json, key);
    fputs(value ? "true" : "false", json->out);
}

void json_nothing(struct json *json, const char *key)
{
    json_text(json, key, NULL);
}
