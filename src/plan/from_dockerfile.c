#include "plan/from_dockerfile.h"

#include <string.h>
#include <unistd.h>

#include "dockerfile/evaluate.h"
#include "root/copy.h"
#include "root/glob.h"
#include "source/base.h"

struct taking {
    struct willrun *willrun;
    struct artifacts *artifacts;
    struct dockerfile *file;
    struct build_scope *scope;
    const char *folder; /* of the build context, with a slash; "": this one */
    const struct step *step;
};

static bool fail(const struct taking *taking, const char *sentence)
{
    return dockerfile_fail(taking->file, taking->step->instruction->range.begin,
                           &taking->willrun->err, "%s", sentence);
}

static const char *stage_name(const struct taking *taking, size_t stage)
{
    const char *name = taking->file->stages[stage].name;
    return name != NULL ? name : arena_format(&taking->artifacts->arena, "%zu", stage);
}

/* ---- one source ---- */

/* Where it goes: a file into a folder keeps its name. */
static const char *place_of(const struct taking *taking, const char *source, bool folder)
{
    struct arena *arena = &taking->artifacts->arena;
    const struct step *step = taking->step;
    const char *to = path_clean(step->workdir, step->to, arena);
    size_t length = strlen(step->to);
    bool into = step->source_count > 1 || step->to[length - 1] == '/' || strcmp(step->to, ".") == 0;
    const char *clean = path_clean("/", source, arena), *slash = strrchr(clean, '/');
    return folder || !into ? to : arena_format(arena, "%s%s", to[1] != 0 ? to : "", slash);
}

static void set_flags(const struct taking *taking, struct artifact *artifact)
{
    struct arena *arena = &taking->artifacts->arena;
    const struct step *step = taking->step;
    artifact->setting = artifact->flags = "";
    if (step->mode != NULL) {
        artifact->setting = arena_format(arena, ":chmod=%s", step->mode);
        artifact->flags = arena_format(arena, " --chmod=%s", step->mode);
    }
    if (step->owner == NULL)
        return;
    artifact->setting = arena_format(arena, "%s%cchown=%s", artifact->setting,
                                     step->mode != NULL ? ',' : ':', step->owner);
    artifact->flags = arena_format(arena, "%s --chown=%s", artifact->flags, step->owner);
}

static bool take_from_stage(struct taking *taking, const char *source)
{
    struct artifacts *artifacts = taking->artifacts;
    const char *name = stage_name(taking, taking->step->from.stage);
    for (size_t i = 0; i < artifacts->stages.list.count; i++) {
        const struct stage *stage = &artifacts->stages.list.at[i];
        int error;
        if (strcmp(stage->name, name) != 0)
            continue;
        const char *path = path_clean("/", source, &artifacts->arena);
        const struct node *node = root_lookup(stage->root, NULL, path, NULL, LOOKUP_FOLLOW, &error);
        if (node == NULL)
            return fail(taking, arena_format(&artifacts->arena, "%s in the stage %s: %s", path,
                                             name, err_text(error)));
        struct artifact artifact = {.stage = name,
                                    .source = path,
                                    .to = place_of(taking, source, node->type == NODE_DIR),
                                    .open = true,
                                    .folder = node->type == NODE_DIR,
                                    .root = stage->root,
                                    .node = node};
        set_flags(taking, &artifact);
        *vec_push(&artifacts->list) = artifact;
        return true;
    }
    return fail(taking,
                arena_format(&artifacts->arena,
                             "it copies from the stage %s, whose files are not given: --stage "
                             "%s=SOURCE (docker build --target %s -o type=tar,dest=%s.tar .)",
                             name, name, name, name));
}

/* What is in the context comes along, and is not judged. */
static void take_from_context(struct taking *taking, const char *source)
{
    struct arena *arena = &taking->artifacts->arena;
    const char *real = arena_format(arena, "%s%s", taking->folder, source);
    if (access(real, F_OK) != 0)
        return;
    struct artifact artifact = {.source = source,
                                .local = real,
                                .to = path_clean(taking->step->workdir, taking->step->to, arena),
                                .open = true};
    if (taking->step->to[strlen(taking->step->to) - 1] == '/' || taking->step->source_count > 1)
        artifact.to = arena_format(arena, "%s/", artifact.to);
    set_flags(taking, &artifact);
    *vec_push(&taking->artifacts->list) = artifact;
}

