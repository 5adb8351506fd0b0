/* The target: its root, what is laid over it, and who starts what there. */
#include <string.h>

#include "check/checking.h"
#include "check/commands.h"
#include "check/start.h"
#include "check/user.h"
#include "source/base.h"

static void open_root(struct checking *checking)
{
    struct owned_result *owned = checking->owned;
    owned->root = root_new(checking->source);
    owned->facts = facts_new(owned->root, true);
    checking->image = owned->image = checking->source->image;
    checking->target.source =
        checking->assembly != NULL ? checking->assembly->source : checking->willrun->root;
    checking->target.facts = owned->facts;
}

/* The platform's name: as it was asked for, else as the image says; NULL: neither. */
static const char *platform_asked(const struct checking *checking)
{
    const char *name = checking->willrun->platform_name;
    return name == NULL && checking->image != NULL ? checking->image->platform : name;
}

/* What the Dockerfile makes of the root, and says of the process. */
static bool lay_dockerfile(struct checking *checking)
{
    struct owned_result *owned = checking->owned;
    struct image_facts *image = arena_alloc(&owned->arena, sizeof *image);
    if (!assembly_lay(checking->assembly, owned->root, owned->facts, checking->image,
                      &checking->willrun->err))
        return false;
    stage_config_image(&checking->assembly->target.config, &owned->arena, image);
    image->platform = checking->image != NULL ? checking->image->platform : NULL;
    checking->image = owned->image = image;
    return true;
}

static bool make_copies(struct checking *checking)
{
    struct willrun *willrun = checking->willrun;
    struct stages *stages = checking->stages;
    const char *workdir = willrun->workdir;
    bool ok = true;
    if (workdir == NULL && checking->image != NULL)
        workdir = checking->image->workdir;
    for (size_t i = 0;
         ok && willrun->shared == NULL && checking->assembly == NULL && i < willrun->stages.count;
         i++)
        ok = stages_add(stages, willrun->stages.at[i], platform_asked(checking), &willrun->err);
    for (size_t i = 0; ok && i < willrun->copies.count; i++)
        ok = stages_copy(stages, checking->owned->facts, willrun->copies.at[i], workdir,
                         &willrun->err);
    return ok;
}

/* Subjects of the local disk are laid over the root before anything is asked of it. */
static bool lay_subjects(struct checking *checking)
{
    struct willrun *willrun = checking->willrun;
    struct root *root = checking->owned->root;
    for (size_t i = 0; i < willrun->subjects.count; i++) {
        struct given given = {.path = willrun->subjects.at[i]};
        if (*given.path != '/') {
            if (!stages_lay(checking->stages, root, given.path, &given.path, &willrun->err))
                return false;
            given.copy = root_copy_count(root);
        }
        *vec_push(&checking->given) = given;
    }
    return true;
}

/* A few files, which one thread judges: an index of all that their libraries
 * define would cost more than the lookups. */
static bool asks_little(const struct checking *checking)
{
    const struct willrun *willrun = checking->willrun;
    size_t named = willrun->subjects.count + willrun->commands.count;
    if (willrun->all || named >= SUBJECTS_A_THREAD)
        return false;
    if (named == 0 && root_copy_count(checking->owned->root) != 0) /* all that is copied */
        return false;
    for (size_t i = 0; i < checking->given.count; i++) {
        int error;
        const struct node *node = root_lookup(
            checking->owned->root, NULL, checking->given.at[i].path, NULL, LOOKUP_FOLLOW, &error);
        if (node != NULL && node->type == NODE_DIR)
            return false;
    }
    return true;
}

static bool find_workdir(struct checking *checking)
{
    struct willrun *willrun = checking->willrun;
    int error;
    checking->target.cwd = root_make_folder(checking->owned->root, willrun->workdir, &error);
    return checking->target.cwd != NULL ||
           err_set(&willrun->err, WILLRUN_EINPUT, "the working directory %s: %s", willrun->workdir,
                   err_text(error));
}

/* Who is started where: as it was asked for, else as the image says. */
static bool find_process(struct checking *checking)
{
    struct willrun *willrun = checking->willrun;
    struct target *target = &checking->target;
    struct arena *arena = &checking->owned->arena;
    target->env = start_env(checking->image, willrun->env.at, willrun->env.count, arena);
    if (willrun->user != NULL &&
        user_find(target->facts, willrun->user, arena, &target->cred, &willrun->err) != USER_FOUND)
        return false;
    if (willrun->user == NULL && checking->image != NULL)
        start_user(checking->image, arena, target);
    if (willrun->workdir != NULL)
        return find_workdir(checking);
    if (checking->image != NULL)
        start_workdir(checking->image, arena, target);
    return true;
}

/* What the files of the root say, or the table where it has none. */
static void find_libc(struct target *target)
{
    bool base = strncmp(target->source, "base:", 5) == 0;
    if (base && target->platform == NULL && strcmp(target->source, "base:scratch") != 0)
        target->platform = platform_by_name(base_platform());
    target_find_platform(target);
    if (!base)
        return;
    target->versions = distribution_by_name(target->source + 5);
    if (target->versions != NULL)
        target->libc =
            (struct target_libc){.kind = WILLRUN_LIBC_GLIBC, .version = target->versions->glibc};
}

/* Is nothing known of the files that the Dockerfile's last FROM brings? */
static bool is_image_unknown(const struct assembly *assembly)
{
    for (size_t i = 0; assembly != NULL && i < assembly->target.gaps.count; i++) {
        const struct gap *gap = &assembly->target.gaps.at[i];
        if (gap->kind == GAP_IMAGE && gap->at == assembly->target.from && gap->path[1] == '\0')
            return true;
    }
    return false;
}

static int cpu_level(const struct checking *checking)
{
    const struct willrun *willrun = checking->willrun;
    const char *declared = checking->image != NULL ? checking->image->platform : NULL;
    int level = willrun->cpu_level != 0 ? willrun->cpu_level : willrun->platform_level;
    if (level == 0 && willrun->platform == NULL && declared != NULL)
        level = platform_cpu_level(declared);
    return level != 0 ? level : 1;
}

bool checking_open_target(struct checking *checking)
{
    struct willrun *willrun = checking->willrun;
    open_root(checking);
    if (checking->assembly != NULL && !lay_dockerfile(checking))
        return false;
    if (!make_copies(checking) || !lay_subjects(checking))
        return false;
    if (asks_little(checking))
        facts_keep_bytes(checking->owned->facts);
    checking->target.platform = willrun->platform;
    if (willrun->platform == NULL && checking->image != NULL && checking->image->platform != NULL)
        checking->target.platform = platform_by_name(checking->image->platform);
    if (checking->target.platform == NULL && checking->assembly != NULL)
        checking->target.platform = assembly_machine(checking->assembly);
    checking->target.cpu_level = cpu_level(checking);
    /* what is not known may come before what is found */
    checking->target.trail = willrun->trail || checking->assembly != NULL;
    checking->target.host = willrun->host;
    checking->target.stages = checking->stages;
    find_libc(&checking->target);
    if (checking->target.libc.kind == WILLRUN_LIBC_NONE && is_image_unknown(checking->assembly))
        checking->target.libc.kind = WILLRUN_LIBC_UNKNOWN;
    checking->target.advice =
        (struct advice){checking->owned->facts, checking->target.libc.version};
    if (!find_process(checking))
        return false;
    if (checking->image != NULL)
        checking->target.started =
            commands_started(&checking->target, checking->image, &checking->owned->arena);
    return true;
}
