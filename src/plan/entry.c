#include "plan/entry.h"

#include <jansson.h>
#include <string.h>

/* Which program runs a file, by the end of its name. */
static const struct {
    const char *suffix, *program, *option;
} runners[] = {
    {".js", "node", NULL},    {".mjs", "node", NULL},    {".cjs", "node", NULL},
    {".py", "python3", NULL}, {".pyz", "python3", NULL}, {".rb", "ruby", NULL},
    {".php", "php", NULL},    {".pl", "perl", NULL},     {".lua", "lua", NULL},
    {".jar", "java", "-jar"},
};

/* Files by which an application is known, and which start it, the surest first. */
static const char *const starters[] = {
    "__main__.py", "dist/index.js", "dist/main.js", "dist/server.js", "build/index.js",
    "server.js",   "index.js",      "main.js",      "app.js",         "index.mjs",
    "main.py",     "app.py",        "server.py",    "manage.py"};

#define COUNT(list) (sizeof(list) / sizeof *(list))

static const struct node *file_in(struct root *root, const struct node *folder, const char *path)
{
    int error;
    const struct node *node = root_lookup(root, folder, path, NULL, LOOKUP_FOLLOW, &error);
    return node != NULL && node->type == NODE_FILE ? node : NULL;
}

/* "main" of package.json, where there is such a file; NULL: none. */
static const char *main_of_package(struct root *root, const struct node *folder,
                                   struct arena *arena)
{
    enum { LARGEST = 1 << 20 };
    const struct node *node = file_in(root, folder, "package.json");
    struct file_bytes bytes;
    if (node == NULL || node->size > LARGEST || root_bytes(root, node, &bytes) != 0)
        return NULL;
    json_t *package =
        json_loadb((const char *)bytes.span.data, bytes.span.size, JSON_REJECT_DUPLICATES, NULL);
    const char *text = json_string_value(json_object_get(package, "main")), *path = NULL;
    if (text != NULL && *text != '/') {
        path = arena_string(arena, text);
        if (file_in(root, folder, path) == NULL)
            path = arena_format(arena, "%s.js", text);
        if (file_in(root, folder, path) == NULL)
            path = NULL;
    }
    json_decref(package);
    file_bytes_release(&bytes);
    return path;
}

/* The file that starts the application, relative to its folder; NULL: it is none. */
static const char *starter_of(struct root *root, const struct node *folder, struct arena *arena)
{
    const char *path = main_of_package(root, folder, arena);
    for (size_t i = 0; path == NULL && i < COUNT(starters); i++)
        if (file_in(root, folder, starters[i]) != NULL)
            path = starters[i];
    return path;
}

bool entry_is_application(struct root *root, const struct node *folder)
{
    struct arena arena = {0};
    bool is = starter_of(root, folder, &arena) != NULL;
    arena_free(&arena);
    return is;
}

/* A folder that comes along may have the interpreter itself: a virtual environment. */
static const char *runner_in(struct artifacts *artifacts, const char *program)
{
    for (size_t i = 0; i < artifacts->list.count; i++) {
        const struct artifact *artifact = &artifacts->list.at[i];
        const char *path = arena_format(&artifacts->arena, "bin/%s", program);
        int error;
        if (artifact->folder && root_lookup(artifact->root, artifact->node, path, NULL,
                                            LOOKUP_NOFOLLOW, &error) != NULL)
            return arena_format(&artifacts->arena, "%s/%s", artifact->to, path);
    }
    return program;
}

static bool run_by(struct artifacts *artifacts, const char *path, struct entry *entry)
{
    size_t length = strlen(path);
    for (size_t i = 0; i < COUNT(runners); i++) {
        size_t suffix = strlen(runners[i].suffix);
        if (length <= suffix || strcmp(path + length - suffix, runners[i].suffix) != 0)
            continue;
        const char **words = arena_array(&artifacts->arena, 3, sizeof *words);
        entry->runner = words[entry->count++] = runner_in(artifacts, runners[i].program);
        if (runners[i].option != NULL)
            words[entry->count++] = runners[i].option;
        words[entry->count++] = path;
        entry->words = words;
        return true;
    }
    return false;
}

/* An executable script with a line of its own starts itself. */
static bool starts_itself(const struct artifact *artifact)
{
    struct file_bytes bytes;
    if ((artifact->node->mode & 0111) == 0 ||
        root_bytes(artifact->root, artifact->node, &bytes) != 0)
        return false;
    bool line = bytes.span.size > 2 && memcmp(bytes.span.data, "#!", 2) == 0;
    file_bytes_release(&bytes);
    return line;
}

void entry_find(struct artifacts *artifacts, struct entry *entry)
{
    *entry = (struct entry){.count = 0};
    for (size_t i = 0; i < artifacts->list.count && entry->count == 0; i++) {
        const struct artifact *artifact = &artifacts->list.at[i];
        if (artifact->node == NULL)
            continue;
        if (!artifact->folder) {
            if (!starts_itself(artifact))
                run_by(artifacts, artifact->to, entry);
            continue;
        }
        const char *starter = starter_of(artifact->root, artifact->node, &artifacts->arena);
        if (starter != NULL)
            run_by(artifacts, arena_format(&artifacts->arena, "%s/%s", artifact->to, starter),
                   entry);
    }
}
