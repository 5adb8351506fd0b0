#include "dockerfile/image_settings.h"

#include <string.h>

#include "dockerfile/image_base.h"

static const struct image_settings rows[] = {
#define IMAGE_SETTINGS(repository, word, user, workdir, env, entrypoint, entry, users, from)       \
    {repository, word, user, workdir, env, entrypoint, ENTRY_##entry, users},
#include "image-settings.def"
#undef IMAGE_SETTINGS
};

static bool is_of(const char *repository, const char *row)
{
    size_t length = strlen(row);
    return row[length - 1] == '*' ? strncmp(repository, row, length - 1) == 0
                                  : strcmp(repository, row) == 0;
}

/* The words of `text`, NULL at the end. */
static const char *const *words_of(const char *text, struct arena *arena)
{
    const char **words = arena_array(arena, strlen(text) / 2 + 2, sizeof *words);
    char *rest = NULL;
    size_t count = 0;
    for (char *word = strtok_r(arena_string(arena, text), " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest))
        words[count++] = word;
    return words;
}

/* Has the tag all of the words? */
static bool has_words(const char *tag, const char *words, struct arena *arena)
{
    const char *const *word = words_of(words, arena);
    while (*word != NULL && strstr(tag, *word) != NULL)
        word++;
    return *word == NULL;
}

const struct image_settings *image_settings_find(const char *image)
{
    struct arena scratch = {0};
    const struct image_name name = image_name_read(image, &scratch);
    const struct image_settings *found = NULL;
    for (size_t i = 0; i < sizeof rows / sizeof *rows && found == NULL; i++)
        if (is_of(name.repository, rows[i].repository) &&
            (rows[i].words == NULL || has_words(name.tag, rows[i].words, &scratch)))
            found = &rows[i];
    arena_free(&scratch);
    return found;
}

static void set_env(const char *assignment, struct arena *arena, struct variables *variables)
{
    static const char usual[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    size_t name = strcspn(assignment, "="), length = strlen(assignment);
    const char *value = assignment + name + 1;
    if (assignment[length - 1] == '+')
        value = arena_format(arena, "%.*s%s", (int)(length - name - 2), value, usual);
    variables_set(variables, arena_copy(arena, assignment, name), value, true);
}

void image_settings_apply(const struct image_settings *settings, struct arena *arena,
                          struct stage_config *config)
{
    if (settings->user != NULL)
        config->user = settings->user;
    if (settings->workdir != NULL)
        config->workdir = settings->workdir;
    const char *const *env = settings->env != NULL ? words_of(settings->env, arena) : NULL;
    for (; env != NULL && *env != NULL; env++)
        set_env(*env, arena, &config->variables);
    if (settings->entry == ENTRY_TAKES)
        config->entrypoint = words_of(settings->entrypoint, arena);
}
