#include "plugin/npm.h"

#include <ctype.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_WORD = 32, LARGEST_PACKAGE = 1 << 20, FIRST_ABI = 46, LAST_ABI = 400 };

static const struct {
    const char *word, *os, *cpu, *libc;
    unsigned armv;
    bool other_runtime;
} words[] = {
#define NPM_WORD(word, os, cpu, libc, armv, other_runtime)                                         \
    {word, os, cpu, libc, armv, other_runtime},
#include "npm-platforms.def"
#undef NPM_WORD
};
enum { WORDS = sizeof words / sizeof *words };

static void tell(const char **field, const char *text)
{
    if (text[0] != 0)
        *field = text;
}

static bool take_platform(const char *word, struct npm_platform *platform)
{
    for (size_t i = 0; i < WORDS; i++) {
        if (strcmp(words[i].word, word) != 0)
            continue;
        tell(&platform->os, words[i].os);
        tell(&platform->cpu, words[i].cpu);
        tell(&platform->libc, words[i].libc);
        platform->armv = words[i].armv != 0 ? words[i].armv : platform->armv;
        platform->other_runtime |= words[i].other_runtime;
        return true;
    }
    return false;
}

/* "abi115", "v115", "115": behind a word that tells something else a number of that size is
 * NODE_MODULE_VERSION. */
static bool take_abi(const char *word, bool behind, struct npm_platform *platform)
{
    bool marked = strncmp(word, "abi", 3) == 0;
    const char *digits = marked ? word + 3 : word[0] == 'v' ? word + 1 : word;
    char *end;
    unsigned long number = strtoul(digits, &end, 10);
    if (end == digits || *end != 0 || (!marked && !behind) || number < FIRST_ABI ||
        number > LAST_ABI)
        return false;
    platform->abi = (unsigned)number;
    return true;
}

/* The next word of `*at`; "x86_64" is one. */
static bool next_word(const char **at, char word[LONGEST_WORD])
{
    size_t length = 0;
    while (**at != 0 && !isalnum((unsigned char)**at))
        ++*at;
    if (strncmp(*at, "x86_64", 6) == 0)
        length = 6;
    while (isalnum((unsigned char)(*at)[length]))
        length++;
    size_t kept = length < LONGEST_WORD ? length : LONGEST_WORD - 1;
    memcpy(word, *at, kept);
    word[kept] = 0;
    *at += length;
    return length != 0;
}

void npm_platform_of(const char *text, struct npm_platform *platform, char *rest)
{
    char word[LONGEST_WORD];
    bool behind = false;
    *platform = (struct npm_platform){0};
    while (next_word(&text, word)) {
        bool node = strcmp(word, "node") == 0, napi = strcmp(word, "napi") == 0;
        platform->napi |= napi;
        if (take_platform(word, platform) || take_abi(word, behind, platform) || node || napi) {
            behind = true;
            continue;
        }
        behind = false;
        size_t length = strlen(word);
        memcpy(rest, word, length);
        rest[length] = '-';
        rest += length + 1;
    }
    *rest = 0;
}

static bool differ(const char *build, const char *process)
{
    return build != NULL && process != NULL && strcmp(build, process) != 0;
}

bool npm_fits(const struct npm_platform *build, const struct npm_platform *process)
{
    if (differ(build->os, process->os) || differ(build->cpu, process->cpu) ||
        differ(build->libc, process->libc) || build->other_runtime)
        return false;
    if (build->armv != 0 && process->armv != 0 && build->armv != process->armv)
        return false;
    return build->abi == 0 || build->napi || process->abi == 0 || build->abi == process->abi;
}

bool npm_tells(const struct npm_platform *build)
{
    return build->os != NULL || build->cpu != NULL || build->libc != NULL || build->abi != 0 ||
           build->other_runtime;
}

const char *npm_platform_text(const struct npm_platform *platform, struct arena *arena)
{
    const char *text =
        arena_format(arena, "%s%s%s", platform->os != NULL ? platform->os : "any system",
                     platform->cpu != NULL ? "-" : "", platform->cpu != NULL ? platform->cpu : "");
    if (platform->libc != NULL)
        text = arena_format(arena, "%s with %s", text, platform->libc);
    if (platform->abi != 0)
        text = arena_format(arena, "%s, NODE_MODULE_VERSION %u", text, platform->abi);
    return text;
}

/* ---- packages ---- */

