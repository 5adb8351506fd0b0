#include "check/shell.h"

#include <string.h>

#include "base/vec.h"

/* One word of a simple command (POSIX shell command language, 2.2 and 2.3). */
struct word {
    const char *text; /* without its quotes; NULL: it is no plain text */
    bool arguments;   /* "$@" */
};

struct reader {
    const char *at;
    struct arena *arena;
};

static bool ends_word(char c)
{
    return c == 0 || strchr(" \t\r\n;&|<>()", c) != NULL;
}

static void skip_blanks(struct reader *reader)
{
    while (*reader->at == ' ' || *reader->at == '\t' || *reader->at == '\r' ||
           (reader->at[0] == '\\' && reader->at[1] == '\n'))
        reader->at += *reader->at == '\\' ? 2 : 1;
    if (*reader->at == '#')
        reader->at += strcspn(reader->at, "\n");
}

/* A quoted part, appended to `text`; false where something is put in for a part of it. */
static bool read_quoted(struct reader *reader, char quote, char *text, size_t *length)
{
    bool plain = true;
    for (reader->at++; *reader->at != 0 && *reader->at != quote; reader->at++) {
        if (quote == '"' && reader->at[0] == '\\' && reader->at[1] != 0 &&
            strchr("\"\\$`", reader->at[1]) != NULL)
            reader->at++;
        else if (quote == '"' && (*reader->at == '$' || *reader->at == '`'))
            plain = false;
        text[(*length)++] = *reader->at;
    }
    if (*reader->at == quote)
        reader->at++;
    return plain;
}

/* The next word of the command; false at its end. */
static bool read_word(struct reader *reader, struct word *word)
{
    skip_blanks(reader);
    if (ends_word(*reader->at))
        return false;
    const char *start = reader->at;
    char *text = arena_alloc(reader->arena, strlen(start) + 1);
    size_t length = 0;
    bool plain = true;
    while (!ends_word(*reader->at)) {
        char c = *reader->at;
        if (c == '\'' || c == '"') {
            plain &= read_quoted(reader, c, text, &length);
        } else if (c == '\\' && reader->at[1] != 0) {
            text[length++] = reader->at[1];
            reader->at += 2;
        } else {
            plain &= strchr("$`*?[~{", c) == NULL || (c == '[' && reader->at[1] == ' ');
            text[length++] = c;
            reader->at++;
        }
    }
    size_t size = (size_t)(reader->at - start);
    *word = (struct word){.text = plain ? text : NULL};
    word->arguments = (size == 4 && strncmp(start, "\"$@\"", 4) == 0) ||
                      (size == 2 && (strncmp(start, "$@", 2) == 0 || strncmp(start, "$*", 2) == 0));
    return true;
}

static bool is_assignment(const char *text)
{
    size_t name = text != NULL ? strcspn(text, "=") : 0;
    return name != 0 && text[name] == '=' &&
           strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") == name;
}

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

/* The rest of the command's words, the plain ones. */
static const char *const *read_rest(struct reader *reader, const char *first)
{
    struct VEC(const char *) words = {0};
    struct word word;
    *vec_push(&words) = first;
    while (read_word(reader, &word) && word.text != NULL)
        *vec_push(&words) = word.text;
    const char **argv = arena_array(reader->arena, words.count + 1, sizeof *argv);
    memcpy(argv, words.at, words.count * sizeof *argv);
    vec_free(&words);
    return argv;
}

/* The command that `exec` has behind it. */
static bool read_exec(struct reader *reader, struct shell_command *command)
{
    struct word word;
    if (!read_word(reader, &word) || (word.text == NULL && !word.arguments))
        return false;
    if (word.text != NULL && word.text[0] == '-')
        return false; /* -a NAME, -c, -l: of some shells alone */
    command->arguments = word.arguments;
    if (!word.arguments)
        command->argv = read_rest(reader, word.text);
    return true;
}

/* To the start of the next command where that one surely runs, too. */
static bool next_command(struct reader *reader)
{
    struct word ignored;
    while (read_word(reader, &ignored))
        ;
    const char *at = reader->at;
    if (strncmp(at, "&&", 2) == 0)
        reader->at += 2;
    else if ((*at == ';' && at[1] != ';') || *at == '\n')
        reader->at++;
    else
        return false;
    while (*reader->at == '\n' || *reader->at == ' ' || *reader->at == '\t')
        reader->at++;
    return *reader->at != 0;
}

/* `cd DIR`: a relative path behind it is one in DIR. */
static bool read_cd(struct reader *reader, const char **folder)
{
    struct word word;
    if (!read_word(reader, &word) || word.text == NULL || word.text[0] == '-')
        return false;
    *folder = word.text[0] == '/' || *folder == NULL
                  ? word.text
                  : arena_format(reader->arena, "%s/%s", *folder, word.text);
    return true;
}

bool shell_first_program(const char *text, struct arena *arena, struct shell_command *command)
{
    static const char *const passed[] = {"export", "set", "umask", "ulimit", ":", "true", NULL};
    static const char *const unclear[] = {"if",     "for",   "while", "until",  "case",     "{",
                                          "!",      "time",  "[",     "test",   "eval",     ".",
                                          "source", "trap",  "echo",  "printf", "command",  "exit",
                                          "read",   "wait",  "unset", "alias",  "function", "local",
                                          "return", "shift", "type",  "hash",   "[[",       NULL};
    struct reader reader = {text, arena};
    const char *folder = NULL;
    *command = (struct shell_command){0};
    do {
        struct word word;
        bool any = read_word(&reader, &word);
        while (any && is_assignment(word.text))
            any = read_word(&reader, &word);
        if (!any)
            continue;
        if (word.text == NULL || is_one_of(word.text, unclear))
            return false;
        if (strcmp(word.text, "cd") == 0) {
            if (!read_cd(&reader, &folder))
                return false;
        } else if (strcmp(word.text, "exec") == 0) {
            if (!read_exec(&reader, command) || command->arguments)
                return false;
            break;
        } else if (!is_one_of(word.text, passed)) {
            command->argv = read_rest(&reader, word.text);
            break;
        }
    } while (next_command(&reader));
    if (command->argv == NULL)
        return false;
    const char *program = command->argv[0];
    if (folder != NULL && *program != '/' && strchr(program, '/') != NULL) {
        const char *joined = arena_format(arena, "%s/%s", folder, program);
        reader.at = "";
        command->argv = read_rest(&reader, joined);
    }
    return true;
}

bool shell_first_exec(const char *text, struct arena *arena, struct shell_command *command)
{
    *command = (struct shell_command){0};
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        struct reader reader = {line + strspn(line, " \t"), arena};
        if (strncmp(reader.at, "exec", 4) != 0 || (reader.at[4] != ' ' && reader.at[4] != '\t'))
            continue;
        reader.at += 4;
        skip_blanks(&reader);
        if (*reader.at >= '0' && *reader.at <= '9')
            continue; /* a file descriptor is opened */
        if (ends_word(*reader.at))
            continue; /* the shell's own files are redirected */
        return read_exec(&reader, command);
    }
    return false;
}
