#include "source/ignore.h"

#include <stdlib.h>
#include <string.h>

/* ---- reading ---- */

/* filepath.Clean, and no slash at the front: "a//b/../c/" is "a/c". */
static char *clean(const char *text, size_t length, struct arena *arena)
{
    char *out = arena_alloc(arena, length + 1);
    size_t end = 0;
    for (size_t at = 0; at < length;) {
        size_t part = 0;
        while (at + part < length && text[at + part] != '/')
            part++;
        if (part == 2 && text[at] == '.' && text[at + 1] == '.') {
            while (end != 0 && out[--end] != '/')
                ;
        } else if (part != 0 && !(part == 1 && text[at] == '.')) {
            if (end != 0)
                out[end++] = '/';
            memcpy(out + end, text + at, part);
            end += part;
        }
        at += part + 1;
    }
    out[end] = '\0';
    return out;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void read_line(const char *line, size_t length, struct arena *arena, struct ignore *ignore)
{
    while (length != 0 && is_blank(line[length - 1]))
        length--;
    while (length != 0 && is_blank(*line))
        line++, length--;
    if (length == 0 || *line == '#')
        return;
    bool except = *line == '!';
    for (line += except, length -= except; length != 0 && is_blank(*line);)
        line++, length--;
    const char *text = clean(line, length, arena);
    if (*text != '\0')
        *vec_push(ignore) = (struct ignore_pattern){text, except};
}

void ignore_read(struct span text, struct arena *arena, struct ignore *ignore)
{
    const char *at = (const char *)text.data, *end = at + text.size;
    if (text.size >= 3 && memcmp(at, "\xef\xbb\xbf", 3) == 0)
        at += 3;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (stop == NULL)
            stop = end;
        read_line(at, (size_t)(stop - at), arena, ignore);
        at = stop + 1;
    }
}

/* ---- matching ---- */

/* Does the class behind `[` hold `c`? *behind is put behind its `]`; false in *valid where it has
 * none. */
static bool in_class(const char *at, unsigned char c, const char **behind, bool *valid)
{
    bool not = *at == '^' || *at == '!', in = false;
    for (at += not ; *at != '\0' && *at != ']'; at++) {
        at += *at == '\\' && at[1] != '\0';
        unsigned char low = (unsigned char)*at, high = low;
        if (at[1] == '-' && at[2] != ']' && at[2] != '\0') {
            at += 2;
            at += *at == '\\' && at[1] != '\0';
            high = (unsigned char)*at;
        }
        in |= low <= c && c <= high;
    }
    *valid = *at == ']';
    *behind = at + *valid;
    return in != not ;
}

/* One step of a pattern, at most one character of a path wide. */
struct element {
    enum { ONE, CLASS, STAR, DEEP, DEEP_FOLDER, LITERAL } kind;
    const char *text; /* CLASS: behind the bracket */
    char c;
};

static struct element next_element(const char **at)
{
    const char *text = *at;
    if (text[0] == '*' && text[1] == '*') {
        text += strspn(text, "*");
        bool folder = *text == '/';
        *at = text + folder;
        return (struct element){.kind = folder ? DEEP_FOLDER : DEEP};
    }
    if (*text == '[') {
        bool valid;
        const char *behind;
        in_class(text + 1, 0, &behind, &valid);
        if (valid) {
            *at = behind;
            return (struct element){.kind = CLASS, .text = text + 1};
        }
    }
    if (*text == '\\' && text[1] != '\0')
        text++;
    else if (*text == '*' || *text == '?') {
        *at = text + 1;
        return (struct element){.kind = *text == '*' ? STAR : ONE};
    }
    *at = text + 1;
    return (struct element){.kind = LITERAL, .c = *text};
}

/* The places of `path` that the pattern can have come to (`from`) make those behind the element
 * (`to`). */
static void step(const struct element *element, const char *path, size_t length, const bool *from,
                 bool *to)
{
    bool any = false; /* a STAR or DEEP that started before may go on */
    for (size_t i = 0; i <= length; i++) {
        bool valid;
        const char *behind;
        unsigned char before = i != 0 ? (unsigned char)path[i - 1] : 0;
        any |= from[i];
        switch (element->kind) {
        case DEEP:
            to[i] = any;
            break;
        case DEEP_FOLDER:
            to[i] = from[i] || (any && before == '/');
            break;
        case STAR:
            any = from[i] || (any && before != '/');
            to[i] = any;
            break;
        case ONE:
            to[i] = i != 0 && from[i - 1] && before != '/';
            break;
        case CLASS:
            to[i] = i != 0 && from[i - 1] && before != '/' &&
                    in_class(element->text, before, &behind, &valid);
            break;
        case LITERAL:
            to[i] = i != 0 && from[i - 1] && path[i - 1] == element->c;
            break;
        }
    }
}

static bool matches(const char *pattern, const char *path, size_t length)
{
    bool *places = must_alloc(2 * (length + 1));
    bool *from = places, *to = places + length + 1;
    memset(from, 0, length + 1);
    from[0] = true;
    while (*pattern != '\0') {
        struct element element = next_element(&pattern);
        step(&element, path, length, from, to);
        bool *swap = from;
        from = to;
        to = swap;
    }
    bool match = from[length];
    free(places);
    return match;
}

bool ignore_matches(const char *pattern, const char *path)
{
    return matches(pattern, path, strlen(path));
}

/* `path`, or a folder above it. */
static bool matches_any(const char *pattern, const char *path)
{
    for (size_t length = strlen(path); length != 0; length--)
        if ((path[length] == '\0' || path[length] == '/') && matches(pattern, path, length))
            return true;
    return false;
}

bool ignore_leaves_out(const struct ignore *ignore, const char *path)
{
    bool out = false;
    for (size_t i = 0; i < ignore->count; i++)
        if (out == ignore->at[i].except && matches_any(ignore->at[i].text, path))
            out = !ignore->at[i].except;
    return out;
}

bool ignore_may_except(const struct ignore *ignore, const char *path)
{
    for (size_t i = 0; i < ignore->count; i++) {
        const char *text = ignore->at[i].text;
        size_t plain = strcspn(text, "*?[\\"), length = strlen(path);
        size_t shared = plain < length ? plain : length;
        if (ignore->at[i].except && strncmp(text, path, shared) == 0 &&
            (plain <= length ? text[plain] != '\0' : text[length] == '/'))
            return true;
    }
    return false;
}
