#include "explain/fit.h"

#include <string.h>
#include <strings.h>

enum { CAPTURE_LONGEST = 512 };

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* A piece of the line, [begin, end). */
struct stretch {
    size_t begin, end;
};

struct fitting {
    const struct line *line;
    const struct pattern *pattern;
    struct stretch at[PIECES_MOST];
};

/* May the capture have blanks in it? */
static bool has_blanks(enum capture capture, char quote)
{
    return capture == CAPTURE_ANY || capture == CAPTURE_ERROR || quote == '\'';
}

/* The first place of `piece` in the line behind `begin` that a capture may reach; NULL: none. */
static const char *find_next(const struct line *line, size_t begin, enum capture capture,
                             const struct piece *piece)
{
    size_t size = line->length - begin, longest = CAPTURE_LONGEST;
    if (!has_blanks(capture, begin > 0 ? line->text[begin - 1] : 0)) {
        const char *blank = memchr(line->text + begin, ' ', size < longest ? size : longest);
        longest = blank != NULL ? (size_t)(blank - line->text) - begin : longest;
    }
    size_t reach = longest + piece->length;
    return memmem(line->folded + begin, size < reach ? size : reach, piece->text, piece->length);
}

/* The last place before `end` that a capture may reach where `piece` stands whole; false: none. */
static bool find_last(const struct line *line, size_t end, enum capture capture,
                      const struct piece *piece, size_t *at)
{
    size_t longest = end < CAPTURE_LONGEST ? end : CAPTURE_LONGEST;
    if (!has_blanks(capture, line->text[end])) {
        const char *blank = memrchr(line->text + end - longest, ' ', longest);
        longest = blank != NULL ? end - 1 - (size_t)(blank - line->text) : longest;
    }
    size_t reach = longest + piece->length, first = end > reach ? end - reach : 0;
    if (end < first + piece->length)
        return false;
    const char *begin = line->folded + first;
    size_t size = end - first - piece->length + 1; /* places where it may begin */
    const char *place;
    while ((place = memrchr(begin, piece->text[0], size)) != NULL) {
        if (memcmp(place, piece->text, piece->length) == 0) {
            *at = (size_t)(place - line->folded);
            return true;
        }
        size = (size_t)(place - begin);
    }
    return false;
}

static bool is_quote_beside(const struct fitting *fitting, size_t piece)
{
    const char *text = fitting->line->text;
    const struct stretch *at = &fitting->at[piece];
    return at->begin > 0 && text[at->begin - 1] == '\'' && at->end < fitting->line->length &&
           text[at->end] == '\'';
}

/* "{object:#!}" begins with #!, "{object:*.node}" ends in .node. */
static bool is_as_told(const struct piece *piece, const char *text, size_t length)
{
    if (piece->length == 0)
        return true;
    bool end = piece->text[0] == '*';
    const char *part = piece->text + end;
    size_t own = piece->length - end;
    return length >= own && memcmp(end ? text + length - own : text, part, own) == 0;
}

