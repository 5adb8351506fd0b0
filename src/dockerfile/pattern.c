#include "dockerfile/pattern.h"

#include <string.h>

#include "base/text.h"
#include "base/utf8.h"
#include "base/vec.h"

/* What an element of a pattern is beside a character, which is one below these. */
enum { ANY = 0x80000000u, STAR };

/* A byte that is in no character stands for itself. */
enum { STRAY_BYTE = 0x40000000u };

enum {
    WORK_MAX = 50 * 1000 * 1000, /* comparisons that a substitution may take */
    REPLACED_MAX = 1 << 20,      /* bytes that come of it */
};

struct characters VEC(uint32_t);

/* A match being looked for. */
struct search {
    struct characters pattern, value;
    bool *reached; /* places in the value up to which the elements so far can match */
    size_t work;
};

static struct characters decode(const char *text)
{
    struct characters characters = {0};
    while (*text != '\0') {
        uint32_t character = 0;
        size_t length = utf8_next(text, &character);
        *vec_push(&characters) =
            character != UTF8_INVALID ? character : STRAY_BYTE | (unsigned char)*text;
        text += length;
    }
    return characters;
}

static bool read_pattern(const char *pattern, struct characters *elements, struct err *err)
{
    struct characters plain = decode(pattern);
    bool ok = true;
    for (size_t i = 0; ok && i < plain.count; i++) {
        uint32_t character = plain.at[i];
        uint32_t next = i + 1 < plain.count ? plain.at[i + 1] : 0;
        if (character == '*' || character == '?') {
            *vec_push(elements) = character == '*' ? STAR : ANY;
        } else if (character != '\\') {
            *vec_push(elements) = character;
        } else if (next == '*' || next == '?' || next == '\\') {
            *vec_push(elements) = next;
            i++;
        } else if (next != '}' && next != '/') {
            ok = err_set(err, WILLRUN_EINPUT,
                         "invalid pattern (%s) in substitution: invalid escape '\\%c'", pattern,
                         next < 0x80 ? (int)next : '?');
        }
    }
    vec_free(&plain);
    return ok;
}

static bool search_begin(struct search *search, const char *pattern, const char *value,
                         struct err *err)
{
    *search = (struct search){0};
    if (!read_pattern(pattern, &search->pattern, err))
        return false;
    search->value = decode(value);
    search->reached = must_alloc(search->value.count + 2);
    return true;
}

static void search_end(struct search *search)
{
    vec_free(&search->pattern);
    vec_free(&search->value);
    free(search->reached);
}

static void reverse(struct characters *characters)
{
    for (size_t i = 0; i < characters->count / 2; i++) {
        uint32_t kept = characters->at[i];
        characters->at[i] = characters->at[characters->count - 1 - i];
        characters->at[characters->count - 1 - i] = kept;
    }
}

/* One element more: `count` places, the first of them at `value`. */
static void step(uint32_t element, const uint32_t *value, bool *reached, size_t count)
{
    if (element == STAR) {
        for (size_t i = 0; i < count; i++)
            reached[i + 1] = reached[i + 1] || (reached[i] && value[i] != '\n');
        return;
    }
    for (size_t i = count; i > 0; i--)
        reached[i] =
            reached[i - 1] && (element == ANY ? value[i - 1] != '\n' : value[i - 1] == element);
    reached[0] = false;
}

enum found { FOUND, NOT_FOUND, TOO_LONG };

/* How many characters from `start` on match. */
static enum found match_at(struct search *search, size_t start, bool longest, size_t *length)
{
    size_t count = search->value.count - start;
    const uint32_t *value = count != 0 ? search->value.at + start : NULL;
    if (search->pattern.count != 0 && search->pattern.at[0] < ANY &&
        (count == 0 || value[0] != search->pattern.at[0])) {
        search->work++;
        return NOT_FOUND;
    }
    memset(search->reached, 0, count + 1);
    search->reached[0] = true;
    for (size_t i = 0; i < search->pattern.count; i++) {
        search->work += count + 1;
        if (search->work > WORK_MAX)
            return TOO_LONG;
        step(search->pattern.at[i], value, search->reached, count);
    }
    enum found found = NOT_FOUND;
    for (size_t i = 0; i <= count && (found != FOUND || longest); i++) {
        if (search->reached[i]) {
            found = FOUND;
            *length = i;
        }
    }
    return found;
}

static bool too_long(struct err *err)
{
    return err_set(err, WILLRUN_EINPUT,
                   "the pattern and the value of a substitution are too long for each other");
}

/* Bytes of the first `count` characters of `text`. */
static size_t bytes_of(const char *text, size_t count)
{
    const char *at = text;
    uint32_t character;
    while (count-- > 0)
        at += utf8_next(at, &character);
    return (size_t)(at - text);
}

/* How many characters of the beginning, or of the end, match. */
static bool trim_length(const char *pattern, const char *value, bool end, bool longest,
                        size_t *length, size_t *count, struct err *err)
{
    struct search search;
    enum found found = NOT_FOUND;
    bool ok = search_begin(&search, pattern, value, err);
    *length = 0;
    *count = search.value.count;
    if (ok && end) {
        reverse(&search.pattern);
        reverse(&search.value);
    }
    if (ok)
        found = match_at(&search, 0, longest, length);
    search_end(&search);
    return ok && (found != TOO_LONG || too_long(err));
}

const char *pattern_trim_start(const char *pattern, const char *value, bool longest,
                               struct arena *arena, struct err *err)
{
    size_t length, count;
    if (!trim_length(pattern, value, false, longest, &length, &count, err))
        return NULL;
    return arena_string(arena, value + bytes_of(value, length));
}

const char *pattern_trim_end(const char *pattern, const char *value, bool longest,
                             struct arena *arena, struct err *err)
{
    size_t length, count;
    if (!trim_length(pattern, value, true, longest, &length, &count, err))
        return NULL;
    return arena_copy(arena, value, bytes_of(value, count - length));
}

/* An empty match right behind a match is none, as Go's regexp has it. */
static bool replace_all(struct search *search, const char *value, const char *replacement, bool all,
                        struct text *out)
{
    bool again = true, matched = false;
    size_t behind = 0; /* the last match */
    for (size_t at = 0; at <= search->value.count;) {
        size_t length = 0;
        enum found found = again ? match_at(search, at, true, &length) : NOT_FOUND;
        if (found == TOO_LONG)
            return false;
        if (found == FOUND && (length != 0 || !matched || at != behind)) {
            text_add(out, replacement, strlen(replacement));
            again = all;
            matched = true;
            behind = at + length;
        } else {
            length = 0;
        }
        size_t taken = length != 0 ? length : at < search->value.count;
        size_t bytes = bytes_of(value, taken);
        if (length == 0)
            text_add(out, value, bytes);
        value += bytes;
        at += length != 0 ? length : 1;
        if (out->count > REPLACED_MAX)
            return false;
    }
    return true;
}

const char *pattern_replace(const char *pattern, const char *value, const char *replacement,
                            bool all, struct arena *arena, struct err *err)
{
    struct search search;
    struct text out = {0};
    const char *replaced = NULL;
    if (search_begin(&search, pattern, value, err)) {
        if (replace_all(&search, value, replacement, all, &out))
            replaced = text_keep(&out, arena);
        else
            too_long(err);
    }
    search_end(&search);
    vec_free(&out);
    return replaced;
}