bool npm_place_of(const char *path, struct arena *arena, struct npm_place *place)
{
    static const char folder[] = "/node_modules/";
    const char *last = NULL;
    for (const char *at = path; (at = strstr(at, folder)) != NULL; at++)
        last = at;
    if (last == NULL)
        return false;
    const char *name = last + sizeof folder - 1;
    size_t length = strcspn(name, "/");
    if (name[0] == '@' && name[length] == '/')
        length += 1 + strcspn(name + length + 1, "/");
    if (name[0] == '.' || name[length] != '/')
        return false;
    *place = (struct npm_place){.modules = arena_copy(arena, path, (size_t)(name - path) - 1),
                                .name = arena_copy(arena, name, length),
                                .folder = arena_copy(arena, path, (size_t)(name - path) + length),
                                .inside = arena_string(arena, name + length + 1)};
    return true;
}

/* npm's rule for os, cpu and libc: one of the list, none of those behind "!". */
static bool list_fits(const json_t *list, const char *own)
{
    bool wanted = false, positive = false;
    size_t at;
    json_t *item;
    const char *only = json_string_value(list);
    if (only != NULL)
        return own == NULL || (*only == '!' ? strcmp(only + 1, own) != 0 : strcmp(only, own) == 0);
    json_array_foreach((json_t *)list, at, item)
    {
        const char *text = json_string_value(item);
        if (text == NULL || own == NULL)
            continue;
        if (*text == '!' && strcmp(text + 1, own) == 0)
            return false;
        positive |= *text != '!';
        wanted |= strcmp(text, own) == 0;
    }
    return own == NULL || !positive || wanted;
}

static const char *first_of(const json_t *list, struct arena *arena)
{
    const char *text = json_string_value(json_is_array(list) ? json_array_get(list, 0) : list);
    return text != NULL && *text != '!' ? arena_string(arena, text) : NULL;
}

static const char *const *names_of(json_t *object, struct arena *arena)
{
    const char **names = arena_array(arena, json_object_size(object) + 1, sizeof *names);
    size_t count = 0;
    const char *name;
    json_t *version;
    json_object_foreach(object, name, version) names[count++] = arena_string(arena, name);
    return names;
}

static const char *text_of(const json_t *object, const char *key, struct arena *arena)
{
    return arena_string(arena, json_string_value(json_object_get(object, key)));
}

/* How its loader finds its addon. */
static void read_loader(const json_t *json, struct arena *arena, struct npm_package *package)
{
    const json_t *depends = json_object_get(json, "dependencies");
    const json_t *binary = json_object_get(json, "binary");
    const json_t *apis = json_object_get(binary, "napi_versions");
    unsigned *numbers = arena_array(arena, json_array_size(apis) + 1, sizeof *numbers);
    for (size_t i = 0; i < json_array_size(apis); i++)
        numbers[i] = (unsigned)json_integer_value(json_array_get(apis, i));
    package->name = text_of(json, "name", arena);
    package->version = text_of(json, "version", arena);
    package->uses_pre_gyp = json_object_get(depends, "@mapbox/node-pre-gyp") != NULL ||
                            json_object_get(depends, "node-pre-gyp") != NULL;
    package->uses_bindings = json_object_get(depends, "bindings") != NULL;
    package->module_name = text_of(binary, "module_name", arena);
    package->module_path = text_of(binary, "module_path", arena);
    package->apis = numbers;
    package->api_count = json_array_size(apis);
}

static void read_package(json_t *json, const struct npm_platform *process, struct arena *arena,
                         struct npm_package *package)
{
    const json_t *os = json_object_get(json, "os"), *cpu = json_object_get(json, "cpu"),
                 *libc = json_object_get(json, "libc");
    package->limited = os != NULL || cpu != NULL || libc != NULL;
    package->fits = list_fits(os, process->os) && list_fits(cpu, process->cpu) &&
                    list_fits(libc, process->libc);
    package->build = (struct npm_platform){
        .os = first_of(os, arena), .cpu = first_of(cpu, arena), .libc = first_of(libc, arena)};
    package->optionals = names_of(json_object_get(json, "optionalDependencies"), arena);
    read_loader(json, arena, package);
}

bool npm_package_read(struct facts *facts, const char *folder, const struct npm_platform *process,
                      struct arena *arena, struct npm_package *package)
{
    int error;
    struct span text;
    *package = (struct npm_package){0};
    const struct node *node =
        root_lookup(facts_root(facts), NULL, arena_format(arena, "%s/package.json", folder), NULL,
                    LOOKUP_FOLLOW, &error);
    if (node == NULL || node->type != NODE_FILE ||
        facts_text(facts, node, LARGEST_PACKAGE, arena, &text) != 0)
        return false;
    json_t *json = json_loadb((const char *)text.data, text.size, 0, NULL);
    if (json_is_object(json))
        read_package(json, process, arena, package);
    bool is_package = json_is_object(json);
    json_decref(json);
    return is_package;
}
