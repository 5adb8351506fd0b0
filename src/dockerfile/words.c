#include "dockerfile/words.h"

#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "dockerfile/lines.h"
#include "dockerfile/pattern.h"

enum {
    DEPTH_MAX = 200,        /* of `${a:-${b:-…}}` */
    GROWTH_MAX = 256 * 1024 /* bytes that variables may add; no environment takes more */
};

/* A text under way. */
struct lexer {
    struct expansion *expansion;
    const char *source;
    size_t at;
    bool raw_escapes; /* in this part */
    unsigned depth;
    size_t made, limit; /* bytes, of all parts */
    struct arena *arena;
    struct err *err;
};

/* Words under way; none are split where `words` is NULL. */
struct splitter {
    struct words *words;
    struct text text;
    bool in_word;
    size_t begin, end;
};

static bool fail(struct lexer *lexer, const char *what)
{
    return err_set(lexer->err, WILLRUN_EINPUT, "%s", what);
}

static char peek(const struct lexer *lexer)
{
    return lexer->source[lexer->at];
}

/* The next character, which is not the end; its bytes. */
static struct span next(struct lexer *lexer)
{
    uint32_t character;
    const char *at = lexer->source + lexer->at;
    size_t length = utf8_next(at, &character);
    lexer->at += length;
    return (struct span){(const unsigned char *)at, length};
}

static bool emit(struct lexer *lexer, struct text *out, const char *bytes, size_t length)
{
    lexer->made += length;
    if (lexer->made > lexer->limit)
        return fail(lexer, "it expands to more than an environment can hold");
    text_add(out, bytes, length);
    return true;
}

static bool emit_span(struct lexer *lexer, struct text *out, struct span bytes)
{
    return emit(lexer, out, (const char *)bytes.data, bytes.size);
}

/* As a string of Go on one line; a long text is cut off. */
static const char *quoted(const char *text, size_t length, struct arena *arena)
{
    enum { LONGEST = 200 };
    struct text out = {0};
    for (size_t i = 0; i < LONGEST && i < length; i++) {
        unsigned char byte = (unsigned char)text[i];
        char escape[8];
        if (byte == '"' || byte == '\\')
            snprintf(escape, sizeof escape, "\\%c", byte);
        else if (byte == '\n' || byte == '\t' || byte == '\r')
            snprintf(escape, sizeof escape, "\\%c", byte == '\n' ? 'n' : byte == '\t' ? 't' : 'r');
        else if (byte < 0x20)
            snprintf(escape, sizeof escape, "\\x%02x", byte);
        else
            snprintf(escape, sizeof escape, "%c", byte);
        text_add(&out, escape, strlen(escape));
    }
    const char *kept = text_keep(&out, arena);
    vec_free(&out);
    return kept;
}

/* ---- words ---- */

static void end_word(struct lexer *lexer, struct splitter *splitter)
{
    if (splitter->text.count == 0)
        return;
    *vec_push(splitter->words) =
        (struct word){text_keep(&splitter->text, lexer->arena), splitter->begin, splitter->end};
    splitter->text.count = 0;
    splitter->in_word = false;
}

/* Bytes that came from the source from `begin` up to here, and are not split. */
static void add_raw(struct lexer *lexer, struct splitter *splitter, size_t begin, const char *bytes,
                    size_t length)
{
    if (splitter->words == NULL)
        return;
    if (splitter->text.count == 0)
        splitter->begin = begin;
    text_add(&splitter->text, bytes, length);
    splitter->in_word = true;
    splitter->end = lexer->at;
}

static void add_split(struct lexer *lexer, struct splitter *splitter, size_t begin,
                      const char *bytes, size_t length)
{
    if (splitter->words == NULL)
        return;
    for (size_t at = 0; at < length;) {
        uint32_t character;
        size_t taken = space_length(bytes + at);
        if (taken != 0 && splitter->in_word) {
            end_word(lexer, splitter);
        } else if (taken == 0) {
            taken = utf8_next(bytes + at, &character);
            add_raw(lexer, splitter, begin, bytes + at, taken);
        }
        at += taken;
    }
}

