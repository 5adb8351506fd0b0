#include "check/host_node.h"

#include <string.h>

#include "check/file_kind.h"
#include "plugin/node.h"
#include "plugin/npm.h"

/* ---- the release of the host ---- */

/* What the host looks for: its program, or the libnode.so that it loads. */
static struct elf_node host_release(const struct target *target, const struct process *process,
                                    const struct host *host, const struct replay *replay)
{
    struct memo_host *known = memo_host(process->memo, host->exec.node);
    if (known->abi_asked)
        return (struct elf_node){known->abi, known->asks_api};
    struct elf_node node = node_program_of(target->facts, host->exec.node);
    for (size_t i = 0; node.abi == 0 && replay != NULL && i < replay->objects.count; i++) {
        const struct loaded *object = &replay->objects.at[i];
        if (object->node != NULL && strncmp(object->name, "libnode.so", 10) == 0)
            node = node_program_of(target->facts, object->node);
    }
    known->abi = node.abi;
    known->asks_api = node.asks_api;
    known->abi_asked = replay != NULL || node.abi != 0;
    return node;
}

/* "Node.js 20 (NODE_MODULE_VERSION 115)" */
static const char *release_text(unsigned abi, struct arena *arena)
{
    unsigned line = node_abi_line(abi);
    if (line == 0)
        return arena_format(arena, "a Node.js of NODE_MODULE_VERSION %u", abi);
    return arena_format(arena, "Node.js %u (NODE_MODULE_VERSION %u)", line, abi);
}

/* ---- refusals ---- */

/* With the host's `words`; the message is for the caller to say. */
static struct willrun_finding *refuse(const struct host_judging *judging, const char *words)
{
    words_add(judging->words, words, judging->findings->arena);
    return host_refuses(judging, "");
}

static void refuse_version(const struct host_judging *judging, const struct node_addon *addon,
                           unsigned abi)
{
    struct arena *arena = judging->findings->arena;
    const char *path = judging->replay->argv0;
    const char *words =
        addon->itself
            ? arena_format(
                  arena,
                  "The module '%s'\nwas compiled against a different Node.js version using\n"
                  "NODE_MODULE_VERSION %u. This version of Node.js requires\n"
                  "NODE_MODULE_VERSION %u. Please try re-compiling or re-installing\n"
                  "the module (for instance, using `npm rebuild` or `npm install`).",
                  path, addon->abi, abi)
            : arena_format(arena, "Module did not self-register: '%s'.", path);
    struct willrun_finding *finding = refuse(judging, words);
    finding->message = arena_format(arena, "%s was built for %s, and %s is %s", path,
                                    release_text(addon->abi, arena), judging->host->exec.program,
                                    release_text(abi, arena));
    unsigned line = node_abi_line(addon->abi);
    finding->fix = arena_format(
        arena, "Run npm rebuild or npm ci with the Node.js of the runtime image%s.",
        line != 0
            ? arena_format(arena, ", or take an image of Node.js %u (FROM node:%u)", line, line)
            : "");
}

static void refuse_stranger(const struct host_judging *judging)
{
    struct arena *arena = judging->findings->arena;
    const char *path = judging->replay->argv0;
    struct willrun_finding *finding =
        refuse(judging, arena_format(arena, "Module did not self-register: '%s'.", path));
    finding->message = arena_format(
        arena, "%s has no initialiser, neither of Node-API nor of V8: it is no addon of Node.js",
        path);
    finding->fix = "Give the file that the build of the addon made (build/Release/NAME.node).";
}

static void not_known(const struct host_judging *judging, const char *what)
{
    host_not_known(judging, what)->fix =
        "Give the root itself in place of a profile of it, or use an addon of Node-API.";
}

/* A node that knows fewer versions of Node-API than the addon asks for crashes on it before Node.js
 * 26 (NewEnv of src/node_api.cc gives NULL), without a word. */
static void refuse_api(const struct host_judging *judging, int api, unsigned known)
{
    struct arena *arena = judging->findings->arena;
    struct willrun_finding *finding = refuse(judging, NULL);
    const char *releases = node_api_releases((unsigned)api);
    finding->message = arena_format(
        arena, "%s asks for Node-API %d, and %s knows %u at most: it crashes as it loads it",
        judging->replay->argv0, api, judging->host->exec.program, known);
    finding->fix =
        releases != NULL
            ? arena_format(
                  arena,
                  "Node.js has Node-API %d since %s: use such a release, or an older one of "
                  "the addon.",
                  api, releases)
            : "Use a newer release of Node.js, or an older one of the addon.";
}

