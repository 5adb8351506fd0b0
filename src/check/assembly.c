#include "check/assembly.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/copies.h"
#include "check/effects.h"
#include "check/user.h"
#include "platform/platform.h"
#include "source/context.h"
#include "source/files.h"
#include "source/source_open.h"
#include "source/witness.h"

enum { DEEPEST = 200 };

/* ---- what images are opened from ---- */

const char *assembly_stage_name(struct assembly *assembly, size_t stage)
{
    const char *name = assembly->file->stages[stage].name;
    return name != NULL ? name : arena_format(&assembly->arena, "%zu", stage);
}

static const char *without_hub(const char *image)
{
    static const char *const prefixes[] = {"docker.io/", "index.docker.io/", "library/"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(image, prefixes[i], strlen(prefixes[i])) == 0)
            image += strlen(prefixes[i]);
    return image;
}

/* What --base gives for `image`; NULL: nothing. */
static const char *base_given(const struct assembly *assembly, const char *image)
{
    const struct strings *given = &assembly->willrun->bases;
    const char *name = without_hub(image);
    for (size_t i = 0; i < given->count; i++) {
        const char *base = without_hub(given->at[i]);
        size_t length = strcspn(base, "=");
        if (strncmp(base, name, length) == 0 &&
            (name[length] == '\0' || name[length] == '@' || strcmp(name + length, ":latest") == 0))
            return base + length + 1;
    }
    return NULL;
}

/* Fill in what `image` is, and the SOURCE that it is opened from. */
static const char *find_image(struct assembly *assembly, const char *image, struct built *built)
{
    built->image = image;
    image_base_find(image, &assembly->arena, &built->base);
    const char *source = base_given(assembly, image);
    built->given = source != NULL;
    if (source != NULL)
        return source;
    return built->base.profile != NULL
               ? arena_format(&assembly->arena, "base:%s", built->base.profile)
               : "scratch";
}

/* Images of distroless and its kin whose tag says so do not start as root (README of
 * GoogleContainerTools/distroless, 2026-08). */
static void take_nonroot(struct built *built)
{
    const char *tag = strrchr(built->image, ':');
    if (tag == NULL || strstr(tag, "nonroot") == NULL || built->config.user != NULL)
        return;
    built->config.user = "65532";
    built->config.workdir = "/home/nonroot";
}

void assembly_append(struct assembly *assembly, struct built *built, const char *path,
                     const char *line, const struct instruction *at)
{
    enum { LARGEST = 1 << 20 };
    struct arena *arena = &assembly->arena;
    struct err err = {0};
    const char *name = strrchr(path, '/') + 1;
    const char *text = facts_text_at(built->facts, path, LARGEST, arena);
    text = arena_format(arena, "%s%s\n", text != NULL ? text : "", line);
    const struct made_file made = {
        .path = name, .text = {(const unsigned char *)text, strlen(text)}, .mode = 0644};
    struct copy copy = {.from = assembly_files(assembly, &made, 1, &err),
                        .source = arena_format(arena, "/%s", name),
                        .to = arena_copy(arena, path, (size_t)(name - path)),
                        .literal = true,
                        .mode = -1};
    if (copy.from != NULL)
        root_copy(built->root, &copy, &err);
    while (built->copies.count < root_copy_count(built->root))
        *vec_push(&built->copies) = at;
}

/* "name:uid:gid" apart by blanks: those that the root does not know yet. */
static void add_users(struct assembly *assembly, struct built *built, const char *users)
{
    struct arena *arena = &assembly->arena;
    char *rest = NULL, *all = arena_string(arena, users);
    for (char *user = strtok_r(all, " ", &rest); user != NULL; user = strtok_r(NULL, " ", &rest)) {
        const char *name = arena_copy(arena, user, strcspn(user, ":"));
        const char *ids = user + strlen(name) + 1;
        struct err err = {0};
        uint32_t uid, gid;
        if (user_owner(built->facts, name, &uid, &gid, &err) != USER_MISSING)
            continue;
        assembly_append(assembly, built, "/etc/passwd",
                        arena_format(arena, "%s:x:%s::/home/%s:/bin/sh", name, ids, name),
                        built->from);
        assembly_append(assembly, built, "/etc/group",
                        arena_format(arena, "%s:x:%s:", name, strchr(ids, ':') + 1), built->from);
    }
}

/* What the image says of the process, where its name alone or its files alone are known. */
static void take_settings(struct assembly *assembly, struct built *built,
                          const struct image_facts *image)
{
    if (built->image == NULL || image != NULL)
        return;
    built->settings = image_settings_find(built->image);
    if (built->settings == NULL)
        return;
    image_settings_apply(built->settings, &assembly->arena, &built->config);
    if (!built->given && built->settings->users != NULL && built->from != NULL)
        add_users(assembly, built, built->settings->users);
}

