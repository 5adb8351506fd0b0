#include "explain/line.h"

#include <jansson.h>
#include <string.h>

/* ---- characters ---- */

/* Bytes of the terminal's control sequence at `text`; 0: there is none. */
static size_t escape_length(const char *text, size_t size)
{
    if (size < 2 || text[0] != '\x1b')
        return 0;
    size_t length = 2;
    if (text[1] == '[') /* CSI: up to its final byte */
        while (length < size && (text[length] < '@' || text[length] > '~'))
            length++;
    else if (text[1] == ']') /* OSC: up to BEL */
        while (length < size && text[length] != '\a')
            length++;
    else
        return 2;
    return length < size ? length + 1 : size;
}

/* A quote beyond ASCII, a byte order mark, another kind of blank: their bytes, and what stands for
 * them; 0 for a mark that is dropped. */
static size_t foreign_length(const char *text, size_t size, char *plain)
{
    static const struct {
        const char *bytes;
        char plain;
    } rows[] = {{"ï»¿", 0},
                {"‘", '\''},
                {"’", '\''},
                {"“", '\''},
                {"”", '\''},
                {"«", '\''},
                {"»", '\''},
                {"´", '\''},
                {"„", '\''},
                {"\ufeff", 0},
                {"\u00a0", ' '},
                {"：", ':'},
                /* what a terminal of another character set makes of a quote */
                {"▒", '\''},
                {"\ufffd", '\''},
                {"â€˜", '\''},
                {"â€™", '\''}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t length = strlen(rows[i].bytes);
        if (length <= size && memcmp(text, rows[i].bytes, length) == 0) {
            *plain = rows[i].plain;
            return length;
        }
    }
    return 0;
}

/* Bytes of an escape in a text within a text: \" \\" \n \t; 0: none. */
static size_t backslash_length(const char *text, size_t size, char *plain)
{
    size_t length = 0;
    while (length < size && text[length] == '\\')
        length++;
    if (length == 0 || length == size)
        return 0;
    switch (text[length]) {
    case '"':
    case '\'':
        *plain = '\'';
        return length + 1;
    case 'n':
    case 't':
        *plain = ' ';
        /* a path of Windows or a word in $'\n' is none of them */
        return length + 1 == size || text[length + 1] != '\'' ? length + 1 : 0;
    default:
        return 0;
    }
}

struct writing {
    char *text;
    size_t length;
};

static void put(struct writing *writing, char c)
{
    if (c == ' ' && (writing->length == 0 || writing->text[writing->length - 1] == ' '))
        return;
    writing->text[writing->length++] = c;
}

/* What stands for the bytes at `raw`; how many they are. A carriage return within a line is
 * written as terminals write it. */
static size_t put_plain(struct writing *writing, const char *raw, size_t size, bool quotes)
{
    char plain = 0;
    size_t length = escape_length(raw, size);
    if (length != 0)
        return length;
    if (*raw == '\r') {
        put(writing, '^');
        put(writing, 'M');
        return 1;
    }
    if (quotes && *raw == '\\' && (length = backslash_length(raw, size, &plain)) != 0) {
        put(writing, plain);
        return length;
    }
    if ((unsigned char)*raw >= 0x80 && (length = foreign_length(raw, size, &plain)) != 0) {
        if (plain == '\'' && !quotes)
            for (size_t i = 0; i < length; i++)
                put(writing, raw[i]);
        else if (plain != 0)
            put(writing, plain);
        return length;
    }
    bool is_quote = *raw == '"' || *raw == '`';
    bool ends_word = size == 1 || raw[1] == ' ';
    if (quotes && *raw == ':' && ends_word && writing->length > 1 &&
        writing->text[writing->length - 1] == ' ')
        writing->length--; /* "file : message" */
    put(writing, quotes && is_quote ? '\'' : (unsigned char)*raw < ' ' || *raw == 127 ? ' ' : *raw);
    return 1;
}

/* Blanks at the ends and a carriage return at the end are no part of a line. */
static char *make_plain(const char *raw, size_t size, bool quotes, struct arena *arena,
                        size_t *length)
{
    while (size > 0 && strchr("\r\n \t", raw[size - 1]) != NULL)
        size--;
    struct writing writing = {.text = arena_alloc(arena, 2 * size + 2)};
    for (size_t at = 0; at < size;)
        at += put_plain(&writing, raw + at, size - at, quotes);
    while (writing.length > 0 && writing.text[writing.length - 1] == ' ')
        writing.length--;
    if (quotes) /* for captures: forms tell the end of a line by it */
        writing.text[writing.length++] = '\n';
    writing.text[writing.length] = 0;
    *length = writing.length;
    return writing.text;
}

/* ---- JSON ---- */

static const char *message_of(const json_t *object)
{
    static const char *const keys[] = {"log", "message", "msg", "MESSAGE", "error", "err"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const json_t *value = json_object_get(object, keys[i]);
        if (json_is_string(value))
            return json_string_value(value);
    }
    return NULL;
}

