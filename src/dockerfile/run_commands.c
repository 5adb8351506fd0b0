/* By the shell command language of POSIX (2.2 quoting, 2.3 tokens, 2.9 commands). */
#include "dockerfile/run_commands.h"

#include <string.h>

#include "base/text.h"

struct list VEC(const char *);

/* What stands between commands. */
#define BETWEEN " \t\r\n;&"

struct reader {
    const char *at;
    const char *next; /* the first word behind an operator that was looked for it */
    const char *const *exports;
    struct arena *arena;
    struct run_commands *commands;
    struct list words;  /* of the command that is being read */
    const char *output; /* the same */
    bool appends, known;
    bool maybe;     /* behind || or in a pipe */
    bool joined;    /* behind && */
    size_t first;   /* command of the list that is being read */
    size_t depth;   /* of if, loops and groups */
    unsigned aside; /* how many $( ) it stands in */
    bool whole;
};

enum { ASIDE_MOST = 8 };

static void read_commands(struct reader *reader);

/* A word in the making. */
struct word {
    struct text text;
    bool quoted, known;
};

static const char *end_word(struct reader *reader, struct word *word)
{
    const char *text = text_keep(&word->text, reader->arena);
    vec_free(&word->text);
    return text;
}

static void add_word(struct reader *reader, struct word *word)
{
    if (word->text.count == 0 && !word->quoted)
        return;
    *vec_push(&reader->words) = end_word(reader, word);
    reader->known &= word->known;
    *word = (struct word){.known = true};
}

/* ---- variables ---- */

static bool is_name(char c)
{
    return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_';
}

static const char *value_of(const struct reader *reader, const char *name, size_t length)
{
    for (const char *const *at = reader->exports; at != NULL && *at != NULL; at++)
        if (strncmp(*at, name, length) == 0 && (*at)[length] == '=')
            return *at + length + 1;
    return NULL;
}

/* Unquoted, a value is split at its blanks. */
static void put_value(struct reader *reader, struct word *word, const char *value, bool quoted)
{
    while (*value != '\0') {
        size_t length = quoted ? strlen(value) : strcspn(value, " \t\n");
        text_add(&word->text, value, length);
        value += length;
        if (*value != '\0')
            add_word(reader, word);
        value += strspn(value, " \t\n");
    }
}

/* Behind the bracket that closes the one at `at`. */
static const char *behind_brackets(const char *at, char open, char close)
{
    size_t depth = 0;
    for (; *at != '\0'; at++) {
        depth += *at == open;
        if (*at == close && --depth == 0)
            return at + 1;
    }
    return at;
}

/* The commands from `start` up to `end`, whose output becomes a word. */
static void read_aside(struct reader *reader, const char *start, const char *end)
{
    if (reader->aside == ASIDE_MOST) {
        reader->whole = false;
        return;
    }
    const char *text = arena_copy(reader->arena, start, (size_t)(end - start));
    struct reader inner = {.at = text,
                           .next = text,
                           .exports = reader->exports,
                           .arena = reader->arena,
                           .commands = reader->commands,
                           .known = true,
                           .maybe = true,
                           .first = reader->commands->count,
                           .aside = reader->aside + 1,
                           .whole = true};
    size_t first = inner.first;
    bool moves = false;
    read_commands(&inner);
    for (size_t i = first; i < reader->commands->count; i++) {
        struct run_command *command = &reader->commands->at[i];
        moves |= strcmp(command->argv[0], "cd") == 0;
        command->known &= !moves;
        command->always = false;
        command->aside = true;
    }
    reader->whole &= inner.whole;
}

static void read_substitution(struct reader *reader, struct word *word)
{
    const char *start = reader->at + 2, *end = behind_brackets(start - 1, '(', ')');
    word->known = false;
    word->quoted = true;
    reader->at = end;
    if (*start != '(') /* else it is arithmetic */
        read_aside(reader, start, end[-1] == ')' && end != start ? end - 1 : end);
}

static void read_backticks(struct reader *reader, struct word *word)
{
    const char *start = reader->at + 1, *end = start;
    while (*end != '\0' && *end != '`')
        end += *end == '\\' && end[1] != '\0' ? 2 : 1;
    word->known = false;
    word->quoted = true;
    reader->at = end + (*end == '`');
    read_aside(reader, start, end);
}

