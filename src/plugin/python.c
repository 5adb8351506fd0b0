#include "plugin/python.h"

#include <stdlib.h>
#include <string.h>

static const struct node *look(struct facts *facts, const char *path, enum node_type type)
{
    int error;
    const struct node *node =
        root_lookup(facts_root(facts), NULL, path, NULL, LOOKUP_FOLLOW, &error);
    return node != NULL && node->type == type ? node : NULL;
}

static bool is_file(struct facts *facts, const char *path)
{
    return look(facts, path, NODE_FILE) != NULL;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

/* ---- interpreters ---- */

/* "python3.12", "python3.13t": the minor, 0 for any other name. */
static unsigned minor_of(const char *name, bool *threaded)
{
    static const char start[] = "python3.";
    char *end;
    if (strncmp(name, start, strlen(start)) != 0)
        return 0;
    unsigned long minor = strtoul(name + strlen(start), &end, 10);
    *threaded = *end == 't';
    return minor < 1000 ? (unsigned)minor : 0;
}

/* The only minor that has a library folder below `prefix`, for a program that is called python3. */
static unsigned minor_of_library(struct facts *facts, const char *prefix, bool *threaded,
                                 struct arena *arena)
{
    const struct node **nodes;
    size_t count = 0;
    unsigned minor = 0;
    const struct node *lib = look(facts, arena_format(arena, "%s/lib", prefix), NODE_DIR);
    if (lib == NULL || root_list(facts_root(facts), lib, arena, &nodes, &count) != 0)
        return 0;
    for (size_t i = 0; i < count; i++) {
        bool own;
        unsigned found = minor_of(nodes[i]->name, &own);
        if (found == 0 ||
            !is_file(facts, arena_format(arena, "%s/lib/%s/os.py", prefix, nodes[i]->name)))
            continue;
        if (minor != 0)
            return 0;
        minor = found;
        *threaded = own;
    }
    return minor;
}

/* The tag in the names of its own modules: "cpython-312-x86_64-linux-gnu". */
static const char *own_tag(struct facts *facts, const char *prefix, const struct python *python,
                           struct arena *arena)
{
    static const char *const libs[] = {"lib", "lib64"};
    const char *start =
        arena_format(arena, ".cpython-3%u%s", python->minor, python->threaded ? "t-" : "-");
    for (size_t i = 0; i < sizeof libs / sizeof *libs; i++) {
        const struct node **nodes;
        size_t count = 0;
        const struct node *folder =
            look(facts,
                 arena_format(arena, "%s/%s/python3.%u%s/lib-dynload", prefix, libs[i],
                              python->minor, python->threaded ? "t" : ""),
                 NODE_DIR);
        if (folder == NULL || root_list(facts_root(facts), folder, arena, &nodes, &count) != 0)
            continue;
        for (size_t k = 0; k < count; k++) {
            const char *tag = strstr(nodes[k]->name, start);
            const char *end = tag != NULL ? strrchr(tag, '.') : NULL;
            if (end != NULL && strcmp(end, ".so") == 0)
                return arena_copy(arena, tag + 1, (size_t)(end - tag) - 1);
        }
    }
    return NULL;
}

static void add_suffix(struct python *python, const char *suffix)
{
    python->suffixes[python->suffix_count++] = suffix;
}

/* A build without the global lock takes no abi3 (3.13); from 3.13 on the stable ABI's name may tell
 * the platform; from 3.15 on there is one for both builds. */
static void list_suffixes(struct python *python, struct arena *arena)
{
    enum { WITH_PLATFORM = 13, BOTH_BUILDS = 15 };
    const char *platform =
        python->tag != NULL ? strchr(python->tag + strlen("cpython-"), '-') : NULL;
    python->suffix_count = 0;
    if (python->tag != NULL)
        add_suffix(python, arena_format(arena, ".%s.so", python->tag));
    if (!python->threaded)
        add_suffix(python, ".abi3.so");
    if (!python->threaded && python->minor >= WITH_PLATFORM && platform != NULL)
        add_suffix(python, arena_format(arena, ".abi3%s.so", platform));
    if (python->minor >= BOTH_BUILDS)
        add_suffix(python, ".abi3t.so");
    if (python->minor >= BOTH_BUILDS && platform != NULL)
        add_suffix(python, arena_format(arena, ".abi3t%s.so", platform));
    add_suffix(python, ".so");
}

bool python_of(struct facts *facts, const struct exec_result *program, struct arena *arena,
               struct python *python)
{
    const char *path = node_path(program->node, arena);
    const char *bin = strrchr(path, '/');
    while (bin > path && bin[-1] != '/')
        bin--;
    const char *prefix = bin > path ? arena_copy(arena, path, (size_t)(bin - path) - 1) : "";
    *python = (struct python){.minor = minor_of(base_name(path), &python->threaded)};
    python->minor = minor_of(base_name(path), &python->threaded);
    if (python->minor == 0)
        python->minor = minor_of_library(facts, prefix, &python->threaded, arena);
    if (python->minor == 0)
        return false;
    python->tag = own_tag(facts, prefix, python, arena);
    list_suffixes(python, arena);
    return true;
}

/* ---- modules ---- */

void python_tag(const char *suffix, struct python_tag *tag)
{
    static const char start[] = ".cpython-3";
    const char *end = suffix + strlen(suffix);
    char *at;
    *tag = (struct python_tag){0};
    if (strncmp(suffix, start, strlen(start)) != 0)
        return;
    unsigned long minor = strtoul(suffix + strlen(start), &at, 10);
    tag->minor = minor < 1000 ? (unsigned)minor : 0;
    tag->threaded = *at == 't';
    while (*at != 0 && *at != '-')
        at++;
    if (*at == '-' && end - at > 4)
        tag->platform = at + 1;
}

/* What Python takes for `import` of `tail` in a folder, of these endings; NULL: nothing. */
static const char *first_of(struct facts *facts, const struct python *python, const char *start,
                            struct arena *arena)
{
    static const char *const sources[] = {".py", ".pyc"};
    for (size_t i = 0; i < python->suffix_count; i++) {
        const char *path = arena_format(arena, "%s%s", start, python->suffixes[i]);
        if (is_file(facts, path))
            return path;
    }
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        const char *path = arena_format(arena, "%s%s", start, sources[i]);
        if (is_file(facts, path))
            return path;
    }
    return NULL;
}