static bool take_copy(struct taking *taking)
{
    const struct step *step = taking->step;
    if (step->parents || step->excludes)
        return fail(taking, "--parents and --exclude are not planned for: name the files as PATHs");
    if (!step->from_context && step->from.kind == ORIGIN_IMAGE)
        return fail(taking, "it copies from an image: make that a stage (FROM IMAGE AS NAME), and "
                            "give its files by --stage NAME=SOURCE");
    for (size_t i = 0; i < step->source_count; i++) {
        const char *source = step->sources[i].path;
        if (step->sources[i].heredoc != NULL)
            continue;
        if (step->from_context)
            take_from_context(taking, source);
        else if (glob_has_wildcard(source, strlen(source)))
            return fail(taking, "patterns are not planned for: name the files as PATHs");
        else if (!take_from_stage(taking, source))
            return false;
    }
    return true;
}

/* ---- stages ---- */

static void take_config(struct taking *taking, const struct stage_config *config,
                        struct entry *entry)
{
    struct willrun *willrun = taking->willrun;
    struct arena *arena = &taking->artifacts->arena;
    static const char usual_path[] =
        "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    struct image_facts image;
    stage_config_image(config, arena, &image);
    for (size_t i = 0; image.env[i] != NULL; i++) {
        const char *name = arena_copy(arena, image.env[i], strcspn(image.env[i], "="));
        if (!context_has_env(willrun, name) && strcmp(image.env[i], usual_path) != 0)
            willrun_add_env(willrun, image.env[i]);
    }
    if (willrun->user == NULL && image.user != NULL)
        willrun_set_user(willrun, image.user);
    if (willrun->workdir == NULL && config->workdir_at != NULL)
        willrun_set_workdir(willrun, image.workdir);
    entry->words = image.entrypoint != NULL ? image.entrypoint : image.command;
    entry->arguments = image.entrypoint != NULL ? image.command : NULL;
    for (entry->count = 0; entry->words != NULL && entry->words[entry->count] != NULL;)
        entry->count++;
    entry->runner = entry->count != 0 ? entry->words[0] : NULL;
}

/* Stage `stage`, after the one that it starts from. */
static bool take_stage(struct taking *taking, size_t stage, struct stage_config *config)
{
    const struct build_origin *origin = &taking->scope->starts[stage].origin;
    struct evaluation evaluation;
    struct arena *arena = &taking->artifacts->arena;
    if (origin->kind == ORIGIN_STAGE) {
        if (!take_stage(taking, origin->stage, config))
            return false;
    } else {
        stage_config_begin(NULL, arena, config);
    }
    bool taken =
        stage_evaluate(taking->scope, stage, config, arena, &evaluation, &taking->willrun->err);
    for (size_t i = 0; taken && i < evaluation.steps.count; i++) {
        taking->step = &evaluation.steps.at[i];
        taken = taking->step->kind != STEP_COPY || take_copy(taking);
    }
    stage_config_free(config);
    *config = evaluation.config;
    evaluation.config = (struct stage_config){0};
    evaluation_free(&evaluation);
    return taken;
}

bool from_dockerfile(struct willrun *willrun, struct artifacts *artifacts, struct entry *entry)
{
    const char *slash = strrchr(willrun->dockerfile, '/');
    struct taking taking = {.willrun = willrun, .artifacts = artifacts, .folder = ""};
    struct build_request *request = arena_array(&artifacts->arena, 1, sizeof *request);
    *request =
        (struct build_request){.build_platform = base_platform(), .target = willrun->target_stage};
    struct stage_config config = {0};
    request->target_platform =
        willrun->platform_name != NULL ? willrun->platform_name : base_platform();
    if (slash != NULL)
        taking.folder = arena_copy(&artifacts->arena, willrun->dockerfile,
                                   (size_t)(slash + 1 - willrun->dockerfile));
    taking.file = dockerfile_open(willrun->dockerfile, &willrun->err);
    if (taking.file != NULL)
        taking.scope = build_scope_open(taking.file, request, &willrun->err);
    bool taken = taking.scope != NULL && take_stage(&taking, taking.scope->target, &config);
    if (taken)
        take_config(&taking, &config, entry);
    bool any = false;
    for (size_t i = 0; i < artifacts->list.count; i++)
        any |= artifacts->list.at[i].stage != NULL;
    if (taken && !any)
        taken = err_set(&willrun->err, WILLRUN_EINPUT,
                        "%s: its target copies nothing from another stage: name a PATH",
                        willrun->dockerfile);
    stage_config_free(&config);
    artifacts->scope = taking.scope; /* texts are theirs */
    artifacts->file = taking.file;
    return taken;
}