/* ---- variables ---- */

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* unicode.IsLetter, near enough: what is not ASCII is one, but for the blocks of signs. */
static bool is_letter(const char *text)
{
    uint32_t character = 0;
    if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z'))
        return true;
    if ((unsigned char)*text < 0x80)
        return false;
    utf8_next(text, &character);
    return character != UTF8_INVALID && character >= 0xAA && character != 0xD7 &&
           character != 0xF7 &&
           (character >= 0xC0 || character == 0xAA || character == 0xB5 || character == 0xBA) &&
           !(character >= 0x2000 && character <= 0x2BFF) &&
           !(character >= 0x3000 && character <= 0x3004) &&
           !(character >= 0x3007 && character <= 0x3030) &&
           !(character >= 0xE000 && character <= 0xF8FF) &&
           !(character >= 0xFE00 && character <= 0xFE6F) &&
           !(character >= 0xFF01 && character <= 0xFF20) &&
           !(character >= 0x1F000 && character <= 0x1FAFF);
}

/* A name, a number or one of the shell's special parameters; "" where none of them stands here. */
static const char *take_name(struct lexer *lexer)
{
    size_t begin = lexer->at;
    if (is_digit(peek(lexer))) {
        while (is_digit(peek(lexer)))
            lexer->at++;
    } else if (peek(lexer) != '\0' && strchr("@*#?-$!", peek(lexer)) != NULL) {
        lexer->at++;
    } else {
        while (is_letter(lexer->source + lexer->at) || is_digit(peek(lexer)) || peek(lexer) == '_')
            next(lexer);
    }
    return arena_copy(lexer->arena, lexer->source + begin, lexer->at - begin);
}

static const char *value_of(struct lexer *lexer, const char *name)
{
    const struct variables *variables = lexer->expansion->variables;
    const char *value = variables != NULL ? variables_get(variables, name) : NULL;
    if (value == NULL)
        *vec_push(&lexer->expansion->unset) = name;
    return value;
}

static bool lex_until(struct lexer *lexer, char stop, bool raw_escapes, struct text *out,
                      struct splitter *splitter);

/* What stands up to `stop`, itself expanded; NULL: an error. */
static const char *take_part(struct lexer *lexer, char stop, bool raw_escapes, const char *missing)
{
    struct text text = {0};
    struct splitter none = {0};
    const char *part = NULL;
    if (lexer->depth == DEPTH_MAX) {
        fail(lexer, "syntax error: substitutions are nested too deeply");
        return NULL;
    }
    lexer->depth++;
    if (lex_until(lexer, stop, raw_escapes, &text, &none))
        part = text_keep(&text, lexer->arena);
    else if (peek(lexer) == '\0' && lexer->err->code == WILLRUN_OK)
        fail(lexer, missing);
    lexer->depth--;
    vec_free(&text);
    return part;
}

/* `${name/pattern/replacement}` from behind the first slash. */
static const char *replace(struct lexer *lexer, const char *name)
{
    bool all = peek(lexer) == '/';
    lexer->at += all;
    const char *pattern = take_part(lexer, '/', true, "syntax error: missing '/' in ${}");
    if (pattern == NULL)
        return NULL;
    const char *replacement = take_part(lexer, '}', true, "syntax error: missing '}'");
    if (replacement == NULL)
        return NULL;
    const char *value = value_of(lexer, name);
    if (value == NULL && lexer->expansion->keep_unset)
        return arena_format(lexer->arena, "${%s/%s/%s}", name, pattern, replacement);
    return pattern_replace(pattern, value != NULL ? value : "", replacement, all, lexer->arena,
                           lexer->err);
}

static const char *trim(struct lexer *lexer, char modifier, const char *pattern, const char *value)
{
    bool longest = *pattern == modifier;
    pattern += longest;
    return (modifier == '#' ? pattern_trim_start : pattern_trim_end)(pattern, value, longest,
                                                                     lexer->arena, lexer->err);
}

static const char *demand(struct lexer *lexer, const char *name, const char *value,
                          const char *word, bool empty_too)
{
    if (value != NULL && !(empty_too && *value == '\0'))
        return value;
    const char *unset = value == NULL ? "is not allowed to be unset" : "is not allowed to be empty";
    err_set(lexer->err, WILLRUN_EINPUT, "%s: %s", name, *word != '\0' ? word : unset);
    return NULL;
}