/* Is it a folder that sys.path usually has? */
static bool is_on_path(const char *name, size_t length)
{
    static const char *const names[] = {"site-packages", "dist-packages", "lib-dynload"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strlen(names[i]) == length && memcmp(names[i], name, length) == 0)
            return true;
    return false;
}

const char *python_below_path(struct facts *facts, const char *path, struct arena *arena)
{
    const char *below = NULL;
    for (const char *at = path + 1, *slash; (slash = strchr(at, '/')) != NULL; at = slash + 1) {
        if (is_on_path(at, (size_t)(slash - at)))
            return slash + 1;
        if (below == NULL && strncmp(at, "python3.", 8) == 0)
            below = slash + 1; /* the standard library's */
    }
    if (below != NULL)
        return below;
    below = strrchr(path, '/') + 1;
    while (below > path + 1) { /* packages up from the file */
        const char *folder = arena_copy(arena, path, (size_t)(below - path));
        if (!is_file(facts, arena_format(arena, "%s__init__.py", folder)))
            break;
        for (below--; below > path && below[-1] != '/';)
            below--;
    }
    return below;
}

static const char *dotted(const char *below, size_t length, struct arena *arena)
{
    char *name = arena_copy(arena, below, length);
    for (char *at = name; *at != 0; at++)
        if (*at == '/')
            *at = '.';
    return name;
}

void python_import(struct facts *facts, const struct python *python, const char *path,
                   struct arena *arena, struct python_import *import)
{
    const char *base = base_name(path), *below = python_below_path(facts, path, arena);
    size_t length = strcspn(base, ".");
    const char *start = arena_copy(arena, path, (size_t)(base - path) + length);
    *import = (struct python_import){
        .name = dotted(below, (size_t)(base - below) + length, arena),
        .tail = arena_copy(arena, base, length),
        .suffix = base + length,
        .taken = first_of(facts, python, arena_format(arena, "%s/__init__", start), arena),
    };
    if (import->taken == NULL)
        import->taken = first_of(facts, python, start, arena);
    if (python->tag != NULL || import->taken != NULL)
        return;
    struct python_tag tag;
    python_tag(import->suffix, &tag);
    if (tag.minor == python->minor && tag.threaded == python->threaded)
        import->taken = path; /* its platform's name is not known, and taken to be right */
}
