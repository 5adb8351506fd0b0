#include "plugin/plugin.h"

#include <fnmatch.h>
#include <string.h>

#include "base/hash.h"

static const struct plugin plugins[] = {
#define PLUGIN(id, name, what, paths, entries, versions, give)                                     \
    {PLUGIN_##id, name, what, paths, entries, versions, give},
#include "plugins.def"
};

static const struct {
    enum plugin_id plugin;
    const char *library; /* that the plugin links; "": any */
    const char *paths;
} brought[] = {
#define BRINGS(plugin, library, paths) {PLUGIN_##plugin, library, paths},
#include "plugins.def"
};

/* What a plugin's path calls a version of its host, where that is not its number. */
static const struct {
    enum plugin_id plugin;
    const char *text, *version;
} versions[] = {
#define VERSION(plugin, text, version) {PLUGIN_##plugin, text, version},
#include "plugins.def"
};

/* How a host opens its plugins, and from REFUSALS on what it looks at of them. */
enum { REFUSALS = 5 };
enum opens {
    NOW = 0,
    LAZILY = 1,
    REAL_PATH = 2,
    GLOBAL = 4,
    ALONE = 8,
    DEMANDED = 16,
    AS_NODE = REFUSES_AS_NODE << REFUSALS,
    AS_JAVA = REFUSES_AS_JAVA << REFUSALS,
    AS_PHP = REFUSES_AS_PHP << REFUSALS,
    AS_NGINX = REFUSES_AS_NGINX << REFUSALS,
    AS_POSTGRES = REFUSES_AS_POSTGRES << REFUSALS,
    AS_APACHE = REFUSES_AS_APACHE << REFUSALS,
    AS_PERL = REFUSES_AS_PERL << REFUSALS
};

static const struct plugin_host hosts[] = {
#define HOST(plugin, name, commands, opens, says, status)                                          \
    {PLUGIN_##plugin,                                                                              \
     name,                                                                                         \
     commands,                                                                                     \
     ((opens)&LAZILY) != 0,                                                                        \
     ((opens)&GLOBAL) != 0,                                                                        \
     ((opens)&ALONE) != 0,                                                                         \
     ((opens)&DEMANDED) != 0,                                                                      \
     ((opens)&REAL_PATH) != 0,                                                                     \
     (enum plugin_refusal)((opens) >> REFUSALS),                                                   \
     says,                                                                                         \
     status},
#include "plugins.def"
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

/* Has `path` not even the letters that follow the pattern's first star? So it is mostly, and told
 * at a tenth of what it costs fnmatch to try each place. */
static bool lacks_part(const char *pattern, const char *path)
{
    char part[LONGEST_WORD];
    pattern += strspn(pattern, "*");
    size_t length = strcspn(pattern, "*?[\\");
    memcpy(part, pattern, length);
    part[length] = 0;
    return strstr(path, part) == NULL;
}

static bool has_path(const struct plugin *plugin, const char *path)
{
    char pattern[LONGEST_WORD];
    for (const char *at = plugin->paths; next_word(&at, pattern);)
        if (!lacks_part(pattern, path) && fnmatch(pattern, path, 0) == 0)
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
        if (strchr(command, '%') == NULL && fnmatch(base_name(command), base_name(path), 0) == 0)
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

/* The number of a host's version that the path calls `text`, of two parts at most. */
static const char *version_called(enum plugin_id plugin, const char *text, size_t length,
                                  struct arena *arena)
{
    for (size_t i = 0; i < sizeof versions / sizeof *versions; i++)
        if (versions[i].plugin == plugin && strlen(versions[i].text) == length &&
            memcmp(versions[i].text, text, length) == 0)
            return versions[i].version;
    const char *dot = memchr(text, '.', length);
    const char *second =
        dot != NULL ? memchr(dot + 1, '.', length - (size_t)(dot + 1 - text)) : NULL;
    return arena_copy(arena, text, second != NULL ? (size_t)(second - text) : length);
}

/* What stands for "%p" and "%v" where `path` has the pattern's text; false: it has not. */
static bool match_version(const char *pattern, const char *path, enum plugin_id plugin,
                          struct arena *arena, struct place_of_host *place)
{
    const char *mark = strstr(pattern, "%v");
    const char *before = arena_copy(arena, pattern, (size_t)(mark - pattern));
    size_t length = strlen(before), behind = strlen(mark + 2);
    for (const char *at = path; (at = strstr(at, before)) != NULL; at++) {
        const char *text = at + length;
        size_t size = strspn(text, "0123456789.abcdefghijklmnopqrstuvwxyz");
        while (size != 0 && text[size - 1] == '.')
            size--;
        if (*text < '0' || *text > '9' || strncmp(text + size, mark + 2, behind) != 0)
            continue;
        *place = (struct place_of_host){
            .prefix = *pattern == '/' ? arena_copy(arena, path, (size_t)(at - path)) : NULL,
            .version = version_called(plugin, text, size, arena)};
        return true;
    }
    return false;
}

bool plugin_place(const struct plugin *plugin, const char *path, struct arena *arena,
                  struct place_of_host *place)
{
    char pattern[LONGEST_WORD];
    for (const char *at = plugin->versions; next_word(&at, pattern);)
        if (match_version(pattern, path, plugin->id, arena, place))
            return true;
    return false;
}

const char *plugin_fill(const char *word, const struct place_of_host *place, struct arena *arena)
{
    const char *text = "";
    for (const char *mark; (mark = strchr(word, '%')) != NULL; word = mark + 2) {
        const char *value = mark[1] == 'v' ? place->version : place->prefix;
        if (value == NULL)
            return NULL;
        text = arena_format(arena, "%s%.*s%s", text, (int)(mark - word), word, value);
    }
    return arena_format(arena, "%s%s", text, word);
}

static void add_command(struct host_search *search, const char *command)
{
    if (command != NULL && search->command_count < HOST_COMMANDS)
        search->commands[search->command_count++] = arena_string(search->arena, command);
}

/* The paths that the pattern, with "*" in one part, stands for. */
static void add_matching(struct host_search *search, const char *pattern)
{
    const char *star = strchr(pattern, '*'), *part = star;
    while (part > pattern && part[-1] != '/')
        part--;
    const char *folder = arena_copy(search->arena, pattern, (size_t)(part - pattern));
    const char *glob = arena_copy(search->arena, part, strcspn(part, "/"));
    const struct node **nodes;
    size_t count = 0;
    int error;
    struct root *root = facts_root(search->facts);
    const struct node *node = root_lookup(root, NULL, folder, NULL, LOOKUP_FOLLOW, &error);
    if (node == NULL || node->type != NODE_DIR ||
        root_list(root, node, search->arena, &nodes, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (fnmatch(glob, nodes[i]->name, 0) == 0)
            add_command(search, arena_format(search->arena, "%s%s%s", folder, nodes[i]->name,
                                             part + strlen(glob)));
}

/* The commands of a row in the order in which they are looked for: what the target starts, those
 * that the plugin's path tells, the others. */
static void list_commands(struct host_search *search, const struct plugin_host *host)
{
    char pattern[LONGEST_WORD], word[LONGEST_WORD];
    search->command_count = 0;
    for (size_t i = 0; search->started != NULL && search->started[i] != NULL; i++)
        if (is_called(host, search->started[i]))
            add_command(search, search->started[i]);
    for (const char *at = search->plugin->versions; next_word(&at, pattern);) {
        struct place_of_host place;
        if (search->path == NULL ||
            !match_version(pattern, search->path, host->plugin, search->arena, &place))
            continue;
        for (const char *words = host->commands; next_word(&words, word);)
            if (strchr(word, '%') != NULL)
                add_command(search, plugin_fill(word, &place, search->arena));
    }
    for (const char *words = host->commands; next_word(&words, word);)
        if (*word == '/' && strchr(word, '*') != NULL)
            add_matching(search, word);
        else if (strpbrk(word, "%*") == NULL)
            add_command(search, word);
}

bool plugin_next_host(struct host_search *search, struct exec_result *host)
{
    for (; search->row < HOSTS; search->row++, search->step = 0) {
        search->host = &hosts[search->row];
        if (search->host->plugin != search->plugin->id)
            continue;
        if (search->step == 0)
            list_commands(search, search->host);
        while (search->step < search->command_count)
            if (is_program(search, search->commands[search->step++], host))
                return true;
    }
    return false;
}

static bool links(const struct elf_facts *elf, const char *library)
{
    for (size_t i = 0; i < elf->needed_count; i++)
        if (strcmp(elf->needed[i], library) == 0)
            return true;
    return *library == 0;
}

const char *plugin_brought(const struct plugin *plugin, const struct elf_facts *elf,
                           struct facts *facts, const struct exec_result *host, struct arena *arena)
{
    const char *list = NULL, *program = node_path(host->node, arena);
    const char *folder = arena_copy(arena, program, (size_t)(strrchr(program, '/') - program));
    char word[LONGEST_WORD];
    for (size_t i = 0; i < sizeof brought / sizeof *brought; i++)
        for (const char *at = brought[i].paths; brought[i].plugin == plugin->id &&
                                                links(elf, brought[i].library) &&
                                                next_word(&at, word);) {
            int error;
            const struct node *node =
                root_lookup(facts_root(facts), NULL, arena_format(arena, "%s/%s", folder, word),
                            NULL, LOOKUP_FOLLOW, &error);
            if (node != NULL && node->type == NODE_FILE)
                list = arena_format(arena, "%s%s%s", list != NULL ? list : "",
                                    list != NULL ? ":" : "", node_path(node, arena));
        }
    return list;
}

const struct plugin_host *plugin_any_host(const struct plugin *plugin)
{
    for (size_t i = 0; i < HOSTS; i++)
        if (hosts[i].plugin == plugin->id && hosts[i].commands[0] == 0)
            return &hosts[i];
    return NULL;
}

const char *plugin_host_says(const struct plugin_host *host, const char *path, const char *words,
                             struct arena *arena)
{
    const char *text = "", *from = host->says;
    for (const char *mark; (mark = strchr(from, '%')) != NULL; from = mark + 2)
        text = arena_format(arena, "%s%.*s%s", text, (int)(mark - from), from,
                            mark[1] == 'f' ? path : words);
    return arena_format(arena, "%s%s", text, from);
}
