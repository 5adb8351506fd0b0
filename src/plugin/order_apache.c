/* Apache's configuration (server/config.c, modules/core/mod_so.c): a directive a line, modules are
 * loaded as their lines are read (EXEC_ON_READ). */
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "plugin/order_reading.h"

enum { MOST_SECTIONS = 32, LONGEST = 1024 };

/* Whether the lines of a section count. */
enum section { COUNTS, COUNTS_NOT, COUNTS_PERHAPS };

struct file {
    struct reading *reading;
    const char *path;
    unsigned line;
    enum section sections[MOST_SECTIONS]; /* open ones */
    unsigned open;
    unsigned passed; /* of them that do not count */
};

/* The next word of a line, without its quotes; false: there is none. */
static bool next_word(const char **at, char word[LONGEST])
{
    *at += strspn(*at, " \t\r");
    const char quote = **at == '"' || **at == '\'' ? **at : 0;
    const char ends[2] = {quote, 0};
    size_t length = quote != 0 ? strcspn(*at + 1, ends) : strcspn(*at, " \t\r>");
    size_t kept = length < LONGEST ? length : LONGEST - 1;
    memcpy(word, *at + (quote != 0), kept);
    word[kept] = 0;
    *at += length + (quote != 0);
    *at += quote != 0 && **at == quote;
    return length != 0;
}

/* ---- sections ---- */

static bool is_named(const struct reading *reading, const char *name)
{
    for (size_t i = 0; i < reading->names.count; i++)
        if (strcmp(reading->names.at[i], name) == 0)
            return true;
    return false;
}

/* "proxy_module" for "mod_proxy.c"; NULL: another name. */
static const char *identifier_of(const struct reading *reading, const char *name)
{
    size_t length = strlen(name), end = sizeof "_module" - 1;
    if (length > end && strcmp(name + length - end, "_module") == 0)
        return name;
    if (strncmp(name, "mod_", 4) != 0 || strcmp(name + length - 2, ".c") != 0)
        return NULL;
    return arena_format(reading->arena, "%.*s_module", (int)length - 6, name + 4);
}

/* Is the module of this name there already, as a plugin or in the program itself? */
static enum section is_there(const struct reading *reading, const char *name)
{
    const char *identifier = identifier_of(reading, name);
    if (is_named(reading, name) || (identifier != NULL && is_named(reading, identifier)))
        return COUNTS;
    if (identifier == NULL)
        return COUNTS_PERHAPS;
    const struct elf_def *def =
        elf_first_def(reading->host->elf, identifier, hash_bytes(identifier, strlen(identifier)));
    return def != NULL && !def->undefined ? COUNTS : COUNTS_NOT;
}

static enum section section_of(const struct reading *reading, const char *kind, const char *name)
{
    bool negated = *name == '!';
    if (strncasecmp(kind, "If", 2) != 0)
        return COUNTS_NOT; /* modules are not loaded for some requests */
    if (strcasecmp(kind, "IfModule") != 0)
        return COUNTS_PERHAPS;
    enum section there = is_there(reading, name + negated);
    if (!negated || there == COUNTS_PERHAPS)
        return there;
    return there == COUNTS ? COUNTS_NOT : COUNTS;
}

static void count_section(struct file *file, enum section section, int by)
{
    file->passed += section == COUNTS_NOT ? (unsigned)by : 0;
    file->reading->unsure += section == COUNTS_PERHAPS ? (unsigned)by : 0;
}

static void take_section(struct file *file, const char *line)
{
    char kind[LONGEST], name[LONGEST] = "";
    if (line[1] == '/') {
        if (file->open != 0)
            count_section(file, file->sections[--file->open], -1);
        return;
    }
    line++;
    next_word(&line, kind);
    next_word(&line, name);
    if (file->open == MOST_SECTIONS) {
        file->reading->gap = true;
        return;
    }
    enum section section = section_of(file->reading, kind, name);
    file->sections[file->open++] = section;
    count_section(file, section, 1);
}

/* ---- directives ---- */

static void name_module(struct reading *reading, const char *identifier, const char *path)
{
    const char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    if (reading->unsure != 0)
        return;
    *vec_push(&reading->names) = arena_string(reading->arena, identifier);
    *vec_push(&reading->names) =
        arena_format(reading->arena, "%.*s.c", (int)strcspn(base, "."), base);
}

static void include(struct file *file, const char *value)
{
    struct reading *reading = file->reading;
    if (strstr(value, "${") != NULL)
        reading->gap = true;
    else
        reading_each(
            reading,
            *value == '/' ? value : arena_format(reading->arena, "%s/%s", reading->roots[0], value),
            reading_apache);
}

static void set_root(struct reading *reading, const char *folder)
{
    const char **roots = arena_array(reading->arena, 2, sizeof *roots);
    roots[0] = arena_string(reading->arena, folder);
    reading->roots = roots;
}

static void take_directive(struct file *file, const char *line)
{
    char name[LONGEST], first[LONGEST] = "", second[LONGEST] = "";
    struct reading *reading = file->reading;
    next_word(&line, name);
    next_word(&line, first);
    next_word(&line, second);
    if (strcasecmp(name, "ServerRoot") == 0 && *first == '/')
        set_root(reading, first);
    else if (strcasecmp(name, "Include") == 0 || strcasecmp(name, "IncludeOptional") == 0)
        include(file, first);
    else if (strcasecmp(name, "LoadModule") == 0) {
        reading->gap |= strstr(second, "${") != NULL;
        reading_add(reading, reading_node(reading, second), file->path, file->line);
        name_module(reading, first, second);
    } else if (strcasecmp(name, "LoadFile") == 0)
        reading_add(reading, reading_node(reading, first), file->path, file->line);
}

static void take_line(struct file *file, const char *line)
{
    line += strspn(line, " \t");
    if (*line == '<')
        take_section(file, line);
    else if (*line != '#' && *line != 0 && file->passed == 0)
        take_directive(file, line);
}

/* A backslash at the end of a line goes on in the next. */
static char *end_of_line(char *line, unsigned *lines)
{
    char *end = strchr(line, '\n');
    for (; end != NULL && end > line && end[-1] == '\\'; end = strchr(end, '\n')) {
        end[-1] = end[0] = ' ';
        ++*lines;
    }
    return end;
}

void reading_apache(struct reading *reading, const char *path)
{
    struct file file = {.reading = reading, .path = path, .line = 1};
    unsigned unsure = reading->unsure;
    char *line = reading_text(reading, path);
    while (line != NULL) {
        unsigned more = 1;
        char *end = end_of_line(line, &more);
        if (end != NULL)
            *end = 0;
        take_line(&file, line);
        file.line += more;
        line = end != NULL ? end + 1 : NULL;
    }
    reading->unsure = unsure; /* a section ends with its file */
}
