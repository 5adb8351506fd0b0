#include "report/screen.h"

#include <string.h>

#include "base/utf8.h"

static const char *const codes[] = {
    [PAINT_NONE] = "",           [PAINT_GOOD] = "\033[32m",  [PAINT_BAD] = "\033[1;31m",
    [PAINT_WARN] = "\033[1;33m", [PAINT_ODD] = "\033[1;35m", [PAINT_NOTE] = "\033[36m",
    [PAINT_DIM] = "\033[2m",     [PAINT_STRONG] = "\033[1m",
};

/* A character as the screen can show it: where it has ASCII alone, one of our own texts is written
 * in its place, and of a name its number. */
static struct glyph glyph_on(const struct screen *screen, const char *text)
{
    static const struct {
        const char *from, *to;
    } plain[] = {{"…", "..."}, {"→", "->"}, {"–", "-"}, {"—", "--"}};
    struct glyph glyph = utf8_glyph(text);
    uint32_t character;
    utf8_next(glyph.text, &character);
    if (screen->style->unicode || character < 0x80)
        return glyph;
    int length = 0;
    for (size_t i = 0; i < sizeof plain / sizeof *plain && length == 0; i++)
        if (strncmp(text, plain[i].from, glyph.taken) == 0)
            length = snprintf(glyph.text, sizeof glyph.text, "%s", plain[i].to);
    if (length == 0)
        length = snprintf(glyph.text, sizeof glyph.text, character > 0xffff ? "\\U%08x" : "\\u%04x",
                          (unsigned)character);
    glyph.length = (size_t)length;
    glyph.columns = (unsigned)length;
    return glyph;
}

static void put_part(const struct screen *screen, const char *text, size_t length)
{
    for (const char *end = text + length; text < end;) {
        struct glyph glyph = glyph_on(screen, text);
        fwrite(glyph.text, 1, glyph.length, screen->out);
        text += glyph.taken;
    }
}

void screen_part(const struct screen *screen, enum paint paint, const char *text, size_t length)
{
    bool painted = screen->style->color && paint != PAINT_NONE;
    if (painted)
        fputs(codes[paint], screen->out);
    put_part(screen, text, length);
    if (painted)
        fputs("\033[0m", screen->out);
}

void screen_put(const struct screen *screen, enum paint paint, const char *text)
{
    if (text != NULL)
        screen_part(screen, paint, text, strlen(text));
}

static unsigned columns_of(const char *text, size_t length)
{
    unsigned columns = 0;
    for (const char *end = text + length; text < end;) {
        struct glyph glyph = utf8_glyph(text);
        columns += glyph.columns;
        text += glyph.taken;
    }
    return columns;
}

unsigned screen_columns(const char *text)
{
    return columns_of(text, strlen(text));
}

void screen_pad(const struct screen *screen, unsigned columns)
{
    for (unsigned i = 0; i < columns; i++)
        putc(' ', screen->out);
}

void screen_fold(const struct screen *screen, unsigned column, unsigned indent, const char *text)
{
    unsigned width = screen->style->width;
    unsigned at = column;
    bool begins = true;
    if (text == NULL)
        return;
    while (*text != 0) {
        size_t length = strcspn(text, " ");
        unsigned columns = columns_of(text, length);
        if (!begins && width != 0 && at + 1 + columns > width) {
            putc('\n', screen->out);
            screen_pad(screen, indent);
            at = indent;
        } else if (!begins) {
            putc(' ', screen->out);
            at++;
        }
        put_part(screen, text, length);
        begins = false;
        at += columns;
        text += length;
        if (*text == ' ')
            text++;
    }
}

const char *screen_mark(const struct screen *screen, const char *unicode, const char *ascii)
{
    return screen->style->unicode ? unicode : ascii;
}
