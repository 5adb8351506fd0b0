#include "cli/complain.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/utf8.h"

static void put_safe(const char *text)
{
    while (*text != 0) {
        struct glyph glyph = utf8_glyph(text);
        fwrite(glyph.text, 1, glyph.length, stderr);
        text += glyph.taken;
    }
}

static unsigned long said;

unsigned long complain_count(void)
{
    return said;
}

int complain(const char *format, ...)
{
    char text[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    said++;
    fputs("willrun: ", stderr);
    put_safe(text);
    fputc('\n', stderr);
    return EXIT_TROUBLE;
}

int complain_usage(const char *command, const char *sentence)
{
    if (command != NULL) {
        complain("%s: %s", command, sentence);
        fprintf(stderr, "Try 'willrun %s --help'.\n", command);
    } else {
        complain("%s", sentence);
        fputs("Try 'willrun --help'.\n", stderr);
    }
    return EXIT_TROUBLE;
}