/* A log line that is a JSON object, behind whatever a collector puts before it: its message, with
 * its error behind it where it has both. */
static const char *from_json(const char *raw, size_t size, struct arena *arena)
{
    const char *open = memchr(raw, '{', size);
    if (open == NULL || (size_t)(open - raw) + 2 > size || strchr("\" ", open[1]) == NULL)
        return NULL;
    json_t *object = json_loadb(open, size - (size_t)(open - raw), JSON_DISABLE_EOF_CHECK, NULL);
    const char *message = json_is_object(object) ? message_of(object) : NULL;
    const char *error =
        message != NULL ? json_string_value(json_object_get(object, "error")) : NULL;
    const char *text = NULL;
    if (error != NULL && strcmp(error, message) != 0)
        text = arena_format(arena, "%s: %s", message, error);
    else if (message != NULL)
        text = arena_string(arena, message);
    json_decref(object);
    return text;
}

/* ---- prefixes ---- */

static bool is_of(char c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

/* A word that tells when: "2026-11-26T10:20:30.123Z", "10:20:30", "[2026/11/26", "0.329". */
static bool is_time(const char *word, size_t length)
{
    size_t digits = 0, marks = 0;
    for (size_t i = 0; i < length; i++) {
        if (word[i] >= '0' && word[i] <= '9')
            digits++;
        else if (is_of(word[i], "-:./,+"))
            marks++;
        else if (!is_of(word[i], "TZ[]()"))
            return false;
    }
    return digits >= 3 && marks >= 1;
}

/* A word that a collector of logs puts before each line. */
static bool is_label(const char *word, size_t length)
{
    static const char *const labels[] = {"stdout", "stderr", "F",     "P",       "|",
                                         "INFO",   "ERROR",  "WARN",  "[error]", "[info]",
                                         "E",      "err",    "time=", "level="};
    for (size_t i = 0; i < sizeof labels / sizeof *labels; i++)
        if (strlen(labels[i]) == length && memcmp(word, labels[i], length) == 0)
            return true;
    if (length > 1 && word[0] == '#' && word[1] >= '0' && word[1] <= '9') /* BuildKit */
        return true;
    return length > 2 && word[0] == '[' && memchr(word, '/', length) != NULL &&
           word[length - 1] == ']'; /* [pod/…] */
}

/* "app-1 | …" of compose, "host unit[12]: …" of the journal: bytes before the message. */
static size_t collector_length(const char *text)
{
    const char *bar = strstr(text, " | ");
    size_t word = strcspn(text, " ");
    if (bar != NULL && (bar == text + word || text[word + strspn(text + word, " ")] == '|'))
        return (size_t)(bar + 3 - text);
    static const char *const months[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    for (size_t i = 0; i < 12; i++) {
        const char *unit = strstr(text, "]: ");
        if (strncmp(text, months[i], 3) == 0 && text[3] == ' ' && unit != NULL)
            return (size_t)(unit + 3 - text);
    }
    return 0;
}

size_t line_lead(const char *text, size_t size)
{
    static const char bar_of_box[] = "│"; /* as terraform's errors stand in */
    size_t at = 0, length = 0, own = strlen(bar_of_box);
    while (at < size && is_of(text[at], " \t"))
        at++;
    if (size - at > own && memcmp(text + at, bar_of_box, own) == 0)
        at += own + (text[at + own] == ' ');
    while (at + length < size && is_of(text[at + length], "#>*/;%"))
        length++;
    if (length != 0 && at + length < size && text[at + length] == ' ')
        at += length + 1;
    for (length = 0; at + length < size && !is_of(text[at + length], " \t\n");)
        length++;
    size_t bar = at + length;
    while (bar < size && text[bar] == ' ')
        bar++;
    if (length != 0 && bar + 1 < size && text[bar] == '|' && text[bar + 1] == ' ')
        at = bar + 2;
    return at;
}

static const char *behind_prefix(const char *text)
{
    for (;;) {
        size_t skip = collector_length(text);
        size_t word = strcspn(text, " ");
        if (skip == 0 && text[word] == ' ' && (is_time(text, word) || is_label(text, word)))
            skip = word + 1;
        if (skip == 0)
            return text;
        text += skip;
    }
}

void line_read(const char *raw, size_t size, size_t number, struct arena *arena, struct line *line)
{
    const char *message = from_json(raw, size, arena);
    line->raw = message != NULL ? message : raw;
    line->raw_size = message != NULL ? strlen(message) : size;
    line->number = number;
    line->shown = NULL;
    line->text = make_plain(line->raw, line->raw_size, true, arena, &line->length);
    char *folded = arena_copy(arena, line->text, line->length);
    for (size_t i = 0; i < line->length; i++)
        if (folded[i] >= 'A' && folded[i] <= 'Z')
            folded[i] = (char)(folded[i] - 'A' + 'a');
    line->folded = folded;
}

const char *line_shown(const struct line *line, struct arena *arena)
{
    size_t length;
    return behind_prefix(make_plain(line->raw, line->raw_size, false, arena, &length));
}