/* `${name-word}` and its like from behind the modifier. `colon`: an empty value is as none. */
static const char *modify(struct lexer *lexer, const char *name, char modifier, bool colon)
{
    bool is_pattern = modifier == '#' || modifier == '%';
    const char *shown = arena_format(lexer->arena, "%s%c", colon ? ":" : "", modifier);
    if (colon && is_pattern) {
        fail(lexer, arena_format(lexer->arena, "unsupported modifier (%s) in substitution", shown));
        return NULL;
    }
    const char *word = take_part(lexer, '}', is_pattern, "syntax error: missing '}'");
    if (word == NULL)
        return NULL;
    const char *value = value_of(lexer, name);
    if (value == NULL && lexer->expansion->keep_unset)
        return arena_format(lexer->arena, "${%s%s%s}", name, shown, word);
    bool none = value == NULL || (colon && *value == '\0');
    switch (modifier) {
    case '-':
        return none ? word : value;
    case '+':
        return none ? "" : word;
    case '?':
        return demand(lexer, name, value, word, colon);
    case '#':
    case '%':
        return trim(lexer, modifier, word, value != NULL ? value : "");
    default:
        fail(lexer, arena_format(lexer->arena, "unsupported modifier (%s) in substitution", shown));
        return NULL;
    }
}

/* From behind the brace that opens. */
static const char *take_braces(struct lexer *lexer)
{
    char first = peek(lexer);
    if (first == '\0' || first == '{' || first == '}' || first == ':') {
        fail(lexer, first == '\0' ? "syntax error: missing '}'" : "syntax error: bad substitution");
        return NULL;
    }
    const char *name = take_name(lexer);
    char modifier = peek(lexer);
    if (modifier == '\0') {
        fail(lexer, "syntax error: missing '}'");
        return NULL;
    }
    struct span taken = next(lexer);
    if (modifier == '}') {
        const char *value = value_of(lexer, name);
        if (value == NULL && lexer->expansion->keep_unset)
            return arena_format(lexer->arena, "${%s}", name);
        return value != NULL ? value : "";
    }
    if (modifier == '/')
        return replace(lexer, name);
    bool colon = modifier == ':';
    if (colon) {
        modifier = peek(lexer);
        if (modifier != '\0')
            next(lexer);
    }
    if (colon || strchr("+-?#%", modifier) != NULL)
        return modify(lexer, name, modifier, colon);
    fail(lexer, arena_format(lexer->arena, "unsupported modifier (%s) in substitution",
                             quoted((const char *)taken.data, taken.size, lexer->arena)));
    return NULL;
}

/* From the dollar on; NULL: an error. */
static const char *take_dollar(struct lexer *lexer)
{
    lexer->at++;
    if (peek(lexer) == '{') {
        lexer->at++;
        return take_braces(lexer);
    }
    const char *name = take_name(lexer);
    if (*name == '\0')
        return "$";
    const char *value = value_of(lexer, name);
    if (value == NULL && lexer->expansion->keep_unset)
        return arena_format(lexer->arena, "$%s", name);
    return value != NULL ? value : "";
}

/* ---- quotes ---- */

static bool take_single_quoted(struct lexer *lexer, struct text *out)
{
    const char *begin = lexer->source + lexer->at;
    const char *end = strchr(begin + 1, '\'');
    if (end == NULL)
        return fail(lexer, "unexpected end of statement while looking for matching single-quote");
    lexer->at += (size_t)(end - begin) + 1;
    bool raw = lexer->expansion->raw_quotes;
    return emit(lexer, out, begin + !raw, (size_t)(end - begin) - 1 + (raw ? 2 : 0));
}

/* An escape among double quotes protects a quote, a dollar and itself. */
static bool take_escape_in_quotes(struct lexer *lexer, struct text *out)
{
    char escape = lexer->expansion->escape;
    lexer->at++;
    if (lexer->raw_escapes && !emit(lexer, out, &escape, 1))
        return false;
    char protected = peek(lexer);
    if (protected == '\0')
        return true;
    if (protected == '"' || protected == '$' || protected == escape) {
        lexer->at++;
        return emit(lexer, out, &protected, 1);
    }
    return emit(lexer, out, &escape, 1);
}

static bool take_double_quoted(struct lexer *lexer, struct text *out)
{
    bool raw = lexer->expansion->raw_quotes;
    lexer->at++;
    if (raw && !emit(lexer, out, "\"", 1))
        return false;
    while (peek(lexer) != '"') {
        if (peek(lexer) == '\0')
            return fail(lexer,
                        "unexpected end of statement while looking for matching double-quote");
        bool ok;
        if (peek(lexer) == '$') {
            const char *value = take_dollar(lexer);
            ok = value != NULL && emit(lexer, out, value, strlen(value));
        } else if (peek(lexer) == lexer->expansion->escape) {
            ok = take_escape_in_quotes(lexer, out);
        } else {
            ok = emit_span(lexer, out, next(lexer));
        }
        if (!ok)
            return false;
    }
    lexer->at++;
    return !raw || emit(lexer, out, "\"", 1);
}