static void judge_api(const struct host_judging *judging, const struct node_addon *addon)
{
    enum { ALWAYS = 8, NEWEST = 10 }; /* of those who ask at all; of the table */
    if (addon->api != NODE_API_UNTOLD && addon->api <= ALWAYS)
        return;
    unsigned known = node_host_api(judging->replay);
    struct elf_node node =
        host_release(judging->target, judging->process, judging->host, judging->replay);
    bool told = addon->api != NODE_API_UNTOLD;
    if ((told && (addon->api <= (int)known || addon->api == NODE_API_EXPERIMENTAL)) ||
        (!told && known >= NEWEST))
        return;
    if (node.abi == 0)
        not_known(judging, arena_format(judging->findings->arena,
                                        "whether %s asks for it cannot be read from it",
                                        judging->host->exec.program));
    else if (node.asks_api && !told)
        not_known(judging, "which version of Node-API it asks for cannot be read from it");
    else if (node.asks_api && (known < NEWEST || node_abi_line(node.abi) != 0))
        refuse_api(judging, addon->api, known);
    else if (node.asks_api)
        not_known(judging, "it asks for a version of Node-API that is not known here");
}

static void judge_version(const struct host_judging *judging)
{
    struct node_addon addon;
    unsigned abi =
        host_release(judging->target, judging->process, judging->host, judging->replay).abi;
    node_addon_of(judging->target->facts, judging->replay, abi, &addon);
    if (addon.for_host || (abi != 0 && addon.abi == abi))
        return;
    if (!addon.itself && addon.abi == 0)
        refuse_stranger(judging);
    else if (addon.abi == 0)
        not_known(judging, "for which one cannot be read from it");
    else if (abi == 0)
        not_known(judging, arena_format(judging->findings->arena,
                                        "%s, and that of %s cannot be read from it",
                                        release_text(addon.abi, judging->findings->arena),
                                        judging->host->exec.program));
    else
        refuse_version(judging, &addon, abi);
}

void host_node_judge(const struct host_judging *judging)
{
    struct node_addon addon;
    node_addon_of(judging->target->facts, judging->replay, 0, &addon);
    if (addon.any && !addon.itself)
        judge_api(judging, &addon);
    else
        judge_version(judging);
}

/* ---- words ---- */

void host_node_words(const struct target *target, const struct process *process,
                     const struct host *host, struct words *words)
{
    enum { FIRST_WITH_CODE = 83 }; /* Node.js 14 */
    unsigned abi = host_release(target, process, host, NULL).abi;
    if (abi != 0 && abi < FIRST_WITH_CODE)
        words->lines.count--; /* the code of the error */
}

/* ---- advice ---- */

static const char *advice_of_api(const char *symbol, struct arena *arena)
{
    unsigned version = node_api_version(symbol);
    const char *releases = node_api_releases(version);
    if (releases == NULL)
        return NULL;
    return arena_format(
        arena,
        "It is of Node-API %u, which Node.js has since %s: use such a release, or an "
        "older one of the addon.",
        version, releases);
}

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* A function of node, V8 or libuv, which come and go with releases. */
static bool is_of_host(const char *symbol)
{
    static const char *const prefixes[] = {"napi_",     "node_api_",        "node_module_register",
                                           "_ZN2v8",    "_ZNK2v8",          "_ZN4node",
                                           "_ZNK4node", "_ZN8v8_inspector", "uv_"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (starts_with(symbol, prefixes[i]))
            return true;
    return false;
}

const char *host_node_rebuild(const char *path, struct arena *arena)
{
    static const char *const folders[] = {"build/", "lib/binding/", "out/", "Release/", "Debug/"};
    struct npm_place place;
    if (!npm_place_of(path, arena, &place))
        return NULL;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (starts_with(place.inside, folders[i]))
            return arena_format(arena,
                                "Run npm rebuild %s in a stage of the runtime image: its install "
                                "script made this file, or downloaded it, on another platform.",
                                place.name);
    return NULL;
}

/* It is of the other libc: then the first error accounts for the others. */
static void advise_libc(const struct host *host, const struct exec_result *exec,
                        struct findings *findings)
{
    enum willrun_libc own = file_libc(exec->elf);
    enum willrun_libc process = target_loader_kind(exec->interp_elf);
    const char *fix = host_node_rebuild(exec->program, findings->arena);
    bool other = (own == WILLRUN_LIBC_GLIBC && process == WILLRUN_LIBC_MUSL) ||
                 (own == WILLRUN_LIBC_MUSL && process == WILLRUN_LIBC_GLIBC);
    if (!host->known || !other || fix == NULL)
        return;
    for (size_t i = 0; i < findings->list.count; i++)
        if (findings->list.at[i].severity == WILLRUN_ERROR) {
            findings->list.at[i].fix = fix;
            return;
        }
}

void host_node_advise(const struct host *host, const struct exec_result *exec,
                      struct findings *findings)
{
    advise_libc(host, exec, findings);
    for (size_t i = 0; i < findings->list.count; i++) {
        struct willrun_finding *finding = &findings->list.at[i];
        if (finding->symbol == NULL || finding->version != NULL || finding->fix == NULL ||
            !is_of_host(finding->symbol))
            continue;
        const char *fix = advice_of_api(finding->symbol, findings->arena);
        finding->fix =
            fix != NULL
                ? fix
                : arena_format(findings->arena,
                               "%s does not have it, for it is of another release: run npm rebuild "
                               "or npm ci with the Node.js of the runtime image.",
                               host->known ? host->exec.program : "The program that loads it");
    }
}