/* Words of sentences: no file, library, symbol or user is called so. */
static bool is_no_name(enum capture capture, const char *text, size_t length)
{
    if (capture == CAPTURE_OBJECT && length == 4 && memcmp(text, "file", length) == 0)
        return true; /* there is a command called so */
    static const char *const words[] = {
        "a",        "all",       "an",      "and",        "any",       "because", "by",
        "cannot",   "caused",    "could",   "dynamic",    "failed",    "for",     "from",
        "in",       "is",        "it",      "library",    "libraries", "native",  "not",
        "of",       "or",        "process", "shared",     "such",      "your",    "system",
        "that",     "the",       "this",    "to",         "unable",    "was",     "with",
        "required", "requested", "native",  "command",    "following", "pid1",    "exec",
        "unknown",  "error",     "eacces",  "enoent",     "eperm",     "enoexec", "getcwd",
        "^m",       "\\r",       "relro",   "unsupported"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if ((words[i][0] | 0x20) == (text[0] | 0x20) && strlen(words[i]) == length &&
            strncasecmp(words[i], text, length) == 0)
            return true;
    return false;
}

/* "binary file: …" names none, and "[...]" is what a report leaves out. */
static bool is_left_out(const struct line *line, size_t begin, size_t end)
{
    static const char binary[] = "binary file";
    size_t own = strlen(binary), dots = 0;
    while (begin + dots < end && strchr(".[]", line->text[begin + dots]) != NULL)
        dots++;
    return (begin + dots == end && dots > 2) ||
           (end >= own && begin + 4 == end && memcmp(line->folded + end - own, binary, own) == 0);
}

/* A form tells a capture without quotes; they may be there. */
static bool is_quoted(const char *text, size_t length)
{
    return length > 2 && text[0] == '\'' && text[length - 1] == '\'';
}

static bool is_number(enum capture capture)
{
    return capture == CAPTURE_NUMBER || capture == CAPTURE_STATUS;
}

/* May the capture be what stands there? */
static bool is_fit(const struct fitting *fitting, size_t piece)
{
    const struct piece *own = &fitting->pattern->pieces[piece];
    const struct stretch *at = &fitting->at[piece];
    const char *text = fitting->line->text + at->begin;
    size_t length = at->end - at->begin;
    if (own->capture == CAPTURE_ANY)
        return length <= CAPTURE_LONGEST;
    bool quoted = is_quote_beside(fitting, piece);
    while (length > 0 && text[length - 1] == ':') /* no part of a name: tell() leaves it out */
        length--;
    if (!quoted && is_quoted(text, length)) {
        text++;
        length -= 2;
    } else if (!quoted && own->capture != CAPTURE_ERROR && is_no_name(own->capture, text, length)) {
        return false;
    }
    if (length == 0 || length > CAPTURE_LONGEST || !is_as_told(own, text, length) ||
        is_left_out(fitting->line, at->begin, at->begin + length))
        return false;
    if (text[0] == '{') /* the source of a message, as a traceback shows it */
        return false;
    for (size_t i = 0; i < length; i++) {
        bool digit = text[i] >= '0' && text[i] <= '9';
        if (is_number(own->capture) && !digit)
            return false;
        if (own->capture == CAPTURE_PATH && (text[i] == '<' || text[i] == '>'))
            return false; /* "<id>" of a report that hides a name */
        if ((text[i] == '\'' && text[0] != '[') ||
            (text[i] == ' ' && !quoted && own->capture != CAPTURE_ERROR))
            return false;
    }
    return true;
}

/* A capture at the end of a form ends where the word, or what is in quotes, does. */
static size_t word_end(const struct line *line, size_t begin, enum capture capture)
{
    static const char breaks[] = " '\",;)]}>\n";
    size_t end = begin, most = line->length;
    if (capture == CAPTURE_ANY || capture == CAPTURE_ERROR)
        return line->length - 1; /* its newline */
    if (most - begin > CAPTURE_LONGEST + 1)
        most = begin + CAPTURE_LONGEST + 1;
    bool number = is_number(capture);
    const char *quote = begin < most && line->text[begin] == '\''
                            ? memchr(line->text + begin + 1, '\'', most - begin - 1)
                            : NULL;
    if (quote != NULL)
        return (size_t)(quote + 1 - line->text);
    while (end < most && strchr(breaks, line->text[end]) == NULL &&
           (!number || (line->text[end] >= '0' && line->text[end] <= '9')))
        end++;
    while (end > begin && (line->text[end - 1] == '.' || line->text[end - 1] == ':'))
        end--;
    return end;
}

/* One at the beginning begins where the word does. */
static size_t word_begin(const struct line *line, size_t end, enum capture capture)
{
    static const char breaks[] = " '\",;([{<=|";
    size_t begin = end, least = end > CAPTURE_LONGEST + 1 ? end - CAPTURE_LONGEST - 1 : 0;
    if (capture == CAPTURE_ANY)
        return least;
    const char *quote = end > least + 1 && line->text[end - 1] == '\''
                            ? memrchr(line->text + least, '\'', end - 1 - least)
                            : NULL;
    if (quote != NULL)
        return (size_t)(quote - line->text);
    while (begin > least && strchr(breaks, line->text[begin - 1]) == NULL)
        begin--;
    return begin;
}

static bool fit_right(struct fitting *fitting)
{
    const struct pattern *pattern = fitting->pattern;
    const struct line *line = fitting->line;
    for (size_t i = pattern->anchored + 1; i < pattern->count; i += 2) {
        size_t begin = fitting->at[i - 1].end;
        fitting->at[i].begin = begin;
        if (i + 1 == pattern->count) {
            fitting->at[i].end = word_end(line, begin, pattern->pieces[i].capture);
            return is_fit(fitting, i);
        }
        const char *next =
            find_next(line, begin, pattern->pieces[i].capture, &pattern->pieces[i + 1]);
        if (next == NULL)
            return false;
        fitting->at[i].end = fitting->at[i + 1].begin = (size_t)(next - line->folded);
        fitting->at[i + 1].end = fitting->at[i + 1].begin + pattern->pieces[i + 1].length;
        if (!is_fit(fitting, i))
            return false;
    }
    return true;
}

static bool fit_left(struct fitting *fitting)
{
    const struct pattern *pattern = fitting->pattern;
    const struct line *line = fitting->line;
    for (size_t i = pattern->anchored; i > 0; i -= 2) {
        size_t begin;
        fitting->at[i - 1].end = fitting->at[i].begin;
        if (i == 1) {
            fitting->at[0].begin = word_begin(line, fitting->at[0].end, pattern->pieces[0].capture);
            return is_fit(fitting, 0);
        }
        if (!find_last(line, fitting->at[i].begin, pattern->pieces[i - 1].capture,
                       &pattern->pieces[i - 2], &begin))
            return false;
        fitting->at[i - 2] = (struct stretch){begin, begin + pattern->pieces[i - 2].length};
        fitting->at[i - 1].begin = fitting->at[i - 2].end;
        if (!is_fit(fitting, i - 1))
            return false;
    }
    return true;
}

/* A form that begins or ends in a letter does not stand inside of a word. */
static bool stands_alone(const struct fitting *fitting)
{
    const struct line *line = fitting->line;
    size_t begin = fitting->at[0].begin, end = fitting->at[fitting->pattern->count - 1].end;
    return !(begin > 0 && is_alnum(line->text[begin]) && is_alnum(line->text[begin - 1])) &&
           !(end < line->length && is_alnum(line->text[end - 1]) && is_alnum(line->text[end]) &&
             (line->text[end] < 'A' || line->text[end] > 'Z')); /* "errorFATA[0000]" */
}

static void tell(const struct fitting *fitting, struct arena *arena, struct reading *reading)
{
    *reading = (struct reading){.form = fitting->pattern->form,
                                .line = *fitting->line,
                                .literal = fitting->pattern->literal};
    for (size_t i = 0; i < fitting->pattern->count; i++) {
        enum capture capture = fitting->pattern->pieces[i].capture;
        const struct stretch *at = &fitting->at[i];
        size_t begin = at->begin, end = at->end;
        if (capture >= CAPTURES_KEPT)
            continue;
        while (end > begin && fitting->line->text[end - 1] == ':')
            end--;
        if (is_quoted(fitting->line->text + begin, end - begin)) {
            begin++;
            end--;
        }
        while (end - begin > 2 && fitting->line->text[begin] == '*' &&
               fitting->line->text[end - 1] == '*') { /* **bold** where it was copied from */
            begin++;
            end--;
        }
        reading->at[capture] = arena_copy(arena, fitting->line->text + begin, end - begin);
    }
}

bool fit_line(const struct pattern *pattern, const struct line *line, size_t at,
              struct arena *arena, struct reading *reading)
{
    const struct piece *piece = &pattern->pieces[pattern->anchored];
    size_t before = (size_t)(pattern->anchor.text - piece->text);
    if (at < before || line->length - (at - before) < piece->length ||
        memcmp(line->folded + at - before, piece->text, piece->length) != 0)
        return false;
    struct fitting fitting = {.line = line, .pattern = pattern};
    fitting.at[pattern->anchored] = (struct stretch){at - before, at - before + piece->length};
    if (!fit_left(&fitting) || !fit_right(&fitting) || !stands_alone(&fitting))
        return false;
    tell(&fitting, arena, reading);
    return true;
}