/* One step through the word of ${NAME:-WORD}: the commands in it are read, all else is passed. */
static void read_hidden(struct reader *reader)
{
    struct word word = {.known = true};
    if (reader->at[0] == '$' && reader->at[1] == '(')
        read_substitution(reader, &word);
    else if (*reader->at == '`')
        read_backticks(reader, &word);
    else
        reader->at++;
}

static void read_variable(struct reader *reader, struct word *word, bool quoted)
{
    const char *name = reader->at + 1;
    size_t length = 0;
    if (*name == '(') {
        read_substitution(reader, word);
        return;
    }
    bool braces = *name == '{';
    name += braces;
    while (is_name(name[length]))
        length++;
    const char *value = length != 0 ? value_of(reader, name, length) : NULL;
    bool plain = !braces || name[length] == '}';
    const char *behind = braces ? behind_brackets(name - 1, '{', '}') : name + length;
    if (!plain) /* ${NAME:-WORD}, whose word may have commands in it */
        for (reader->at = name + length; reader->at < behind;)
            read_hidden(reader);
    reader->at = behind;
    if (length == 0 && !braces)
        reader->at += *reader->at != '\0';
    if (value != NULL && plain) {
        put_value(reader, word, value, quoted);
        return;
    }
    word->known = false;
    word->quoted = true;
}

/* ---- words ---- */

static void read_quoted(struct reader *reader, struct word *word, char quote)
{
    word->quoted = true;
    reader->at++;
    while (*reader->at != '\0' && *reader->at != quote) {
        if (quote == '"' && *reader->at == '$') {
            read_variable(reader, word, true);
            continue;
        }
        if (quote == '"' && *reader->at == '`') {
            read_backticks(reader, word);
            continue;
        }
        if (quote == '"' && *reader->at == '\\' && reader->at[1] != '\0' &&
            strchr("\"\\$`\n", reader->at[1]) != NULL)
            reader->at++;
        text_add(&word->text, reader->at, *reader->at != '\n' || reader->at[-1] != '\\');
        reader->at++;
    }
    reader->at += *reader->at == quote;
}

static void read_word(struct reader *reader, struct word *word)
{
    while (*reader->at != '\0' && strchr(" \t\r\n;&|<>()", *reader->at) == NULL) {
        char c = *reader->at;
        if (c == '\'' || c == '"') {
            read_quoted(reader, word, c);
        } else if (c == '$') {
            read_variable(reader, word, false);
        } else if (c == '`') {
            read_backticks(reader, word);
        } else if (c == '\\' && reader->at[1] == '\n') {
            reader->at += 2;
        } else if (c == '\\' && reader->at[1] != '\0') {
            text_add(&word->text, reader->at + 1, 1);
            reader->at += 2;
        } else {
            text_add(&word->text, reader->at, 1);
            reader->at++;
        }
    }
}

/* ---- commands ---- */