/* What is not known of an image that was not given. */
static void add_image_gap(struct built *built)
{
    if (built->given || built->image == NULL || strcmp(built->image, "scratch") == 0)
        return;
    take_nonroot(built);
    bool files = built->base.profile != NULL && base_by_name(built->base.profile) != NULL;
    if (files && built->base.exact && built->base.absent == NULL)
        return;
    struct gap *gap = built_add_gap(built, files ? GAP_ADDS : GAP_IMAGE, "/", built->from);
    gap->name = built->image;
    built->config.floats = built->settings == NULL;
    gap->only = files && built->base.exact ? built->base.absent : NULL;
}

static struct stage *stage_given(const struct assembly *assembly, size_t stage)
{
    const char *name = assembly->file->stages[stage].name;
    for (size_t i = 0; i < assembly->stages->list.count; i++) {
        struct stage *given = &assembly->stages->list.at[i];
        char *end;
        if (name != NULL && strcasecmp(given->name, name) == 0)
            return given;
        if (strtoul(given->name, &end, 10) == stage && *given->name >= '0' && *given->name <= '9' &&
            *end == '\0')
            return given;
    }
    return NULL;
}

static const char *source_of_stage(const struct assembly *assembly, const struct stage *stage)
{
    const struct strings *stages = &assembly->willrun->stages;
    size_t length = strlen(stage->name);
    for (size_t i = 0; i < stages->count; i++)
        if (strncmp(stages->at[i], stage->name, length) == 0 && stages->at[i][length] == '=')
            return stages->at[i] + length + 1;
    return NULL;
}

/* ---- the build context ---- */

struct root *assembly_context(struct assembly *assembly, struct err *err)
{
    const char *folder = assembly->willrun->context_folder;
    const char *file = assembly->file->name;
    if (assembly->context != NULL)
        return assembly->context;
    const char *slash = strrchr(file, '/');
    if (folder == NULL)
        folder =
            slash != NULL ? arena_copy(&assembly->arena, file, (size_t)(slash - file) + 1) : ".";
    const char *ignore = arena_format(&assembly->arena, "%s.dockerignore", file);
    witness_file(ignore);
    if (access(ignore, F_OK) != 0)
        ignore = arena_format(&assembly->arena, "%s/.dockerignore", folder);
    assembly->context_path = folder;
    struct source *source = source_open_context(folder, ignore, err);
    if (source != NULL)
        assembly->context = root_new(source);
    return assembly->context;
}

struct root *assembly_keep(struct assembly *assembly, struct source *source)
{
    if (source == NULL)
        return NULL;
    return *vec_push(&assembly->made) = root_new(source);
}

struct root *assembly_files(struct assembly *assembly, const struct made_file *files, size_t count,
                            struct err *err)
{
    return assembly_keep(assembly, source_open_files("files", files, count, err));
}

/* ---- stages ---- */

static bool apply(struct assembly *assembly, struct built *built, const struct step *step,
                  struct err *err)
{
    int ignored;
    switch (step->kind) {
    case STEP_COPY:
        return copies_apply(assembly, built, step, err);
    case STEP_RUN:
        effects_apply(assembly, built, step);
        return true;
    default:
        root_make_folder(built->root, step->workdir, &ignored);
        return true;
    }
}

/* Follow stage `stage` on top of what it starts from. */
static bool lay_stage(struct assembly *assembly, struct built *built, size_t stage, struct err *err)
{
    struct evaluation evaluation;
    bool ok =
        stage_evaluate(assembly->scope, stage, &built->config, &assembly->arena, &evaluation, err);
    for (size_t i = 0; ok && i < evaluation.steps.count; i++)
        ok = apply(assembly, built, &evaluation.steps.at[i], err);
    vec_free(&evaluation.steps);
    stage_config_free(&built->config);
    built->config = evaluation.config;
    return ok;
}

/* The stages that are to be laid over what stage `stage` is opened from, which `built` and the
 * answer tell. */
static const char *find_bottom(struct assembly *assembly, size_t stage, struct built *built,
                               size_t *bottom, struct stage_numbers *chain)
{
    struct stage_numbers up = {0};
    const char *source = NULL;
    for (;;) {
        struct stage *given = stage_given(assembly, stage);
        if (given != NULL) {
            built->given = true;
            source = source_of_stage(assembly, given);
            break;
        }
        *vec_push(&up) = stage;
        const struct build_origin *origin = &assembly->scope->starts[stage].origin;
        if (origin->kind != ORIGIN_STAGE) {
            built->from = assembly->file->stages[stage].from;
            source = origin->kind == ORIGIN_SCRATCH ? "scratch"
                                                    : find_image(assembly, origin->image, built);
            if (origin->kind == ORIGIN_SCRATCH)
                built->image = "scratch";
            break;
        }
        stage = origin->stage;
    }
    *bottom = stage;
    while (up.count != 0)
        *vec_push(chain) = up.at[--up.count];
    vec_free(&up);
    return source;
}