/* `<<` and the blanks behind it, which do not end the word: a heredoc's name may follow. */
static bool take_angle(struct lexer *lexer, struct text *out)
{
    size_t begin = lexer->at++;
    if (peek(lexer) == '<') {
        lexer->at++;
        while (peek(lexer) == ' ' || peek(lexer) == '\t' || peek(lexer) == '\r')
            lexer->at++;
    }
    return emit(lexer, out, lexer->source + begin, lexer->at - begin);
}

/* ---- the text ---- */

static bool take_escape(struct lexer *lexer, struct text *out, struct splitter *splitter)
{
    size_t begin = lexer->at++;
    if (lexer->raw_escapes) {
        add_raw(lexer, splitter, begin, &lexer->expansion->escape, 1);
        if (!emit(lexer, out, &lexer->expansion->escape, 1))
            return false;
    }
    if (peek(lexer) == '\0')
        return true;
    struct span protected = next(lexer);
    add_raw(lexer, splitter, begin, (const char *)protected.data, protected.size);
    return emit_span(lexer, out, protected);
}

/* A quoted part or `<<`, which is never split. */
static bool take_whole(struct lexer *lexer, struct text *out, struct splitter *splitter,
                       bool (*take)(struct lexer *, struct text *))
{
    size_t begin = lexer->at, before = out->count;
    if (!take(lexer, out))
        return false;
    add_raw(lexer, splitter, begin, out->count != before ? out->at + before : "",
            out->count - before);
    return true;
}

static bool take_one(struct lexer *lexer, struct text *out, struct splitter *splitter)
{
    bool quotes = !lexer->expansion->plain_quotes;
    char c = peek(lexer);
    size_t begin = lexer->at;
    if (c == '$') {
        const char *value = take_dollar(lexer);
        if (value == NULL)
            return false;
        add_split(lexer, splitter, begin, value, strlen(value));
        return emit(lexer, out, value, strlen(value));
    }
    if (c == '<')
        return take_whole(lexer, out, splitter, take_angle);
    if (c == '\'' && quotes)
        return take_whole(lexer, out, splitter, take_single_quoted);
    if (c == '"' && quotes)
        return take_whole(lexer, out, splitter, take_double_quoted);
    if (c == lexer->expansion->escape)
        return take_escape(lexer, out, splitter);
    struct span plain = next(lexer);
    add_split(lexer, splitter, begin, (const char *)plain.data, plain.size);
    return emit_span(lexer, out, plain);
}

/* Up to `stop`, which is taken; '\0': up to the end. */
static bool lex_until(struct lexer *lexer, char stop, bool raw_escapes, struct text *out,
                      struct splitter *splitter)
{
    bool outer = lexer->raw_escapes;
    bool ok = true;
    lexer->raw_escapes = raw_escapes;
    while (ok && peek(lexer) != '\0' && peek(lexer) != stop)
        ok = take_one(lexer, out, splitter);
    lexer->raw_escapes = outer;
    if (!ok || stop == '\0')
        return ok;
    if (peek(lexer) == '\0')
        return false; /* take_part says what is missing */
    lexer->at++;
    return true;
}

static bool lex(struct expansion *expansion, const char *text, struct text *out,
                struct splitter *splitter, struct arena *arena, struct err *err)
{
    struct err inner = {0};
    struct lexer lexer = {.expansion = expansion,
                          .source = text,
                          .limit = GROWTH_MAX + 4 * strlen(text),
                          .arena = arena,
                          .err = &inner};
    if (lex_until(&lexer, '\0', expansion->raw_escapes, out, splitter))
        return true;
    return err_set(err, inner.code, "failed to process \"%s\": %s",
                   quoted(text, strlen(text), arena), inner.text);
}

const char *words_expand(struct expansion *expansion, const char *text, struct arena *arena,
                         struct err *err)
{
    struct text out = {0};
    struct splitter none = {0};
    const char *expanded = NULL;
    if (lex(expansion, text, &out, &none, arena, err))
        expanded = text_keep(&out, arena);
    vec_free(&out);
    return expanded;
}

bool words_split(struct expansion *expansion, const char *text, struct words *words,
                 struct arena *arena, struct err *err)
{
    struct text out = {0};
    struct splitter splitter = {.words = words};
    bool ok = lex(expansion, text, &out, &splitter, arena, err);
    if (ok) {
        struct lexer end = {.arena = arena};
        end_word(&end, &splitter);
    }
    vec_free(&out);
    vec_free(&splitter.text);
    return ok;
}
