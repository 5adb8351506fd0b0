#include "plan/artifacts.h"

#include <stdlib.h>
#include <string.h>

#include "check/walk.h"
#include "dockerfile/scope.h"
#include "plan/entry.h"
#include "plan/usual.h"

/* ---- what others may do with it ---- */

/* May somebody who is not its owner read the file, and execute a program? */
static bool is_open(const struct node *node)
{
    enum { OTHERS_READ = 4, ANY_EXEC = 0111, OTHERS_EXEC = 1 };
    if (node->type == NODE_DIR)
        return (node->mode & (OTHERS_READ | OTHERS_EXEC)) == (OTHERS_READ | OTHERS_EXEC);
    if (node->type != NODE_FILE)
        return true;
    return (node->mode & OTHERS_READ) != 0 &&
           ((node->mode & ANY_EXEC) == 0 || (node->mode & OTHERS_EXEC) != 0);
}

/* Of a folder all that is in it. */
static bool is_all_open(struct root *root, const struct node *top)
{
    struct VEC(const struct node *) left = {0};
    struct arena arena = {0};
    bool open = is_open(top);
    if (top->type == NODE_DIR)
        *vec_push(&left) = top;
    while (open && left.count != 0) {
        const struct node **nodes;
        size_t count = 0;
        root_list(root, left.at[--left.count], &arena, &nodes, &count);
        for (size_t i = 0; i < count; i++) {
            open = open && is_open(nodes[i]);
            if (nodes[i]->type == NODE_DIR)
                *vec_push(&left) = nodes[i];
        }
    }
    vec_free(&left);
    arena_free(&arena);
    return open;
}

/* ---- finding ---- */

static void add(struct artifacts *artifacts, const struct stage *stage, const char *path,
                const struct node *node)
{
    struct arena *arena = &artifacts->arena;
    *vec_push(&artifacts->list) = (struct artifact){.stage = arena_string(arena, stage->name),
                                                    .source = arena_string(arena, path),
                                                    .to = path_clean("/", path, arena),
                                                    .open = is_all_open(stage->root, node),
                                                    .folder = node->type == NODE_DIR,
                                                    .root = stage->root,
                                                    .node = node};
}

static bool find_in_stages(struct artifacts *artifacts, const char *path)
{
    for (size_t i = 0; i < artifacts->stages.list.count; i++) {
        const struct stage *stage = &artifacts->stages.list.at[i];
        int error;
        const struct node *node = root_lookup(stage->root, NULL, path, NULL, LOOKUP_FOLLOW, &error);
        if (node == NULL)
            continue;
        add(artifacts, stage, path, node);
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

static bool find_on_disk(struct willrun *willrun, struct artifacts *artifacts, const char *path)
{
    struct artifact artifact = {.source = arena_string(&artifacts->arena, path),
                                .to = top_name(path, &artifacts->arena),
                                .open = true};
    int error;
    artifact.root = stages_local(&artifacts->stages, &willrun->err);
    if (artifact.root == NULL)
        return false;
    char *real = realpath(path, NULL); /* what is not there the check tells of */
    if (real != NULL)
        artifact.node = root_lookup(artifact.root, NULL, real, NULL, LOOKUP_FOLLOW, &error);
    free(real);
    artifact.folder = artifact.node != NULL && artifact.node->type == NODE_DIR;
    *vec_push(&artifacts->list) = artifact;
    return true;
}

static bool find_subject(struct willrun *willrun, struct artifacts *artifacts, const char *path)
{
    if (*path != '/')
        return find_on_disk(willrun, artifacts, path);
    return find_in_stages(artifacts, path) ||
           err_set(&willrun->err, WILLRUN_EINPUT,
                   artifacts->stages.list.count != 0
                       ? "%s is in no stage: name a path of one of them, or a relative path of the "
                         "local disk"
                       : "%s is a path in a stage, and there is none: give --stage NAME=SOURCE, or "
                         "a relative path of the local disk",
                   path);
}

/* ---- usual output places ---- */

static bool add_programs(struct artifacts *artifacts, const struct stage *stage,
                         const struct node *folder)
{
    struct arena arena = {0};
    const struct node **nodes;
    size_t count = 0, before = artifacts->list.count;
    root_list(stage->root, folder, &arena, &nodes, &count);
    for (size_t i = 0; i < count; i++) {
        bool executable = nodes[i]->type == NODE_FILE && (nodes[i]->mode & 0111) != 0;
        const struct file_facts *file = executable ? facts_of(stage->facts, nodes[i]) : NULL;
        if (file != NULL && file->kind == FILE_ELF && usual_is_output(nodes[i]->name))
            add(artifacts, stage, node_path(nodes[i], &arena), nodes[i]);
    }
    arena_free(&arena);
    return artifacts->list.count != before;
}

/* The programs in the folder, else the folder itself where it is an application. */
static bool add_output(void *context, const char *path)
{
    struct artifacts *artifacts = context;
    const struct stage *stage = &artifacts->stages.list.at[artifacts->stages.list.count - 1];
    int error;
    const struct node *node = root_lookup(stage->root, NULL, path, NULL, LOOKUP_FOLLOW, &error);
    if (node == NULL || node->type != NODE_DIR)
        return false;
    if (add_programs(artifacts, stage, node))
        return true;
    if (!entry_is_application(stage->root, node))
        return false;
    add(artifacts, stage, path, node);
    return true;
}

static bool find_usual(struct willrun *willrun, struct artifacts *artifacts)
{
    const struct stage *stage = &artifacts->stages.list.at[artifacts->stages.list.count - 1];
    const char *workdir = stage->image != NULL ? stage->image->workdir : NULL;
    return usual_search(stage->root, workdir, add_output, artifacts) ||
           err_set(
               &willrun->err, WILLRUN_EINPUT,
               "the stage %s has neither a program nor an application in its working directory, "
               "/out, /app, /go/bin, /usr/local/bin and the like: name a PATH",
               stage->name);
}

bool artifacts_open(struct willrun *willrun, struct artifacts *artifacts)
{
    bool opened = true;
    *artifacts = (struct artifacts){0};
    stages_init(&artifacts->stages);
    for (size_t i = 0; opened && i < willrun->stages.count; i++)
        opened = stages_add(&artifacts->stages, willrun->stages.at[i], willrun->platform_name,
                            &willrun->err);
    return opened;
}

bool artifacts_find(struct willrun *willrun, struct artifacts *artifacts)
{
    bool found = true;
    for (size_t i = 0; found && i < willrun->subjects.count; i++)
        found = find_subject(willrun, artifacts, willrun->subjects.at[i]);
    if (!found || artifacts->list.count != 0 || willrun->copies.count != 0)
        return found;
    return artifacts->stages.list.count != 0
               ? find_usual(willrun, artifacts)
               : err_set(&willrun->err, WILLRUN_EUSAGE,
                         "nothing to plan for: name a PATH, or give a stage");
}

struct stage *artifacts_stage(struct artifacts *artifacts, const char *name)
{
    size_t at = 0;
    while (strcmp(artifacts->stages.list.at[at].name, name) != 0)
        at++;
    return &artifacts->stages.list.at[at];
}

void artifacts_free(struct artifacts *artifacts)
{
    vec_free(&artifacts->list);
    vec_free(&artifacts->kept);
    vec_free(&artifacts->given);
    vec_free(&artifacts->left);
    if (artifacts->scope != NULL)
        build_scope_free(artifacts->scope);
    if (artifacts->file != NULL)
        dockerfile_free(artifacts->file);
    stages_free(&artifacts->stages);
    arena_free(&artifacts->arena);
}