static struct built *new_built(struct assembly *assembly, const char *name)
{
    struct built *built = arena_alloc(&assembly->arena, sizeof *built);
    built->name = name;
    return built;
}

static const char *platform_of_stage(const struct assembly *assembly, size_t stage)
{
    const char *platform = assembly->scope->starts[stage].platform;
    return platform != NULL ? platform : assembly->platform;
}

static bool open_image(struct assembly *assembly, struct built *built, const char *source,
                       const char *platform, struct err *err)
{
    struct source *opened = source_open(source, platform, err);
    if (opened == NULL)
        return false;
    built->root = root_new(opened);
    built->facts = facts_new(built->root, true);
    stage_config_begin(opened->image, &assembly->arena, &built->config);
    take_settings(assembly, built, opened->image);
    add_image_gap(built);
    return true;
}

/* What the Dockerfile says of the process at the end of a stage whose files were given alone. */
static bool config_of_stage(struct assembly *assembly, size_t stage, struct stage_config *config,
                            struct err *err)
{
    struct stage_numbers up = {0};
    bool ok = true;
    const struct stage_start *start = &assembly->scope->starts[stage];
    for (*vec_push(&up) = stage; start->origin.kind == ORIGIN_STAGE;
         start = &assembly->scope->starts[start->origin.stage])
        *vec_push(&up) = start->origin.stage;
    stage_config_begin(NULL, &assembly->arena, config);
    while (ok && up.count != 0) {
        struct evaluation evaluation;
        ok = stage_evaluate(assembly->scope, up.at[--up.count], config, &assembly->arena,
                            &evaluation, err);
        vec_free(&evaluation.steps);
        stage_config_free(config);
        *config = evaluation.config;
    }
    vec_free(&up);
    return ok;
}

/* A stage that was given lies under the chain: with nothing over it, it is taken as it is. */
static bool open_given(struct assembly *assembly, struct built *built, size_t stage, bool alone,
                       struct err *err)
{
    const struct stage *given = stage_given(assembly, stage);
    built->borrowed = alone;
    built->root = alone ? given->root : root_over(given->root);
    built->facts = alone ? given->facts : facts_new(built->root, true);
    return config_of_stage(assembly, stage, &built->config, err);
}

struct built *assembly_stage(struct assembly *assembly, size_t stage, struct err *err)
{
    if (assembly->built[stage] != NULL)
        return assembly->built[stage];
    if (assembly->depth == DEEPEST) {
        dockerfile_fail(assembly->file, assembly->file->stages[stage].from->range.begin, err,
                        "the stages copy from one another more than %d deep: give one of them with "
                        "--stage",
                        DEEPEST);
        return NULL;
    }
    assembly->depth++;
    struct built *built = new_built(assembly, assembly_stage_name(assembly, stage));
    assembly->built[stage] = built;
    struct stage_numbers chain = {0};
    size_t bottom;
    const char *source = find_bottom(assembly, stage, built, &bottom, &chain);
    bool ok = built->given && built->image == NULL
                  ? open_given(assembly, built, bottom, chain.count == 0, err)
                  : open_image(assembly, built, source, platform_of_stage(assembly, bottom), err);
    for (size_t i = 0; ok && i < chain.count; i++)
        ok = lay_stage(assembly, built, chain.at[i], err);
    assembly->depth--;
    vec_free(&chain);
    return ok ? built : NULL;
}

struct built *assembly_image(struct assembly *assembly, const char *image, struct err *err)
{
    for (size_t i = 0; i < assembly->images.count; i++)
        if (strcmp(assembly->images.at[i]->name, image) == 0)
            return assembly->images.at[i];
    struct built *built = *vec_push(&assembly->images) = new_built(assembly, image);
    const char *source = find_image(assembly, image, built);
    return open_image(assembly, built, source, assembly->platform, err) ? built : NULL;
}

/* ---- the target ---- */

/* Is each --stage one of the Dockerfile? */
static bool check_stages(struct assembly *assembly, struct err *err)
{
    for (size_t i = 0; i < assembly->stages->list.count; i++) {
        const char *name = assembly->stages->list.at[i].name, *all = "";
        bool known = false;
        for (size_t k = 0; k < assembly->file->stage_count && !known; k++) {
            known = stage_given(assembly, k) == &assembly->stages->list.at[i];
            all = arena_format(&assembly->arena, "%s%s%s", all, *all != '\0' ? ", " : "",
                               assembly_stage_name(assembly, k));
        }
        if (!known)
            return err_set(err, WILLRUN_EUSAGE, "%s has no stage %s: its stages are %s",
                           assembly->file->name, name, all);
    }
    return true;
}

