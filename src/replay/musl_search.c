/* Where musl looks for a library: load_library, path_open and fixup_rpath of
 * ldso/dynlink.c. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "replay/musl_parts.h"

enum {
    BUFFER = 2 * NAME_MAX + 2, /* what a path must fit into */
    LONGEST_NAME = NAME_MAX,
};

static void consider(struct musl *musl, int by, const char *name, const char *path,
                     enum willrun_via via)
{
    if (!musl->process->trail)
        return;
    struct event *event = replay_event(musl->replay, EV_CONSIDERED);
    event->by = by;
    event->name = name;
    event->path = path;
    event->via = via;
    event->refusal = REFUSED_ERRNO;
    event->error = musl->error;
}

/* open(path, O_RDONLY); only a failure touches errno. */
static const struct node *open_node(struct musl *musl, const char *path)
{
    const struct process *process = musl->process;
    int error = 0;
    const struct node *node = root_lookup(facts_root(musl->facts), process->cwd, path,
                                          &process->cred, LOOKUP_FOLLOW, &error);
    if (node != NULL && !node_allows(node, &process->cred, ACCESS_READ))
        error = EACCES;
    else if (node != NULL && node->type == NODE_SOCKET)
        error = ENXIO;
    if (error == 0)
        return node;
    musl->error = error;
    return NULL;
}

/* ---- $ORIGIN ---- */

/* Everything before the last slash: "" for "/app", "." where there is none. */
static const char *folder_of(struct musl *musl, const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? arena_copy(musl->arena, path, (size_t)(slash - path)) : ".";
}

static const char *origin_of(struct musl *musl, int index)
{
    const char *path = musl->replay->objects.at[index].path;
    if (index == musl->program) {
        bool unknown = musl->exe == NULL || strlen(musl->exe) >= BUFFER;
        return musl->secure || unknown ? NULL : folder_of(musl, musl->exe);
    }
    return !musl->secure || path[0] == '/' ? folder_of(musl, path) : NULL;
}

static size_t token_length(const char *dollar)
{
    return strncmp(dollar, "${ORIGIN}", 9) == 0 ? 9 : strncmp(dollar, "$ORIGIN", 7) == 0 ? 7 : 0;
}

/* The search path of an object; NULL: none, or one with another token. */
static const char *rpath_of(struct musl *musl, int index)
{
    const struct loaded *object = &musl->replay->objects.at[index];
    const char *text = object->elf != NULL ? object->elf->musl_path : NULL;
    if (text == NULL || strchr(text, '$') == NULL)
        return text;
    for (const char *dollar = strchr(text, '$'); dollar != NULL; dollar = strchr(dollar + 1, '$'))
        if (token_length(dollar) == 0)
            return NULL;
    const char *origin = origin_of(musl, index);
    if (origin == NULL)
        return NULL;
    const char *result = "";
    for (const char *dollar; (dollar = strchr(text, '$')) != NULL;
         text = dollar + token_length(dollar))
        result = arena_format(musl->arena, "%s%.*s%s", result, (int)(dollar - text), text, origin);
    return arena_format(musl->arena, "%s%s", result, text);
}

/* ---- lists ---- */

enum outcome { FOUND, NOT_THERE, STOP };

/* path_open: colons and newlines separate; any other error than these four ends
 * the whole search. */
static enum outcome search_list(struct musl *musl, int by, const char *name, const char *list,
                                enum willrun_via via, struct musl_found *found)
{
    for (const char *at = list;;) {
        at += strspn(at, ":\n");
        size_t length = strcspn(at, ":\n");
        if (length == 0)
            return NOT_THERE;
        if (length + 1 + strlen(name) < BUFFER) {
            const char *path = arena_format(musl->arena, "%.*s/%s", (int)length, at, name);
            const struct node *node = open_node(musl, path);
            if (node != NULL) {
                *found = (struct musl_found){node, path, via};
                return FOUND;
            }
            consider(musl, by, name, path, via);
            if (musl->error != ENOENT && musl->error != ENOTDIR && musl->error != EACCES &&
                musl->error != ENAMETOOLONG)
                return STOP;
        }
        at += length;
    }
}

