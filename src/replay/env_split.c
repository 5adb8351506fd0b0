#include "replay/env_split.h"

#include <ctype.h>
#include <stddef.h>
#include <string.h>

struct splitter {
    const char *at;
    env_value *value;
    const void *context;
    struct arena *arena;
    struct words *words;
    struct VEC(char) word; /* under way */
    bool in_word;          /* something of it was seen, be it empty quotes */
    bool single, twofold;  /* inside '…', inside "…" */
    bool ended;            /* a comment, or \c */
    const char *refusal;
};

static void refuse(struct splitter *split, const char *text)
{
    split->refusal = text;
    split->ended = true;
}

static void add(struct splitter *split, char c)
{
    *vec_push(&split->word) = c;
    split->in_word = true;
}

static void end_word(struct splitter *split)
{
    if (split->in_word)
        *vec_push(split->words) = arena_copy(
            split->arena, split->word.at != NULL ? split->word.at : "", split->word.count);
    split->word.count = 0;
    split->in_word = false;
}

/* `\_` parts words outside of quotes and is a space inside. */
static void underscore(struct splitter *split)
{
    if (split->twofold)
        add(split, ' ');
    else
        end_word(split);
}

/* Behind a backslash; `at` is on the character after it. */
static void escape(struct splitter *split)
{
    static const char from[] = "fnrtv", to[] = "\f\n\r\t\v";
    char c = *split->at;
    const char *known = c != '\0' ? strchr(from, c) : NULL;
    if (split->single && c != '\\' && c != '\'') {
        add(split, '\\'); /* stays, and the character is read as any other */
        return;
    }
    split->at += c != '\0';
    if (c == '\0')
        refuse(split, "invalid backslash at end of string in -S");
    else if (strchr("\"#$'\\", c) != NULL)
        add(split, c);
    else if (known != NULL)
        add(split, to[known - from]);
    else if (c == '_')
        underscore(split);
    else if (c == 'c' && split->twofold)
        refuse(split, "'\\c' must not appear in double-quoted -S string");
    else if (c == 'c')
        split->ended = true;
    else
        refuse(split, arena_format(split->arena, "invalid sequence '\\%c' in -S", c));
}

/* `${NAME}`; `at` is on the dollar. */
static void expand(struct splitter *split)
{
    const char *name = split->at + 2;
    size_t length = 0;
    if (split->at[1] == '{' && (isalpha((unsigned char)*name) || *name == '_'))
        while (isalnum((unsigned char)name[length]) || name[length] == '_')
            length++;
    if (length == 0 || name[length] != '}') {
        refuse(split,
               arena_format(split->arena, "only ${VARNAME} expansion is supported, error at: %s",
                            split->at));
        return;
    }
    const char *value = split->value(split->context, arena_copy(split->arena, name, length));
    for (; value != NULL && *value != '\0'; value++)
        add(split, *value);
    split->at = name + length + 1;
}

static void step(struct splitter *split)
{
    char c = *split->at;
    bool quoted = split->single || split->twofold;
    if (c == '$' && !split->single) {
        expand(split);
        return;
    }
    split->at++;
    if (c == '\'' && !split->twofold) {
        split->single = !split->single;
        split->in_word = true;
    } else if (c == '"' && !split->single) {
        split->twofold = !split->twofold;
        split->in_word = true;
    } else if (c == '\\') {
        escape(split);
    } else if (!quoted && isspace((unsigned char)c)) {
        end_word(split);
    } else if (c == '#' && !quoted && !split->in_word) {
        split->ended = true;
    } else {
        add(split, c);
    }
}

const char *env_split(const char *text, env_value *value, const void *context, struct arena *arena,
                      struct words *words)
{
    struct splitter split = {
        .at = text, .value = value, .context = context, .arena = arena, .words = words};
    while (!split.ended && *split.at != '\0')
        step(&split);
    if (split.refusal == NULL && (split.single || split.twofold))
        split.refusal = "no terminating quote in -S string";
    if (split.refusal == NULL)
        end_word(&split);
    vec_free(&split.word);
    return split.refusal;
}
