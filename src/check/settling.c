#include "check/settling.h"

#include <string.h>

/* ---- which gap concerns a path ---- */

unsigned settling_serial(const struct settling *settling, const char *path)
{
    int error;
    const struct node *node = root_lookup(settling->built->root, settling->target->cwd, path, NULL,
                                          LOOKUP_FOLLOW, &error);
    return node != NULL ? node_copy(node) : 0;
}

const struct gap *settling_gap(const struct settling *settling, const char *path)
{
    if (path == NULL || strchr(path, '/') == NULL)
        return NULL;
    unsigned serial = settling_serial(settling, path);
    if (*path != '/')
        path = path_clean(settling->built->config.workdir, path, settling->arena);
    return built_gap(settling->built, path, serial, false);
}

bool gap_is_whole(const struct gap *gap)
{
    return strcmp(gap->path, "/") == 0;
}

/* ---- starts that may be broken ---- */

/* Folders that a loader takes libraries from, or what it is told by. */
static bool is_of_loader(const char *path)
{
    static const char *const places[] = {"/lib",
                                         "/lib64",
                                         "/usr/lib",
                                         "/usr/lib64",
                                         "/usr/local/lib",
                                         "/etc/ld.so.preload",
                                         "/etc/ld.so.cache"};
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (paths_overlap(path, places[i]))
            return true;
    return false;
}

/* Does the gap bring files to a folder that the program's own search path may name? They may come
 * before the library that was found. */
static bool is_searched(const struct settling *settling, const struct gap *gap)
{
    const char *path = gap->path;
    struct process process = target_process(settling->target, NULL);
    const char *paths = process_env(&process, "LD_LIBRARY_PATH");
    const char *own = settling->subject->path, *slash = strrchr(own, '/');
    if (gap->kind == GAP_RUN || gap->kind == GAP_CONTEXT || gap->file)
        return strstr(path, ".so") != NULL;
    if (slash == own && strstr(path, ".so") != NULL) /* at the top, with all else */
        return true;
    if (*own == '/' && slash != own &&
        paths_overlap(path, arena_copy(settling->arena, own, (size_t)(slash - own))))
        return true;
    char *names = paths != NULL ? arena_string(settling->arena, paths) : NULL, *rest = NULL;
    for (char *name = names != NULL ? strtok_r(names, ":;", &rest) : NULL; name != NULL;
         name = strtok_r(NULL, ":;", &rest))
        if (paths_overlap(path, name))
            return true;
    return false;
}

/* What may be at a path that was considered before the library was found; of a folder that is not
 * there, in it. */
static const struct gap *gap_before(const struct settling *settling,
                                    const struct willrun_object *object)
{
    for (size_t i = 0; i < object->trail_count; i++) {
        const char *path = object->trail[i].path;
        size_t length = strlen(path);
        const struct gap *gap = settling_gap(settling, path);
        for (size_t k = 0; gap == NULL && length > 1 && path[length - 1] == '/' &&
                           k < settling->built->gaps.count;
             k++) {
            const struct gap *other = &settling->built->gaps.at[k];
            if (!gap_only_adds(other) && other->only == NULL &&
                paths_overlap(other->path, arena_copy(settling->arena, path, length - 1)))
                gap = other;
        }
        if (gap != NULL)
            return gap;
    }
    return NULL;
}

/* May any user start what is at `path`? */
static bool is_open_to_all(const struct settling *settling, const char *path)
{
    static const struct cred anybody = {.uid = INT32_MAX, .gid = INT32_MAX};
    int error;
    const struct node *node = root_lookup(settling->built->root, settling->target->cwd, path,
                                          &anybody, LOOKUP_FOLLOW, &error);
    return node != NULL && node_allows(node, &anybody, ACCESS_EXEC);
}

/* Was the file copied below a WORKDIR that is not known? */
static bool is_floating(const struct settling *settling, const char *path)
{
    unsigned serial = settling_serial(settling, path);
    for (size_t i = 0; i < settling->built->floating.count; i++)
        if (settling->built->floating.at[i] == serial)
            return true;
    return false;
}

/* An image that is known by its distribution alone, or not at all, may have another USER than root
 * and another WORKDIR than /. */
static const struct gap *gap_of_settings(const struct settling *settling)
{
    const struct built *built = settling->built;
    const struct willrun *given = settling->assembly->willrun;
    const struct willrun_subject *subject = settling->subject;
    const struct gap *gap = NULL;
    for (size_t i = 0; gap == NULL && i < built->gaps.count; i++)
        if (built->gaps.at[i].at == built->from && built->gaps.at[i].only == NULL)
            gap = &built->gaps.at[i];
    if (gap == NULL || built->settings != NULL || !settling->asked->command ||
        strchr(subject->path, '/') == NULL)
        return NULL;
    bool below = *subject->path != '/' && built->config.floats;
    if (given->workdir == NULL && below != is_floating(settling, subject->path))
        return gap;
    const char *user = built->config.user;
    if (given->user != NULL || (user != NULL && *user >= '0' && *user <= '9'))
        return NULL; /* a name's number is the image's to say */
    bool all = is_open_to_all(settling, subject->path);
    for (size_t i = 0; i < subject->start_count; i++)
        all = all && is_open_to_all(settling, subject->starts[i]);
    return all ? NULL : gap;
}

const struct gap *settling_gap_of_start(const struct settling *settling)
{
    const struct willrun_subject *subject = settling->subject;
    const struct gap *gap = settling_gap(settling, subject->path);
    if (gap == NULL)
        gap = gap_of_settings(settling);
    bool dynamic = subject->object_count != 0 || subject->linkage == WILLRUN_DYNAMIC;
    for (size_t i = 0; gap == NULL && i < subject->start_count; i++)
        gap = settling_gap(settling, subject->starts[i]);
    for (size_t i = 0; gap == NULL && i < subject->object_count; i++)
        gap = settling_gap(settling, subject->objects[i].path);
    for (size_t i = 0; gap == NULL && i < subject->object_count; i++)
        gap = gap_before(settling, &subject->objects[i]);
    for (size_t i = 0; gap == NULL && dynamic && i < settling->built->gaps.count; i++) {
        const struct gap *other = &settling->built->gaps.at[i];
        if (!gap_only_adds(other) &&
            (gap_is_whole(other) || is_of_loader(other->path) || is_searched(settling, other)))
            gap = other;
    }
    return gap;
}
