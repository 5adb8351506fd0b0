#include "file/script.h"

#include <errno.h>
#include <string.h>

enum {
    BUFFER = 256, /* BINPRM_BUF_SIZE of the kernel */
    LAST = BUFFER - 1,
    START = 2, /* behind `#!` */
    NOWHERE = BUFFER,
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Index of the first byte in [from, to] that is no blank; NOWHERE: none. */
static size_t first_word(const char *line, size_t from, size_t to)
{
    for (size_t at = from; at <= to; at++)
        if (!is_blank(line[at]))
            return at;
    return NOWHERE;
}

/* Index of the first blank or NUL in [from, to]; NOWHERE: none. */
static size_t word_end(const char *line, size_t from, size_t to)
{
    for (size_t at = from; at <= to; at++)
        if (is_blank(line[at]) || line[at] == '\0')
            return at;
    return NOWHERE;
}

/* Where the line ends. A NUL hides the newline behind it (the kernel searches
 * with strnchr). Without a newline the whole buffer is the line, but only when
 * the interpreter's name surely ends in it: a cut name must not be run. */
static size_t line_end(const char *line)
{
    size_t length = strnlen(line, BUFFER);
    const char *newline = memchr(line, '\n', length);
    if (newline != NULL)
        return (size_t)(newline - line);
    size_t name = first_word(line, START, LAST);
    if (name == NOWHERE || word_end(line, name, LAST) == NOWHERE)
        return NOWHERE;
    return LAST;
}

static char *word_copy(const char *line, size_t from, struct arena *arena)
{
    return arena_copy(arena, line + from, strnlen(line + from, BUFFER - from));
}

void script_parse(struct span file, struct arena *arena, struct script_facts *script)
{
    char line[BUFFER] = {0};
    memcpy(line, file.data, file.size < BUFFER ? file.size : BUFFER);
    *script = (struct script_facts){.error = ENOEXEC,
                                    .trouble = "starts with #! and names no program behind it"};
    size_t end = line_end(line);
    if (end == NOWHERE) {
        if (first_word(line, START, LAST) != NOWHERE)
            script->trouble = "starts with a #! line that is longer than the 256 bytes the kernel "
                              "reads";
        return;
    }
    script->crlf = line[end] == '\n' && line[end - 1] == '\r';
    while (is_blank(line[end - 1]))
        end--;
    size_t name = first_word(line, START, end);
    if (name == NOWHERE || name == end)
        return;
    size_t separator = word_end(line, name, end);
    size_t argument = NOWHERE;
    if (separator != NOWHERE && line[separator] != '\0')
        argument = first_word(line, separator, end);
    line[end] = '\0';
    if (argument != NOWHERE)
        line[separator] = '\0';
    script->error = 0;
    script->trouble = NULL;
    script->interpreter = word_copy(line, name, arena);
    /* May be empty: a blank behind the name and then the end of the file. */
    script->argument = argument != NOWHERE ? word_copy(line, argument, arena) : NULL;
}
