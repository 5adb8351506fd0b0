#include "cli/settings.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/nearest.h"
#include "cli/commands.h"

struct gathering {
    struct settings *settings;
    unsigned command;
    char *problem;
    size_t problem_size;
};

/* What is about one call alone, not about a project. */
static bool is_of_call(const struct option *option)
{
    static const char *const names[] = {"help", "config", "no-sandbox"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(option->name, names[i]) == 0)
            return true;
    return false;
}

static bool takes_config(unsigned command)
{
    for (size_t i = 0; i < option_count; i++)
        if ((option_table[i].commands & command) != 0 &&
            strcmp(option_table[i].name, "config") == 0)
            return true;
    return false;
}

static bool has_option(unsigned command, const char *name)
{
    for (size_t i = 0; i < option_count; i++)
        if ((option_table[i].commands & command) != 0 && strcmp(option_table[i].name, name) == 0)
            return !is_of_call(&option_table[i]);
    return false;
}

/* Does the option of another command take `value`, which this one's does not? */
static bool is_choice_elsewhere(const char *name, const char *value)
{
    for (size_t i = 0; i < option_count; i++) {
        const struct choice *choice = option_table[i].choices;
        if (strcmp(option_table[i].name, name) != 0)
            continue;
        for (; choice != NULL && choice->name != NULL; choice++)
            if (strcmp(choice->name, value) == 0)
                return true;
    }
    return false;
}

/* Set what `origin` says; the problem begins with it. What is for another command is left to it. */
static bool set(struct gathering *gathering, const char *name, const char *value,
                const char *origin)
{
    char why[256];
    if (options_set(&gathering->settings->options, gathering->command, name, value, origin, why,
                    sizeof why) ||
        is_choice_elsewhere(name, value))
        return true;
    snprintf(gathering->problem, gathering->problem_size, "%s: %s", origin, why);
    return false;
}

/* ---- the configuration file ---- */

static bool unknown_key(struct gathering *gathering, const struct config_value *value)
{
    struct nearest nearest = nearest_begin(value->key, strlen(value->key));
    for (size_t i = 0; i < option_count; i++)
        if (!is_of_call(&option_table[i]))
            nearest_offer(&nearest, option_table[i].name);
    nearest_offer(&nearest, "accept");
    const char *meant = nearest_answer(&nearest);
    snprintf(gathering->problem, gathering->problem_size, "%s: no option is called \"%s\"%s%s%s",
             value->origin, value->key, meant != NULL ? "; did you mean " : "",
             meant != NULL ? meant : "", meant != NULL ? "?" : "");
    return false;
}

/* The file to read; NULL: none. */
static const char *config_path(const struct options *options)
{
    const char *path = options->config != NULL ? options->config : getenv("WILLRUN_CONFIG");
    if (path == NULL || *path == 0)
        return access(CONFIG_FILE, F_OK) == 0 ? CONFIG_FILE : NULL;
    return strcmp(path, "none") != 0 ? path : NULL;
}

/* An option that only other commands have is theirs. */
static bool take_config(struct gathering *gathering, const char *path)
{
    struct config *config = &gathering->settings->config;
    if (!config_read(config, path, gathering->problem, gathering->problem_size))
        return false;
    for (size_t i = 0; i < config->values.count; i++) {
        const struct config_value *value = &config->values.at[i];
        if (!has_option(~0u, value->key))
            return unknown_key(gathering, value);
        if (has_option(gathering->command, value->key) &&
            !set(gathering, value->key, value->value, value->origin))
            return false;
    }
    return true;
}

/* ---- the environment ---- */

/* "fail-on" as WILLRUN_FAIL_ON. */
static const char *variable_of(struct arena *arena, const char *name)
{
    char *variable = arena_format(arena, "WILLRUN_%s", name);
    for (char *at = variable; *at != 0; at++)
        *at = *at == '-' ? '_' : (char)toupper((unsigned char)*at);
    return variable;
}

