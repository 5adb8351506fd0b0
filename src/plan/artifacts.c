#include "plan/artifacts.h"

#include <string.h>

#include "check/stages.h"
#include "check/walk.h"

/* Where builds leave programs: of Go, of Rust, of make install, and what Dockerfiles call it. */
static const char *const usual[] = {"/out",
                                    "/dist",
                                    "/app/bin",
                                    "/app/dist",
                                    "/go/bin",
                                    "/usr/local/bin",
                                    "/app/target/release",
                                    "/src/target/release",
                                    "/build/bin",
                                    "/build",
                                    "/workspace/bin",
                                    "/src/bin",
                                    "/app",
                                    "/target/release",
                                    NULL};

/* May somebody who is not its owner read the file, and execute a program? */
static bool is_open(const struct node *node)
{
    enum { OTHERS_READ = 4, ANY_EXEC = 0111, OTHERS_EXEC = 1 };
    if (node->type != NODE_FILE)
        return true;
    return (node->mode & OTHERS_READ) != 0 &&
           ((node->mode & ANY_EXEC) == 0 || (node->mode & OTHERS_EXEC) != 0);
}

static void add(struct artifacts *artifacts, const char *stage, const char *path,
                const struct node *node)
{
    struct arena *arena = &artifacts->arena;
    *vec_push(&artifacts->list) = (struct artifact){.stage = arena_string(arena, stage),
                                                    .source = arena_string(arena, path),
                                                    .to = arena_string(arena, path),
                                                    .open = is_open(node)};
}

static bool find_in_stages(const struct stages *stages, const char *path,
                           struct artifacts *artifacts)
{
    for (size_t i = 0; i < stages->list.count; i++) {
        int error;
        const struct node *node =
            root_lookup(stages->list.at[i].root, NULL, path, NULL, LOOKUP_FOLLOW, &error);
        if (node == NULL)
            continue;
        add(artifacts, stages->list.at[i].name, path, node);
        return true;
    }
    return false;
}

/* The name that a file of the local disk gets at the top of the root. */
static const char *top_name(const char *path, struct arena *arena)
{
    size_t end = strlen(path);
    while (end > 1 && path[end - 1] == '/')
        end--;
    const char *bare = arena_copy(arena, path, end), *slash = strrchr(bare, '/');
    return arena_format(arena, "/%s", slash != NULL ? slash + 1 : bare);
}

static bool find_subject(struct willrun *willrun, const struct stages *stages, const char *path,
                         struct artifacts *artifacts)
{
    if (*path != '/') {
        *vec_push(&artifacts->list) =
            (struct artifact){.source = arena_string(&artifacts->arena, path),
                              .to = top_name(path, &artifacts->arena),
                              .open = true};
        return true;
    }
    return find_in_stages(stages, path, artifacts) ||
           err_set(&willrun->err, WILLRUN_EINPUT,
                   stages->list.count != 0 ? "%s is in no stage: name a path of one of them, or a "
                                             "relative path of the local disk"
                                           : "%s is a path in a stage, and there is none: give "
                                             "--stage NAME=SOURCE, or a relative path of the local "
                                             "disk",
                   path);
}

/* The programs in the first of the usual folders that has any. */
static bool find_usual(struct willrun *willrun, const struct stages *stages,
                       struct artifacts *artifacts)
{
    const struct stage *stage = &stages->list.at[stages->list.count - 1];
    for (size_t i = 0; usual[i] != NULL && artifacts->list.count == 0; i++) {
        struct arena arena = {0};
        const struct node **nodes;
        size_t count = 0;
        int error;
        const struct node *dir =
            root_lookup(stage->root, NULL, usual[i], NULL, LOOKUP_FOLLOW, &error);
        if (dir != NULL && dir->type == NODE_DIR)
            root_list(stage->root, dir, &arena, &nodes, &count);
        for (size_t k = 0; k < count; k++) {
            const struct file_facts *file =
                nodes[k]->type == NODE_FILE ? facts_of(stage->facts, nodes[k]) : NULL;
            if (file != NULL && file->kind == FILE_ELF && (nodes[k]->mode & 0111) != 0)
                add(artifacts, stage->name, node_path(nodes[k], &arena), nodes[k]);
        }
        arena_free(&arena);
    }
    return artifacts->list.count != 0 ||
           err_set(&willrun->err, WILLRUN_EINPUT,
                   "the stage %s has no program in /out, /app, /go/bin, /usr/local/bin and the "
                   "like: name a PATH",
                   stage->name);
}

static bool find_all(struct willrun *willrun, const struct stages *stages,
                     struct artifacts *artifacts)
{
    bool found = true;
    for (size_t i = 0; found && i < willrun->subjects.count; i++)
        found = find_subject(willrun, stages, willrun->subjects.at[i], artifacts);
    if (!found || artifacts->list.count != 0 || willrun->copies.count != 0)
        return found;
    return stages->list.count != 0 ? find_usual(willrun, stages, artifacts)
                                   : err_set(&willrun->err, WILLRUN_EUSAGE,
                                             "nothing to plan for: name a PATH, or give a stage");
}

bool artifacts_find(struct willrun *willrun, struct artifacts *artifacts)
{
    struct stages stages;
    bool found = true;
    *artifacts = (struct artifacts){0};
    stages_init(&stages);
    for (size_t i = 0; found && i < willrun->stages.count; i++)
        found = stages_add(&stages, willrun->stages.at[i], willrun->platform_name, &willrun->err);
    found = found && find_all(willrun, &stages, artifacts);
    stages_free(&stages);
    return found;
}

void artifacts_free(struct artifacts *artifacts)
{
    vec_free(&artifacts->list);
    arena_free(&artifacts->arena);
}
