#include "plugin/node.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/hash.h"

static const struct {
    unsigned version;
    const char *symbol;
} functions[] = {
#define NODE_API_SYMBOL(version, symbol) {version, symbol},
#define NODE_API(version, releases)
#define NODE_ABI(abi, line)
#include "node-api.def"
#undef NODE_API_SYMBOL
#undef NODE_API
#undef NODE_ABI
};
enum { FUNCTIONS = sizeof functions / sizeof *functions };

unsigned node_api_version(const char *symbol)
{
    for (size_t i = 0; i < FUNCTIONS; i++)
        if (strcmp(functions[i].symbol, symbol) == 0)
            return functions[i].version;
    return 0;
}

const char *node_api_releases(unsigned version)
{
    static const char *const releases[] = {
#define NODE_API_SYMBOL(version, symbol)
#define NODE_API(version, releases) [version] = releases,
#define NODE_ABI(abi, line)
#include "node-api.def"
#undef NODE_API_SYMBOL
#undef NODE_API
#undef NODE_ABI
    };
    return version < sizeof releases / sizeof *releases ? releases[version] : NULL;
}

static const struct {
    unsigned abi, line;
} lines[] = {
#define NODE_API_SYMBOL(version, symbol)
#define NODE_API(version, releases)
#define NODE_ABI(abi, line) {abi, line},
#include "node-api.def"
#undef NODE_API_SYMBOL
#undef NODE_API
#undef NODE_ABI
};
enum { LINES = sizeof lines / sizeof *lines };

unsigned node_abi_line(unsigned abi)
{
    for (size_t i = 0; i < LINES; i++)
        if (lines[i].abi == abi)
            return lines[i].line;
    return 0;
}

/* ---- addons ---- */

static bool defines(const struct elf_facts *elf, const char *name)
{
    const struct elf_def *def = elf_first_def(elf, name, hash_bytes(name, strlen(name)));
    return def != NULL && !def->undefined;
}

static bool asks_for(const struct elf_facts *elf, const char *name)
{
    uint64_t key = hash_bytes(name, strlen(name));
    for (size_t i = 0; i < elf->ref_count; i++)
        if (elf->refs[i].key == key)
            return true;
    return false;
}

static bool has_initialiser(const struct elf_facts *elf, unsigned abi)
{
    char name[48];
    snprintf(name, sizeof name, "node_register_module_v%u", abi);
    return defines(elf, name);
}

/* What only the bytes of the file tell. */
static void read_object(struct facts *facts, const struct loaded *object, bool itself,
                        struct node_addon *addon)
{
    struct file_bytes bytes;
    bool api = defines(object->elf, "node_api_module_get_api_version_v1");
    if ((!itself && !api) || object->node == NULL)
        return;
    addon->api = api ? NODE_API_UNTOLD : addon->api;
    if (root_bytes(facts_root(facts), object->node, &bytes) != 0)
        return;
    if (itself)
        addon->abi = elf_node_module_version(bytes.span);
    if (api)
        addon->api = elf_node_api_version(bytes.span);
    file_bytes_release(&bytes);
}

static void ask_object(struct facts *facts, const struct loaded *object, unsigned abi,
                       struct node_addon *addon)
{
    const struct elf_facts *elf = object->elf;
    bool itself = !addon->itself && asks_for(elf, "node_module_register");
    addon->any |= defines(elf, "napi_register_module_v1") || asks_for(elf, "napi_module_register");
    addon->itself |= itself;
    addon->for_host |= abi != 0 && has_initialiser(elf, abi);
    read_object(facts, object, itself, addon);
    for (size_t i = 0; addon->abi == 0 && i < LINES; i++)
        if (has_initialiser(elf, lines[i].abi))
            addon->abi = lines[i].abi;
}

void node_addon_of(struct facts *facts, const struct replay *replay, unsigned abi,
                   struct node_addon *addon)
{
    *addon = (struct node_addon){0};
    for (size_t i = 0; i < replay->objects.count; i++) {
        const struct loaded *object = &replay->objects.at[i];
        if (object->elf != NULL && !object->builtin && object->via != WILLRUN_VIA_LOADED)
            ask_object(facts, object, abi, addon);
    }
}

/* ---- node itself ---- */

struct elf_node node_program_of(struct facts *facts, const struct node *program)
{
    struct file_bytes bytes;
    struct elf_node node = {0};
    if (node_profile(program) != NULL || root_bytes(facts_root(facts), program, &bytes) != 0)
        return node;
    node = elf_node_of(bytes.span);
    file_bytes_release(&bytes);
    return node;
}

static bool host_defines(const struct replay *replay, const char *symbol)
{
    for (size_t i = 0; i < replay->objects.count; i++) {
        const struct loaded *object = &replay->objects.at[i];
        if (object->via == WILLRUN_VIA_LOADED && object->elf != NULL &&
            defines(object->elf, symbol))
            return true;
    }
    return false;
}

/* The version below the first of which a function is lacking. */
static unsigned api_without(unsigned lacking)
{
    unsigned highest = 1;
    for (size_t i = 0; i < FUNCTIONS; i++)
        if (functions[i].version > highest)
            highest = functions[i].version;
    return lacking <= highest ? lacking - 1 : highest;
}

unsigned node_host_api(const struct replay *replay)
{
    unsigned lacking = UINT_MAX;
    for (size_t i = 0; i < FUNCTIONS; i++)
        if (functions[i].version < lacking && !host_defines(replay, functions[i].symbol))
            lacking = functions[i].version;
    return api_without(lacking);
}

unsigned node_program_api(const struct elf_facts *program)
{
    unsigned lacking = UINT_MAX;
    for (size_t i = 0; i < FUNCTIONS; i++)
        if (functions[i].version < lacking && !defines(program, functions[i].symbol))
            lacking = functions[i].version;
    return defines(program, "napi_create_function") ? api_without(lacking) : 0;
}
