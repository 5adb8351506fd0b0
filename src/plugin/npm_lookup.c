#include "plugin/npm_lookup.h"

#include <fnmatch.h>
#include <string.h>

/* What stands for a mark "{platform}" of a path. */
struct mark {
    const char *name, *value; /* NULL: not known */
};

enum { LONGEST_MARK = 32 };

static const char *value_of(const struct mark *marks, const char *name)
{
    size_t at = 0;
    while (marks[at].name != NULL && strcmp(marks[at].name, name) != 0)
        at++;
    return marks[at].value;
}

/* `path` with values for its marks; NULL: one of them is not known. Without `marks` each becomes a
 * star. */
static const char *fill(const char *path, const struct mark *marks, struct arena *arena)
{
    const char *filled = "";
    for (const char *open; (open = strchr(path, '{')) != NULL;) {
        size_t length = strcspn(open + 1, "}");
        const char *name = arena_copy(arena, open + 1, length);
        const char *value = marks != NULL ? value_of(marks, name) : "*";
        if (value == NULL || open[length + 1] == 0 || length > LONGEST_MARK)
            return NULL;
        filled = arena_format(arena, "%s%.*s%s", filled, (int)(open - path), path, value);
        path = open + length + 2;
    }
    return arena_format(arena, "%s%s", filled, path);
}

/* "lib/binding/x.node" of "./lib/binding/" and "x". */
static const char *file_in(const char *folder, const char *name, struct arena *arena)
{
    while (strncmp(folder, "./", 2) == 0)
        folder += 2 + strspn(folder + 2, "/");
    size_t length = strlen(folder);
    while (length != 0 && folder[length - 1] == '/')
        length--;
    return arena_format(arena, "%.*s%s%s", (int)length, folder, length != 0 ? "/" : "", name);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static const char *abi_text(const struct npm_platform *process, struct arena *arena)
{
    return process->abi != 0 ? arena_format(arena, "node-v%u", process->abi) : NULL;
}

/* ---- node-pre-gyp ---- */

/* The highest version of Node-API that the package is built for and the process has; 0: none. */
static unsigned best_api(const struct npm_package *package, unsigned api)
{
    unsigned best = 0;
    for (size_t i = 0; i < package->api_count; i++)
        if (package->apis[i] <= api && package->apis[i] > best)
            best = package->apis[i];
    return best;
}

static bool look_as_pre_gyp(const struct npm_package *package, const struct npm_platform *process,
                            unsigned api, const char *inside, struct arena *arena,
                            struct npm_lookup *lookup)
{
    const char *name = arena_format(arena, "%s.node", package->module_name);
    unsigned best = best_api(package, api);
    const char *abi = abi_text(process, arena);
    const char *number = best != 0 ? arena_format(arena, "%u", best) : NULL;
    const char *none = package->api_count == 0 ? "" : NULL;
    const char *label = best != 0 ? arena_format(arena, "napi-v%u", best) : none ? abi : NULL;
    const struct mark marks[] = {{"platform", process->os},
                                 {"target_platform", process->os},
                                 {"arch", process->cpu},
                                 {"target_arch", process->cpu},
                                 {"libc", process->libc},
                                 {"node_abi", abi},
                                 {"node_abi_napi", api != 0 ? "napi" : NULL},
                                 {"napi_build_version", number != NULL ? number : none},
                                 {"node_napi_label", label},
                                 {"configuration", "Release"},
                                 {"runtime", "node"},
                                 {"toolset", ""},
                                 {"module_name", package->module_name},
                                 {"name", package->name},
                                 {"version", package->version},
                                 {NULL, NULL}};
    const char *folder = fill(package->module_path, marks, arena);
    if (folder == NULL || strcmp(base_name(inside), name) != 0)
        return false;
    const char **paths = arena_array(arena, 2, sizeof *paths);
    paths[0] = file_in(folder, name, arena);
    *lookup = (struct npm_lookup){"node-pre-gyp", paths, false};
    return true;
}

/* ---- bindings ---- */

static const char *const places[] = {"build",
                                     "build/Debug",
                                     "build/Release",
                                     "out/Debug",
                                     "Debug",
                                     "out/Release",
                                     "Release",
                                     "build/default",
                                     "addon-build/release/install-root",
                                     "addon-build/debug/install-root",
                                     "addon-build/default/install-root",
                                     "lib/binding/{node_abi}-{platform}-{arch}"};
enum { PLACES = sizeof places / sizeof *places };

static bool look_as_bindings(const struct npm_platform *process, const char *inside,
                             struct arena *arena, struct npm_lookup *lookup)
{
    const char *name = base_name(inside);
    const struct mark marks[] = {{"platform", process->os},
                                 {"arch", process->cpu},
                                 {"node_abi", abi_text(process, arena)},
                                 {NULL, NULL}};
    const char **paths = arena_array(arena, PLACES + 1, sizeof *paths);
    size_t count = 0;
    bool looked_for = false;
    for (size_t i = 0; i < PLACES; i++) {
        const char *folder = fill(places[i], marks, arena);
        const char *any = file_in(fill(places[i], NULL, arena), name, arena);
        looked_for |= fnmatch(any, inside, FNM_PATHNAME) == 0;
        if (folder != NULL)
            paths[count++] = file_in(folder, name, arena);
    }
    *lookup = (struct npm_lookup){"bindings", paths, count != PLACES};
    return looked_for;
}

bool npm_lookup_of(const struct npm_package *package, const struct npm_platform *process,
                   unsigned api, const char *inside, struct arena *arena, struct npm_lookup *lookup)
{
    if (package->module_path != NULL && package->module_name != NULL && package->uses_pre_gyp)
        return look_as_pre_gyp(package, process, api, inside, arena, lookup);
    return package->uses_bindings && look_as_bindings(process, inside, arena, lookup);
}
