#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

/* Well-formed sequences by their first byte: the bounds of the second byte keep
 * out overlong forms, surrogates and what lies beyond U+10FFFF. */
static const struct {
    unsigned char first, last; /* of the first byte */
    unsigned char second_low, second_high;
    unsigned char length;
    unsigned char mask; /* bits of the first byte that belong to the character */
} sequences[] = {
    {0x01, 0x7f, 0, 0, 1, 0x7f},       {0xc2, 0xdf, 0x80, 0xbf, 2, 0x1f},
    {0xe0, 0xe0, 0xa0, 0xbf, 3, 0x0f}, {0xe1, 0xec, 0x80, 0xbf, 3, 0x0f},
    {0xed, 0xed, 0x80, 0x9f, 3, 0x0f}, {0xee, 0xef, 0x80, 0xbf, 3, 0x0f},
    {0xf0, 0xf0, 0x90, 0xbf, 4, 0x07}, {0xf1, 0xf3, 0x80, 0xbf, 4, 0x07},
    {0xf4, 0xf4, 0x80, 0x8f, 4, 0x07},
};

/* The bytes behind the first; none of them can be the NUL at the end. */
static bool continues(const unsigned char *bytes, size_t row)
{
    if (bytes[1] < sequences[row].second_low || bytes[1] > sequences[row].second_high)
        return false;
    for (size_t i = 2; i < sequences[row].length; i++)
        if ((bytes[i] & 0xc0) != 0x80)
            return false;
    return true;
}

size_t utf8_next(const char *text, uint32_t *character)
{
    const unsigned char *bytes = (const unsigned char *)text;
    *character = bytes[0];
    if (bytes[0] < 0x80)
        return 1;
    for (size_t row = 1; row < sizeof sequences / sizeof *sequences; row++) {
        if (bytes[0] < sequences[row].first || bytes[0] > sequences[row].last)
            continue;
        if (!continues(bytes, row))
            break;
        *character = bytes[0] & sequences[row].mask;
        for (size_t i = 1; i < sequences[row].length; i++)
            *character = *character << 6 | (bytes[i] & 0x3f);
        return sequences[row].length;
    }
    *character = UTF8_INVALID;
    return 1;
}

bool utf8_is_unsafe(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character <= 0x9f) || character == 0x061c ||
           (character >= 0x200b && character <= 0x200f) ||
           (character >= 0x2028 && character <= 0x202e) ||
           (character >= 0x2060 && character <= 0x2069) || character == 0xfeff;
}

static const char *short_escape(uint32_t character)
{
    switch (character) {
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

struct glyph utf8_glyph(const char *text)
{
    struct glyph glyph = {.columns = 1};
    uint32_t character;
    glyph.taken = utf8_next(text, &character);
    if (character != UTF8_INVALID && !utf8_is_unsafe(character)) {
        memcpy(glyph.text, text, glyph.taken);
        glyph.length = glyph.taken;
        return glyph;
    }
    const char *escape = short_escape(character);
    int length;
    if (escape != NULL)
        length = snprintf(glyph.text, sizeof glyph.text, "%s", escape);
    else if (character == UTF8_INVALID || character < 0x80)
        length = snprintf(glyph.text, sizeof glyph.text, "\\x%02x", (unsigned char)*text);
    else
        length = snprintf(glyph.text, sizeof glyph.text, "\\u%04x", (unsigned)character);
    glyph.length = (size_t)length;
    glyph.columns = (unsigned)length;
    return glyph;
}
