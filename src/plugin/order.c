#include "plugin/order_reading.h"

#include <fnmatch.h>
#include <string.h>

enum { LARGEST_FILE = 1 << 20, MOST_ROOTS = 4 };

/* ---- where the configurations are ---- */

static const struct config {
    enum plugin_id plugin;
    reading_call *read;
    const char
        *path; /* with "%v" and "%p" for what the plugin's path tells; "": the plugin's own */
    const char *roots; /* … where relative paths begin, parted by blanks */
} configs[] = {
#define CONFIG(plugin, read, path, roots) {PLUGIN_##plugin, read, path, roots},
#include "plugins.def"
};

/* ---- files ---- */

static const struct node *lookup(const struct reading *reading, const char *path)
{
    int error;
    return root_lookup(facts_root(reading->facts), NULL, path, NULL, LOOKUP_FOLLOW, &error);
}

char *reading_text(struct reading *reading, const char *path)
{
    struct span text;
    const struct node *node = lookup(reading, path);
    if (node == NULL || node->type != NODE_FILE)
        return NULL;
    if (node_profile(node) != NULL ||
        facts_text(reading->facts, node, LARGEST_FILE, reading->arena, &text) != 0) {
        reading->gap = true;
        return NULL;
    }
    return arena_copy(reading->arena, (const char *)text.data, text.size);
}

const struct node *reading_node(const struct reading *reading, const char *path)
{
    const struct node *node = *path == '/' ? lookup(reading, path) : NULL;
    for (size_t i = 0; *path != '/' && node == NULL && reading->roots[i] != NULL; i++)
        node = lookup(reading, arena_format(reading->arena, "%s/%s", reading->roots[i], path));
    return node != NULL && node->type == NODE_FILE ? node : NULL;
}

void reading_add(struct reading *reading, const struct node *node, const char *file, unsigned line)
{
    *vec_push(&reading->loads) = (struct plugin_load){
        .node = node, .file = file, .line = line, .sure = reading->unsure == 0};
}

static void call_all(struct reading *reading, const char *folder, const char *rest,
                     reading_call *call);

static void call_one(struct reading *reading, const struct node *node, const char *path,
                     reading_call *call)
{
    if (node != NULL && node->type == NODE_DIR)
        call_all(reading, path, "*", call);
    else if (node != NULL && reading->depth < DEEPEST_INCLUDE) {
        reading->depth++;
        call(reading, path);
        reading->depth--;
    }
}

/* What `rest`, a pattern of one or more parts, stands for below `folder`. */
static void call_all(struct reading *reading, const char *folder, const char *rest,
                     reading_call *call)
{
    size_t length = strcspn(rest, "/");
    const char *part = arena_copy(reading->arena, rest, length);
    const char *behind = rest + length + strspn(rest + length, "/");
    const struct node *node = lookup(reading, *folder != 0 ? folder : "/");
    const struct node **nodes;
    size_t count = 0;
    if (node == NULL || node->type != NODE_DIR ||
        root_list(facts_root(reading->facts), node, reading->arena, &nodes, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        if (fnmatch(part, nodes[i]->name, FNM_PERIOD) != 0)
            continue;
        const char *path = arena_format(reading->arena, "%s/%s", folder, nodes[i]->name);
        if (*behind != 0)
            call_all(reading, path, behind, call);
        else
            call_one(reading, lookup(reading, path), path, call);
    }
}

void reading_each(struct reading *reading, const char *pattern, reading_call *call)
{
    if (strpbrk(pattern, "*?[") != NULL)
        call_all(reading, "", pattern + strspn(pattern, "/"), call);
    else
        call_one(reading, lookup(reading, pattern), arena_string(reading->arena, pattern), call);
}

/* ---- the whole ---- */

static void set_roots(struct reading *reading, const char *words, const struct place_of_host *place)
{
    const char **roots = arena_array(reading->arena, MOST_ROOTS + 1, sizeof *roots);
    size_t count = 0;
    for (const char *at = words; *at != 0 && count < MOST_ROOTS; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        const char *folder =
            plugin_fill(arena_copy(reading->arena, at, length), place, reading->arena);
        if (folder != NULL)
            roots[count++] = folder;
        at += length;
    }
    reading->roots = roots;
}

static const char *folder_of(const char *path, struct arena *arena)
{
    return arena_copy(arena, path, (size_t)(strrchr(path, '/') - path));
}

/* The folder of `path` is where the host looks for plugins: what the path tells of the host's place
 * is so. */
static const char *own_folder(const struct place_of_host *place, const char *path, const char *host,
                              struct arena *arena)
{
    size_t length = place->prefix != NULL ? strlen(place->prefix) : 0;
    bool under = place->prefix != NULL && strncmp(host, place->prefix, length) == 0 &&
                 strncmp(host + length, "/bin/", 5) == 0;
    return under ? folder_of(path, arena) : NULL;
}

static bool read_config(const struct config *config, const struct place_of_host *place,
                        const char *path, struct reading *reading)
{
    const char *main_file =
        *config->path != 0 ? plugin_fill(config->path, place, reading->arena) : path;
    if (main_file == NULL || lookup(reading, main_file) == NULL)
        return false;
    set_roots(reading, config->roots, place);
    reading->folder = folder_of(main_file, reading->arena);
    reading->extensions = own_folder(place, path, reading->host->program, reading->arena);
    config->read(reading, main_file);
    return true;
}

void plugin_order_read(const struct plugin *plugin, const char *path,
                       const struct exec_result *host, struct facts *facts, struct arena *arena,
                       struct plugin_order *order)
{
    struct reading reading = {.facts = facts, .arena = arena, .host = host};
    struct place_of_host place = {NULL, NULL};
    plugin_place(plugin, path, arena, &place);
    *order = (struct plugin_order){0};
    for (size_t i = 0; order->config == NULL && i < sizeof configs / sizeof *configs; i++)
        if (configs[i].plugin == plugin->id && read_config(&configs[i], &place, path, &reading))
            order->config = plugin_fill(configs[i].path, &place, arena);
    struct plugin_load *loads = arena_array(arena, reading.loads.count + 1, sizeof *loads);
    if (reading.loads.count != 0)
        memcpy(loads, reading.loads.at, reading.loads.count * sizeof *loads);
    order->loads = loads;
    order->count = reading.loads.count;
    order->gap = reading.gap;
    vec_free(&reading.loads);
    vec_free(&reading.names);
}

const struct plugin_load *plugin_order_of(const struct plugin_order *order, const struct node *node)
{
    for (size_t i = 0; node != NULL && i < order->count; i++)
        if (order->loads[i].node != NULL && order->loads[i].node->content == node->content)
            return &order->loads[i];
    return NULL;
}