/* /etc/ld-musl-ARCH.path, behind what the loader's name has before its
 * second-last slash: "/usr/lib/ld…" has it in /usr/etc. */
static const char *path_file(struct musl *musl)
{
    size_t prefix = 0, last = 0;
    for (size_t i = 0; musl->loader[0] == '/' && musl->loader[i] != 0; i++)
        if (musl->loader[i] == '/') {
            prefix = last;
            last = i;
        }
    return arena_format(musl->arena, "%.*s/etc/ld-musl-%s.path", (int)prefix, musl->loader,
                        musl->arch);
}

/* Read once, when it is first asked for. A file that cannot be read leaves
 * nothing to search; NULL: it is a fifo, on which open does not return. */
static const char *system_path(struct musl *musl, struct musl_found *found)
{
    enum { LARGEST = 1 << 20 };
    static const char usual[] = "/lib:/usr/local/lib:/usr/lib";
    struct span text;
    if (musl->system_path != NULL)
        return musl->system_path;
    musl->system_path = usual;
    musl->system_via = WILLRUN_VIA_DEFAULT;
    if (musl->arch == NULL)
        return usual;
    const char *path = path_file(musl);
    const struct node *node = open_node(musl, path);
    if (node != NULL && node->type == NODE_FIFO) {
        *found = (struct musl_found){node, path, WILLRUN_VIA_MUSL_PATH_FILE};
        musl->system_path = NULL;
        return NULL;
    }
    if (node == NULL && musl->error == ENOENT)
        return usual;
    musl->system_path = "";
    musl->system_via = WILLRUN_VIA_MUSL_PATH_FILE;
    if (node == NULL)
        return "";
    int error = node->type == NODE_DIR ? EISDIR
                : node->type != NODE_FILE
                    ? 0
                    : facts_text(musl->facts, node, LARGEST, musl->arena, &text);
    if (node->type == NODE_FILE && error == 0)
        musl->system_path = arena_copy(musl->arena, (const char *)text.data, text.size);
    if (error != 0)
        musl->error = error;
    return musl->system_path;
}

/* The paths of the object that asks and of those that had it loaded. */
static enum outcome search_rpaths(struct musl *musl, int by, const char *name,
                                  struct musl_found *found)
{
    enum outcome outcome = NOT_THERE;
    for (int at = by; at >= 0 && outcome == NOT_THERE; at = musl->replay->objects.at[at].by) {
        const char *list = rpath_of(musl, at);
        const struct elf_facts *elf = musl->replay->objects.at[at].elf;
        if (list != NULL)
            outcome =
                search_list(musl, by, name, list,
                            elf->runpath != NULL ? WILLRUN_VIA_RUNPATH : WILLRUN_VIA_RPATH, found);
    }
    return outcome;
}

bool musl_search(struct musl *musl, int by, const char *name, struct musl_found *found)
{
    enum outcome outcome = NOT_THERE;
    *found = (struct musl_found){0};
    if (strchr(name, '/') != NULL) {
        *found = (struct musl_found){open_node(musl, name), name, WILLRUN_VIA_PATH};
        if (found->node == NULL)
            consider(musl, by, name, name, WILLRUN_VIA_PATH);
        return found->node != NULL;
    }
    if (strlen(name) > LONGEST_NAME)
        return false;
    if (musl->library_path != NULL)
        outcome =
            search_list(musl, by, name, musl->library_path, WILLRUN_VIA_LD_LIBRARY_PATH, found);
    if (outcome == NOT_THERE)
        outcome = search_rpaths(musl, by, name, found);
    if (outcome == NOT_THERE) {
        const char *list = system_path(musl, found);
        outcome = list == NULL ? FOUND : search_list(musl, by, name, list, musl->system_via, found);
    }
    return outcome == FOUND;
}