static bool is_one_of(const char *name, const char *const *names)
{
    while (*names != NULL && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

/* Words that begin or end a compound command, and are none of it. */
static bool take_reserved(struct reader *reader, const char *word)
{
    static const char *const opens[] = {"if", "while", "until", "{", NULL};
    static const char *const goes_on[] = {"then", "elif", "else", "do", "!", "time", NULL};
    static const char *const closes[] = {"fi", "done", "}", NULL};
    if (is_one_of(word, opens))
        reader->depth++;
    else if (is_one_of(word, closes))
        reader->depth -= reader->depth != 0;
    else if (!is_one_of(word, goes_on))
        return false;
    return true;
}

static bool is_assignment(const char *word)
{
    size_t length = 0;
    while (is_name(word[length]))
        length++;
    return length != 0 && word[length] == '=';
}

static void end_command(struct reader *reader)
{
    struct list *words = &reader->words;
    size_t first = 0;
    while (first < words->count &&
           (take_reserved(reader, words->at[first]) || is_assignment(words->at[first])))
        first++;
    if (first < words->count && strcmp(words->at[first], "for") == 0) {
        reader->depth++; /* for NAME in WORDS: do comes next */
    } else if (first < words->count && strcmp(words->at[first], "case") == 0) {
        reader->whole = false;
        reader->depth++;
    } else if (first < words->count || reader->output != NULL) {
        if (first == words->count) /* a redirection alone */
            *vec_push(words) = ":";
        size_t count = words->count - first;
        const char **argv = arena_array(reader->arena, count + 1, sizeof *argv);
        memcpy(argv, words->at + first, count * sizeof *argv);
        *vec_push(reader->commands) =
            (struct run_command){.argv = argv,
                                 .argc = count,
                                 .known = reader->known,
                                 .always = !reader->maybe && reader->depth == 0,
                                 .joined = reader->joined,
                                 .output = reader->output,
                                 .appends = reader->appends};
    }
    words->count = 0;
    reader->known = true;
    reader->output = NULL;
}

static void read_redirection(struct reader *reader)
{
    bool out = *reader->at == '>';
    if (strncmp(reader->at, "<<", 2) == 0)
        reader->whole = false;
    bool appends = reader->at[0] == '>' && reader->at[1] == '>';
    reader->at += strspn(reader->at, "<>&|");
    reader->at += strspn(reader->at, " \t");
    struct word word = {.known = true};
    bool copies = reader->at[-1] == '&'; /* 2>&1 */
    read_word(reader, &word);
    const char *path = end_word(reader, &word);
    if (!out || copies || (*path == '\0' && word.known) || strncmp(path, "/dev/", 5) == 0)
        return;
    reader->output = word.known ? path : "";
    reader->appends = appends;
}

/* A file descriptor before `>`. */
static bool is_descriptor(struct reader *reader)
{
    size_t digits = strspn(reader->at, "0123456789");
    if (digits == 0 || strchr("<>", reader->at[digits]) == NULL || reader->at[digits] == '\0')
        return false;
    reader->at += digits;
    return true;
}

/* What the list so far leaves undone does not end the RUN. */
static void forgive(struct reader *reader)
{
    for (size_t i = reader->first; i < reader->commands->count; i++)
        reader->commands->at[i].forgiven = true;
}

/* Does any word follow `from`? What stands between an operator and the next word is passed once. */
static bool goes_on(struct reader *reader, const char *from)
{
    if (reader->next < from) {
        reader->next = from + strspn(from, BETWEEN);
        while (*reader->next == '#') {
            reader->next += strcspn(reader->next, "\n");
            reader->next += strspn(reader->next, BETWEEN);
        }
    }
    return *reader->next != '\0';
}

static void read_operator(struct reader *reader)
{
    char c = *reader->at;
    bool twice = reader->at[1] == c;
    if (c == '(' || c == ')')
        reader->whole = false;
    bool was = reader->maybe;
    end_command(reader);
    bool list = !twice || c != '&';
    if ((c == '|' && twice) || (was && c == '&' && twice))
        reader->maybe = true; /* a || b && c */
    else if (c == ';' || c == '\n')
        reader->maybe = false;
    reader->joined = c == '&' && twice;
    if ((c == '|' && twice) || (list && c != '|' && c != '(' && goes_on(reader, reader->at + 1)))
        forgive(reader);
    if (list && c != '|' && c != '(')
        reader->first = reader->commands->count;
    if (c == '(')
        reader->depth++;
    else if (c == ')')
        reader->depth -= reader->depth != 0;
    reader->at += twice && strchr("&|;", c) != NULL ? 2 : 1;
}

static void read_commands(struct reader *reader)
{
    while (*reader->at != '\0') {
        char c = *reader->at;
        struct word word = {.known = true};
        if (c == ' ' || c == '\t' || c == '\r')
            reader->at++;
        else if (c == '\\' && reader->at[1] == '\n')
            reader->at += 2;
        else if (c == '#')
            reader->at += strcspn(reader->at, "\n");
        else if (c == '<' || c == '>' || is_descriptor(reader) ||
                 (c == '&' && reader->at[1] == '>'))
            read_redirection(reader);
        else if (strchr("\n;&|()", c) != NULL)
            read_operator(reader);
        else {
            read_word(reader, &word);
            add_word(reader, &word);
        }
    }
    end_command(reader);
    vec_free(&reader->words);
}

bool run_commands_read(const char *text, const char *const *exports, struct arena *arena,
                       struct run_commands *commands)
{
    struct reader reader = {.at = text,
                            .next = text,
                            .exports = exports,
                            .arena = arena,
                            .commands = commands,
                            .known = true,
                            .whole = true};
    read_commands(&reader);
    return reader.whole;
}
