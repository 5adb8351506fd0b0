#include "root/glob.h"

#include <stdint.h>
#include <string.h>

enum { BAD_RUNE = 0xFFFD };

/* ---- characters ---- */

/* The UTF-8 character at the start of `text`, which is not empty, in *rune; how many bytes it
 * has. What is no UTF-8 is BAD_RUNE of one byte (utf8.DecodeRune). */
static size_t decode(const char *text, uint32_t *rune)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    unsigned char first = (unsigned char)*text;
    size_t length = first < 0x80 ? 1 : first < 0xC2 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
    *rune = first;
    if (length == 1)
        return 1;
    uint32_t value = length != 0 ? first & (0x7Fu >> length) : 0;
    size_t at = 1;
    while (at < length && ((unsigned char)text[at] & 0xC0) == 0x80)
        value = value << 6 | ((unsigned char)text[at++] & 0x3F);
    bool whole = length != 0 && at == length && value >= least[length] && value <= 0x10FFFF &&
                 (value < 0xD800 || value > 0xDFFF);
    *rune = whole ? value : BAD_RUNE;
    return whole ? length : 1;
}

/* One end of a range in brackets; false: it is none. Something must stand behind it, for the
 * bracket has to be closed. */
static bool take_bound(const char **pattern, const char *end, uint32_t *rune)
{
    const char *at = *pattern;
    if (at < end && *at == '\\')
        at++;
    else if (at < end && (*at == '-' || *at == ']'))
        return false;
    if (at >= end)
        return false;
    size_t length = decode(at, rune);
    *pattern = at + length;
    return (*rune != BAD_RUNE || length != 1) && *pattern < end;
}

/* The brackets behind whose `[` *pattern stands: is `rune` among them? */
static enum glob match_brackets(const char **pattern, const char *end, uint32_t rune)
{
    bool negated = *pattern < end && **pattern == '^';
    bool among = false;
    *pattern += negated;
    for (bool any = false; !any || *pattern >= end || **pattern != ']'; any = true) {
        uint32_t low, high;
        if (!take_bound(pattern, end, &low))
            return GLOB_BAD;
        high = low;
        if (**pattern == '-') {
            ++*pattern;
            if (!take_bound(pattern, end, &high))
                return GLOB_BAD;
        }
        among |= low <= rune && rune <= high;
    }
    ++*pattern;
    return among != negated ? GLOB_YES : GLOB_NO;
}

/* ---- pieces between the stars ---- */

/* Where the piece that starts at `pattern` ends: at a star outside of brackets, or at the end. */
static const char *piece_end(const char *pattern)
{
    bool in_brackets = false;
    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '\\' && pattern[1] != '\0')
            pattern++;
        else if (*pattern == '[')
            in_brackets = true;
        else if (*pattern == ']')
            in_brackets = false;
        else if (*pattern == '*' && !in_brackets)
            break;
    }
    return pattern;
}

/* Does the piece match the start of `name`? Then *rest is what is left of it. What cannot match
 * any more is still read to its end: it may be no pattern. */
static enum glob match_piece(const char *piece, const char *end, const char *name,
                             const char **rest)
{
    bool ok = true;
    while (piece < end) {
        uint32_t rune = 0;
        ok = ok && *name != '\0';
        size_t length = ok ? decode(name, &rune) : 0;
        char first = *piece++;
        if (first == '[') {
            enum glob found = match_brackets(&piece, end, rune);
            if (found == GLOB_BAD)
                return GLOB_BAD;
            ok = ok && found == GLOB_YES;
        } else if (first == '?') {
            ok = ok && *name != '/';
        } else {
            if (first == '\\' && piece == end)
                return GLOB_BAD;
            if (first == '\\')
                first = *piece++;
            ok = ok && *name == first;
            length = ok ? 1 : 0; /* byte by byte */
        }
        name += ok ? length : 0;
    }
    *rest = name;
    return ok ? GLOB_YES : GLOB_NO;
}

/* The first place behind a star at which the piece matches; only bytes but `/` lie before it. */
static enum glob match_behind_star(const char *piece, const char *end, const char *name,
                                   const char **rest)
{
    for (;; name++) {
        enum glob found = match_piece(piece, end, name, rest);
        bool whole = found == GLOB_YES && (*end != '\0' || **rest == '\0');
        if (whole || found == GLOB_BAD)
            return found;
        if (*name == '\0' || *name == '/')
            return GLOB_NO;
    }
}

enum glob glob_match(const char *pattern, const char *name)
{
    enum glob found = GLOB_YES;
    while (*pattern != '\0') {
        bool star = *pattern == '*';
        const char *piece = pattern + strspn(pattern, "*"), *end = piece_end(piece), *rest = name;
        if (star && *piece == '\0' && found == GLOB_YES)
            return strchr(name, '/') == NULL ? GLOB_YES : GLOB_NO;
        enum glob own = star && found == GLOB_YES ? match_behind_star(piece, end, name, &rest)
                                                  : match_piece(piece, end, name, &rest);
        if (own == GLOB_BAD)
            return GLOB_BAD;
        if (own == GLOB_NO)
            found = GLOB_NO; /* what follows is read for its form alone */
        name = found == GLOB_YES ? rest : "";
        pattern = end;
    }
    return found == GLOB_YES && *name == '\0' ? GLOB_YES : GLOB_NO;
}

bool glob_is_valid(const char *pattern)
{
    return glob_match(pattern, "") != GLOB_BAD;
}

bool glob_has_wildcard(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] == '\\')
            i++;
        else if (text[i] == '*' || text[i] == '?' || text[i] == '[')
            return true;
    }
    return false;
}
