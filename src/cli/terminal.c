#include "cli/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMNS = 80, NARROWEST = 40, WIDEST = 120 };

static const char *setting(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && *value != 0 ? value : NULL;
}

/* no-color.org and bixense.com/clicolors: NO_COLOR is the strongest. */
static bool wants_color(enum when when, int fd)
{
    if (when != WHEN_AUTO)
        return when == WHEN_ALWAYS;
    if (setting("NO_COLOR") != NULL)
        return false;
    const char *force = setting("CLICOLOR_FORCE");
    if (force != NULL && strcmp(force, "0") != 0)
        return true;
    const char *clicolor = setting("CLICOLOR");
    if (clicolor != NULL && strcmp(clicolor, "0") == 0)
        return false;
    const char *term = setting("TERM");
    return term != NULL && strcmp(term, "dumb") != 0 && isatty(fd);
}

/* By the locale's name: setlocale would read its files at every start, and a
 * static program has none. */
static bool is_utf8(void)
{
    const char *locale = setting("LC_ALL");
    if (locale == NULL)
        locale = setting("LC_CTYPE");
    if (locale == NULL)
        locale = setting("LANG");
    const char *charset = locale != NULL ? strchr(locale, '.') : NULL;
    return charset != NULL &&
           (strncasecmp(charset, ".UTF-8", 6) == 0 || strncasecmp(charset, ".utf8", 5) == 0);
}

static unsigned columns(int fd)
{
    struct winsize size;
    if (!isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
        return COLUMNS;
    return size.ws_col < NARROWEST ? NARROWEST : size.ws_col > WIDEST ? WIDEST : size.ws_col;
}

struct willrun_style terminal_style(const struct options *options, int fd)
{
    return (struct willrun_style){
        .color = wants_color((enum when)options->color->value, fd),
        .unicode = is_utf8(),
        .width = columns(fd),
        .verbose = options->verbose,
        .quiet = options->quiet,
        .why = options->why,
    };
}