static bool open_file(struct assembly *assembly, struct err *err)
{
    const struct willrun *willrun = assembly->willrun;
    assembly->platform = willrun->platform_name != NULL ? willrun->platform_name : base_platform();
    assembly->request.target = willrun->target_stage;
    assembly->request.build_platform = base_platform();
    assembly->request.target_platform = assembly->platform;
    assembly->file = dockerfile_open(willrun->dockerfile, err);
    if (assembly->file == NULL)
        return false;
    assembly->built =
        arena_array(&assembly->arena, assembly->file->stage_count + 1, sizeof *assembly->built);
    assembly->scope = build_scope_open(assembly->file, &assembly->request, err);
    return assembly->scope != NULL;
}

struct assembly *assembly_open(const struct willrun *willrun, struct stages *stages,
                               struct err *err)
{
    struct assembly *assembly = must_alloc(sizeof *assembly);
    *assembly = (struct assembly){.willrun = willrun, .stages = stages};
    context_build_args(willrun, &assembly->arena, &assembly->request.given);
    bool ok = open_file(assembly, err);
    for (size_t i = 0; ok && i < willrun->stages.count; i++)
        ok = stages_add(stages, willrun->stages.at[i], assembly->platform, err);
    ok = ok && check_stages(assembly, err);
    if (ok) {
        struct built *target = &assembly->target;
        size_t stage = assembly->scope->target;
        target->name = assembly_stage_name(assembly, stage);
        assembly->source =
            find_bottom(assembly, stage, target, &assembly->bottom, &assembly->chain);
        assembly->platform = platform_of_stage(assembly, assembly->bottom);
        return assembly;
    }
    assembly_free(assembly);
    return NULL;
}

bool assembly_lay(struct assembly *assembly, struct root *root, struct facts *facts,
                  const struct image_facts *image, struct err *err)
{
    struct built *target = &assembly->target;
    target->root = root;
    target->facts = facts;
    target->borrowed = true;
    assembly->built[assembly->scope->target] = target;
    if (target->image == NULL && image == NULL) {
        if (!config_of_stage(assembly, assembly->bottom, &target->config, err))
            return false;
    } else {
        stage_config_begin(image, &assembly->arena, &target->config);
    }
    take_settings(assembly, target, image);
    add_image_gap(target);
    for (size_t i = 0; i < assembly->chain.count; i++)
        if (!lay_stage(assembly, target, assembly->chain.at[i], err))
            return false;
    return true;
}

const struct platform *assembly_machine(const struct assembly *assembly)
{
    return assembly->scope->starts[assembly->bottom].platform != NULL
               ? platform_by_name(assembly->request.target_platform)
               : NULL;
}

bool assembly_brings(const struct assembly *assembly, unsigned serial)
{
    const struct built *target = &assembly->target;
    return serial > target->copies.count || target->copies.at[serial - 1]->kind != INSTRUCTION_RUN;
}

const char *assembly_title(struct assembly *assembly)
{
    const struct built *target = &assembly->target;
    const char *stage = assembly->file->stage_count > 1
                            ? arena_format(&assembly->arena, ", stage %s", target->name)
                            : "";
    if (target->image == NULL)
        return arena_format(&assembly->arena, "%s%s", assembly->file->name, stage);
    bool own = target->given || strcmp(assembly->source, "scratch") == 0;
    return arena_format(&assembly->arena, "%s%s, from %s%s%s", assembly->file->name, stage,
                        target->image, own ? "" : " by ", own ? "" : assembly->source);
}

static void free_built(struct built *built)
{
    if (built == NULL)
        return;
    stage_config_free(&built->config);
    vec_free(&built->gaps);
    vec_free(&built->installed);
    vec_free(&built->runs);
    vec_free(&built->copies);
    vec_free(&built->floating);
    if (built->borrowed)
        return;
    facts_free(built->facts);
    root_free(built->root);
}

void assembly_free(struct assembly *assembly)
{
    if (assembly == NULL)
        return;
    for (size_t i = 0; assembly->built != NULL && i < assembly->file->stage_count; i++)
        if (assembly->built[i] != &assembly->target)
            free_built(assembly->built[i]);
    for (size_t i = 0; i < assembly->images.count; i++)
        free_built(assembly->images.at[i]);
    free_built(&assembly->target);
    for (size_t i = 0; i < assembly->made.count; i++)
        root_free(assembly->made.at[i]);
    root_free(assembly->context);
    vec_free(&assembly->images);
    vec_free(&assembly->made);
    vec_free(&assembly->chain);
    vec_free(&assembly->request.given);
    build_scope_free(assembly->scope);
    dockerfile_free(assembly->file);
    arena_free(&assembly->arena);
    free(assembly);
}
