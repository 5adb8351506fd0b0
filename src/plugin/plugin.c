#include "plugin/plugin.h"

#include <fnmatch.h>
#include <string.h>

#include "base/hash.h"

static const struct plugin plugins[] = {
#define PLUGIN(id, name, what, paths, entries, give)                                               \
    {PLUGIN_##id, name, what, paths, entries, give},
#define HOST(plugin, name, commands, opens, says, status)
#include "plugins.def"
#undef PLUGIN
#undef HOST
};

enum opens { NOW, LAZILY };

static const struct plugin_host hosts[] = {
#define PLUGIN(id, name, what, paths, entries, give)
#define HOST(plugin, name, commands, opens, says, status)                                          \
    {PLUGIN_##plugin, name, commands, (opens) == LAZILY, says, status},
#include "plugins.def"
#undef PLUGIN
#undef HOST
};
enum { HOSTS = sizeof hosts / sizeof *hosts };

enum { LONGEST_WORD = 256 };

/* Copy the word at `*at` of a list parted by blanks, and go behind it; false: there is none. A word
 * longer than any of the table is cut. */
static bool next_word(const char **at, char word[LONGEST_WORD])
{
    *at += strspn(*at, " ");
    size_t length = strcspn(*at, " ");
    size_t kept = length < LONGEST_WORD ? length : LONGEST_WORD - 1;
    memcpy(word, *at, kept);
    word[kept] = 0;
    *at += length;
    return length != 0;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* ---- kinds ---- */

static bool has_path(const struct plugin *plugin, const char *path)
{
    char pattern[LONGEST_WORD];
    for (const char *at = plugin->paths; next_word(&at, pattern);)
        if (fnmatch(pattern, path, 0) == 0)
            return true;
    return false;
}

/* `entry` with the module's name for "%m". */
static size_t fill_entry(const char *entry, const char *path, char name[2 * LONGEST_WORD])
{
    const char *mark = strstr(entry, "%m"), *module = base_name(path);
    size_t before = mark != NULL ? (size_t)(mark - entry) : strlen(entry);
    size_t length = mark != NULL ? strcspn(module, ".") : 0;
    const char *behind = mark != NULL ? mark + 2 : "";
    if (length >= LONGEST_WORD)
        length = 0;
    memcpy(name, entry, before);
    memcpy(name + before, module, length);
    memcpy(name + before + length, behind, strlen(behind) + 1);
    return before + length + strlen(behind);
}

static bool defines(const struct elf_facts *elf, const char *name, size_t length)
{
    const struct elf_def *def = elf_first_def(elf, name, hash_bytes(name, length));
    return def != NULL && !def->undefined;
}

static bool has_entry(const struct plugin *plugin, const char *path, const struct elf_facts *elf)
{
    char entry[LONGEST_WORD], name[2 * LONGEST_WORD];
    for (const char *at = plugin->entries; next_word(&at, entry);)
        if (defines(elf, name, fill_entry(entry, path, name)))
            return true;
    return false;
}

const struct plugin *plugin_of(const char *path, const struct elf_facts *elf)
{
    for (size_t i = 0; i < sizeof plugins / sizeof *plugins; i++)
        if (has_path(&plugins[i], path) || has_entry(&plugins[i], path, elf))
            return &plugins[i];
    return NULL;
}

/* ---- hosts ---- */

/* Is the program at `path` one of the row's commands? By its name alone. */
static bool is_called(const struct plugin_host *host, const char *path)
{
    char command[LONGEST_WORD];
    for (const char *at = host->commands; next_word(&at, command);)
        if (fnmatch(base_name(command), base_name(path), 0) == 0)
            return true;
    return false;
}

const struct plugin_host *plugin_host_called(const struct plugin *plugin, const char *path)
{
    for (size_t i = 0; plugin != NULL && i < HOSTS; i++)
        if (hosts[i].plugin == plugin->id && is_called(&hosts[i], path))
            return &hosts[i];
    return NULL;
}

static bool is_program(struct host_search *search, const char *command, struct exec_result *host)
{
    const char *path = exec_find(search->facts, search->process, command, search->arena, host);
    if (path == NULL)
        return false;
    exec_replay(search->facts, search->process, path, search->arena, host);
    return host->node != NULL && host->chain_count == 0 && host->wrapper == NULL;
}

/* Step number `step` of a row: the command to look for, in `word`; false: there is none. */
static bool command_of(const struct host_search *search, const struct plugin_host *host,
                       size_t step, char word[LONGEST_WORD])
{
    const char *at = host->commands;
    for (size_t i = 0; search->started != NULL && search->started[i] != NULL; i++)
        if (step-- == 0) {
            const char *started = search->started[i];
            size_t length = strlen(started);
            bool fits = length < LONGEST_WORD && is_called(host, started);
            memcpy(word, started, fits ? length : 0);
            word[fits ? length : 0] = 0;
            return true;
        }
    do
        if (!next_word(&at, word))
            return false;
    while (step-- != 0);
    return true;
}

bool plugin_next_host(struct host_search *search, struct exec_result *host)
{
    char command[LONGEST_WORD];
    for (; search->row < HOSTS; search->row++, search->step = 0) {
        search->host = &hosts[search->row];
        if (search->host->plugin != search->plugin->id)
            continue;
        while (command_of(search, search->host, search->step, command)) {
            search->step++;
            if (command[0] != 0 && strchr(command, '*') == NULL &&
                is_program(search, arena_string(search->arena, command), host))
                return true;
        }
    }
    return false;
}

const char *plugin_host_says(const struct plugin_host *host, const char *words, struct arena *arena)
{
    const char *mark = host != NULL ? strstr(host->says, "%s") : NULL;
    if (mark == NULL)
        return words;
    return arena_format(arena, "%.*s%s%s", (int)(mark - host->says), host->says, words, mark + 2);
}
