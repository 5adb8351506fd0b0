#include "plan/from_dockerfile.h"

#include <glob.h>
#include <string.h>
#include <unistd.h>

#include "dockerfile/evaluate.h"
#include "root/copy.h"
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

/* The part of a source that --parents keeps: behind the pivot where there is one. */
static const char *kept_part(const struct taking *taking, const char *source)
{
    const char *pivot = strstr(source, "/./");
    return path_clean("/", pivot != NULL ? pivot + 2 : source, &taking->artifacts->arena);
}

/* Where it goes: a file into a folder keeps its name, with --parents all of its folders. */
static const char *place_of(const struct taking *taking, const char *source, const char *parents,
                            bool folder)
{
    struct arena *arena = &taking->artifacts->arena;
    const struct step *step = taking->step;
    const char *to = path_clean(step->workdir, step->to, arena);
    bool into = step->source_count > 1 || path_names_folder(step->to);
    if (step->parents)
        return path_clean(to, parents + 1, arena);
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

/* A path of the stage; `parents`: what --parents keeps of it. */
static bool take_path(struct taking *taking, const struct stage *stage, const char *path,
                      const char *parents)
{
    struct artifacts *artifacts = taking->artifacts;
    int error;
    const struct node *node = root_lookup(stage->root, NULL, path, NULL, LOOKUP_FOLLOW, &error);
    if (node == NULL)
        return fail(taking, arena_format(&artifacts->arena, "%s in the stage %s: %s", path,
                                         stage->name, err_text(error)));
    struct artifact artifact = {.stage = stage->name,
                                .source = path,
                                .to = place_of(taking, path, parents, node->type == NODE_DIR),
                                .open = true,
                                .folder = node->type == NODE_DIR,
                                .root = stage->root,
                                .node = node};
    set_flags(taking, &artifact);
    *vec_push(&artifacts->list) = artifact;
    return true;
}

/* A path or pattern; where folders are left out of what --parents keeps, all matches have as many.
 */
static bool take_source(struct taking *taking, const struct stage *stage, const char *source)
{
    struct arena *arena = &taking->artifacts->arena;
    const char *pattern = path_clean("/", source, arena), *const * paths;
    size_t count, left = strlen(pattern) - strlen(kept_part(taking, source));
    size_t folders = 0;
    struct err err = {0};
    if (strstr(source, "**") != NULL)
        return fail(taking, "** is not planned for: name the files as PATHs");
    for (size_t i = 0; i < left; i++)
        folders += pattern[i] == '/';
    if (!root_matches(stage->root, pattern, arena, &paths, &count, &err))
        return fail(taking, err.text);
    for (size_t i = 0; i < count; i++) {
        const char *parents = paths[i];
        for (size_t k = 0; k < folders; k++)
            parents += 1 + strcspn(parents + 1, "/");
        if (!take_path(taking, stage, paths[i], parents))
            return false;
    }
    return true;
}

static bool take_from_stage(struct taking *taking, const char *source)
{
    struct artifacts *artifacts = taking->artifacts;
    const char *name = stage_name(taking, taking->step->from.stage);
    for (size_t i = 0; i < artifacts->stages.list.count; i++)
        if (strcmp(artifacts->stages.list.at[i].name, name) == 0)
            return take_source(taking, &artifacts->stages.list.at[i], source);
    return fail(taking,
                arena_format(&artifacts->arena,
                             "it copies from the stage %s, whose files are not given: --stage "
                             "%s=SOURCE (docker build --target %s -o type=tar,dest=%s.tar .)",
                             name, name, name, name));
}

/* Is there anything in the context that the path or pattern names? */
static bool is_in_context(const char *path)
{
    glob_t found;
    bool is = access(path, F_OK) == 0;
    if (!is && glob(path, 0, NULL, &found) == 0) {
        is = found.gl_pathc != 0;
        globfree(&found);
    }
    return is;
}

/* What is in the context comes along, and is not judged. */
static void take_from_context(struct taking *taking, const char *source)
{
    struct arena *arena = &taking->artifacts->arena;
    const struct step *step = taking->step;
    const char *clean = path_clean("/", source, arena) + 1;
    const char *real = arena_format(arena, "%s%s", taking->folder, *clean != '\0' ? clean : ".");
    struct artifact artifact = {.source = *clean != '\0' ? clean : ".",
                                .local = real,
                                .to = path_clean(step->workdir, step->to, arena),
                                .open = true,
                                .absent = !is_in_context(real)};
    if (step->parents)
        artifact.to = place_of(taking, source, kept_part(taking, source), false);
    else if (step->source_count > 1 || path_names_folder(step->to))
        artifact.to = arena_format(arena, "%s/", artifact.to[1] != '\0' ? artifact.to : "");
    set_flags(taking, &artifact);
    *vec_push(&taking->artifacts->list) = artifact;
}

/* Why the instruction is not planned for; NULL: it is. */
static const char *unplanned(const struct step *step)
{
    static const char *const archives[] = {".tar",    ".tgz",     ".tar.gz",
                                           ".tar.xz", ".tar.bz2", ".txz"};
    if (step->excludes != NULL)
        return "--exclude is not planned for: name the files as PATHs";
    if (!step->from_context && step->from.kind == ORIGIN_IMAGE)
        return "it copies from an image: make that a stage (FROM IMAGE AS NAME), and give its "
               "files by --stage NAME=SOURCE";
    for (size_t i = 0; i < step->source_count; i++) {
        const char *source = step->sources[i].path;
        size_t length = strlen(source);
        if (step->sources[i].heredoc != NULL)
            return "a here-document is not planned for: put its text into a file";
        if (step->instruction->kind != INSTRUCTION_ADD)
            continue;
        if (strstr(source, "://") != NULL || strncmp(source, "git@", 4) == 0)
            return "ADD from the network is not planned for: fetch it in a stage";
        for (size_t k = 0; k < sizeof archives / sizeof *archives; k++)
            if (length > strlen(archives[k]) &&
                strcmp(source + length - strlen(archives[k]), archives[k]) == 0)
                return "ADD of an archive is not planned for: unpack it in a stage";
    }
    return NULL;
}

static bool take_copy(struct taking *taking)
{
    const struct step *step = taking->step;
    const char *why = unplanned(step);
    if (why != NULL)
        return fail(taking, why);
    for (size_t i = 0; i < step->source_count; i++) {
        if (step->from_context)
            take_from_context(taking, step->sources[i].path);
        else if (!take_from_stage(taking, step->sources[i].path))
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

/* Lines that say nothing of files or of the process stay; what a RUN does is not known. */
static void keep_lines(struct taking *taking, const struct build_stage *stage)
{
    enum { WIDEST = 60 };
    for (size_t i = 0; i < stage->instruction_count; i++) {
        const struct instruction *at = &stage->instructions[i];
        bool stays = at->kind == INSTRUCTION_EXPOSE || at->kind == INSTRUCTION_LABEL ||
                     at->kind == INSTRUCTION_VOLUME || at->kind == INSTRUCTION_STOPSIGNAL ||
                     (at->kind == INSTRUCTION_HEALTHCHECK && at->json);
        bool left = stays || at->kind == INSTRUCTION_RUN || at->kind == INSTRUCTION_HEALTHCHECK;
        if (stays && strchr(at->line, '$') == NULL)
            *vec_push(&taking->artifacts->kept) = at->line;
        else if (left)
            *vec_push(&taking->artifacts->left) =
                strlen(at->line) <= WIDEST
                    ? at->line
                    : arena_format(&taking->artifacts->arena, "%.*s…", WIDEST, at->line);
    }
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
    taking->step = NULL; /* it is the evaluation's */
    if (taken)
        keep_lines(taking, &taking->file->stages[stage]);
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
    context_build_args(willrun, &artifacts->arena, &artifacts->given);
    request->given = artifacts->given;
    request->target_platform =
        willrun->platform_name != NULL ? willrun->platform_name : base_platform();
    if (willrun->context_folder != NULL)
        taking.folder = arena_format(&artifacts->arena, "%s/", willrun->context_folder);
    else if (slash != NULL)
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