/* Of an option that can be repeated there is a value a line. */
static bool take_lines(struct gathering *gathering, const char *name, const char *text,
                       const char *origin)
{
    struct arena *arena = &gathering->settings->arena;
    while (*text != 0) {
        size_t length = strcspn(text, "\n");
        if (length != 0 && !set(gathering, name, arena_copy(arena, text, length), origin))
            return false;
        text += length + (text[length] == '\n');
    }
    return true;
}

extern char **environ;

/* Mostly there is none, and then no option's need be looked for. */
static bool has_variables(void)
{
    static const char prefix[] = "WILLRUN_";
    for (char *const *at = environ; at != NULL && *at != NULL; at++)
        if (strncmp(*at, prefix, sizeof prefix - 1) == 0)
            return true;
    return false;
}

static bool take_environment(struct gathering *gathering)
{
    if (!has_variables())
        return true;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if ((option->commands & gathering->command) == 0 || is_of_call(option))
            continue;
        const char *variable = variable_of(&gathering->settings->arena, option->name);
        const char *value = getenv(variable);
        if (value == NULL || *value == 0)
            continue;
        if (option->kind == OPTION_LIST ? !take_lines(gathering, option->name, value, variable)
                                        : !set(gathering, option->name, value, variable))
            return false;
    }
    return true;
}

/* ---- a list of roots ---- */

/* "K/N" with K from 0 to N-1. */
static bool read_shard(struct gathering *gathering, const char *text, unsigned long *which,
                       unsigned long *of)
{
    char *end;
    *which = strtoul(text, &end, 10);
    *of = *end == '/' && isdigit((unsigned char)end[1]) ? strtoul(end + 1, &end, 10) : 0;
    if (isdigit((unsigned char)*text) && *end == 0 && *which < *of)
        return true;
    snprintf(gathering->problem, gathering->problem_size,
             "--shard takes K/N with K from 0 to N-1, as in 0/4, not \"%s\"", text);
    return false;
}

/* Empty lines, and those that begin with #, name none. */
static bool take_roots(struct gathering *gathering)
{
    struct settings *settings = gathering->settings;
    struct options *options = &settings->options;
    unsigned long which = 0, of = 1;
    if (options->shard != NULL && !read_shard(gathering, options->shard, &which, &of))
        return false;
    errno = 0;
    FILE *file = strcmp(options->roots, "-") == 0 ? stdin : fopen(options->roots, "re");
    char *line = NULL;
    size_t room = 0, count = 0;
    while (file != NULL && getline(&line, &room, file) >= 0) {
        size_t length = strcspn(line, "\r\n");
        if (length != 0 && *line != '#' && count++ % of == which)
            *vec_push(&options->root_list) = arena_copy(&settings->arena, line, length);
    }
    int error = file == NULL || ferror(file) ? errno : 0;
    free(line);
    if (file != NULL && file != stdin)
        fclose(file);
    if (error == 0 && (count != 0 || options->shard != NULL))
        return true;
    snprintf(gathering->problem, gathering->problem_size, "the list of roots %s%s", options->roots,
             error != 0 ? "" : " names none: expected a SOURCE a line");
    if (error != 0)
        snprintf(gathering->problem, gathering->problem_size, "the list of roots %s: %s",
                 options->roots, strerror(error));
    return false;
}

bool settings_gather(struct settings *settings, const struct command *command, int count,
                     char *const *arguments, bool *usage, char *problem, size_t problem_size)
{
    struct gathering gathering = {settings, command->bit, problem, problem_size};
    struct options given;
    *settings = (struct settings){0};
    options_begin(&settings->options);
    options_begin(&given);
    *usage = !options_parse(&given, command->bit, count, arguments, problem, problem_size);
    bool ok = !*usage;
    if (ok && !given.help && takes_config(command->bit)) {
        const char *path = config_path(&given);
        settings->options.file = &settings->config;
        ok = (path == NULL || take_config(&gathering, path)) && take_environment(&gathering);
    }
    options_apply(&settings->options, &given);
    options_free(&given);
    return ok &&
           (settings->options.help || settings->options.roots == NULL || take_roots(&gathering));
}

void settings_free(struct settings *settings)
{
    options_free(&settings->options);
    config_free(&settings->config);
    arena_free(&settings->arena);
}
