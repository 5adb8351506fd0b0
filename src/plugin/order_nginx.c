/* nginx's configuration (src/core/ngx_conf_file.c): words end at blanks, ";" and braces.
 * load_module stands outside of all blocks (src/core/nginx.c, NGX_MAIN_CONF). */
#include <string.h>

#include "plugin/order_reading.h"

struct tokens {
    const char *at;
    unsigned line;
};

enum { LONGEST = 1024 };

/* The next word, or one of ";", "{", "}", into `word`; false: there is none. `quoted`: it is no
 * such mark. */
static bool next_token(struct tokens *tokens, char word[LONGEST], bool *quoted)
{
    const char *at = tokens->at;
    for (; *at != 0 && strchr("# \t\r\n", *at) != NULL; at += *at != 0) {
        if (*at == '#')
            at += strcspn(at, "\n");
        tokens->line += *at == '\n';
    }
    *quoted = *at == '"' || *at == '\'';
    size_t length = *quoted                      ? strcspn(at + 1, *at == '"' ? "\"" : "'")
                    : strchr(";{}", *at) != NULL ? *at != 0
                                                 : strcspn(at, " \t\r\n;{");
    const char *start = at + *quoted;
    size_t kept = length < LONGEST ? length : LONGEST - 1;
    memcpy(word, start, kept);
    word[kept] = 0;
    tokens->at = start + length + (*quoted && start[length] != 0);
    return length != 0 || *quoted;
}

static void take_directive(struct reading *reading, const char *file, unsigned line,
                           const char *name, const char *value)
{
    if (strcmp(name, "load_module") == 0)
        reading_add(reading, reading_node(reading, value), file, line);
    else if (strcmp(name, "include") == 0)
        reading_each(reading,
                     *value == '/' ? value
                                   : arena_format(reading->arena, "%s/%s", reading->folder, value),
                     reading_nginx);
}

void reading_nginx(struct reading *reading, const char *path)
{
    struct tokens tokens = {reading_text(reading, path), 1};
    char word[LONGEST], name[LONGEST] = "", value[LONGEST] = "";
    unsigned depth = 0, words = 0;
    bool quoted;
    while (tokens.at != NULL && next_token(&tokens, word, &quoted)) {
        bool mark = !quoted && (word[0] == ';' || word[0] == '{' || word[0] == '}');
        if (mark && word[0] == ';' && depth == 0 && words == 2)
            take_directive(reading, path, tokens.line, name, value);
        if (mark) {
            depth += word[0] == '{';
            depth -= word[0] == '}' && depth != 0;
            words = 0;
        } else if (words++ < 2) {
            memcpy(words == 1 ? name : value, word, sizeof word);
        }
    }
}
