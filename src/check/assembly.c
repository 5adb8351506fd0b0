#include "check/assembly.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "check/effects.h"
#include "check/user.h"
#include "platform/platform.h"
#include "root/glob.h"
#include "root/mode.h"
#include "source/context.h"
#include "source/files.h"
#include "source/source_open.h"

enum { DEEPEST = 200 };

/* ---- gaps ---- */

static bool covers(const char *above, const char *path)
{
    size_t length = strlen(above);
    return length == 1 ||
           (strncmp(path, above, length) == 0 && (path[length] == '\0' || path[length] == '/'));
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

const struct gap *built_gap(const struct built *built, const char *path, unsigned serial, bool adds)
{
    for (size_t i = 0; i < built->gaps.count; i++)
        if (built->gaps.at[i].serial >= serial && covers(built->gaps.at[i].path, path) &&
            (built->gaps.at[i].only == NULL ||
             text_has_word(built->gaps.at[i].only, last_part(path), strlen(last_part(path)))) &&
            (adds || built->gaps.at[i].kind != GAP_ADDS))
            return &built->gaps.at[i];
    return NULL;
}

static struct gap *add_gap(struct built *built, enum gap_kind kind, const char *path,
                           const struct instruction *at)
{
    struct gap *gap = vec_push(&built->gaps);
    *gap =
        (struct gap){.kind = kind, .path = path, .serial = root_copy_count(built->root), .at = at};
    return gap;
}

/* A gap that concerns `path` or something below it, which is there (`node`) or not. */
static const struct gap *gap_around(const struct built *built, const char *path,
                                    const struct node *node)
{
    const struct gap *gap = built_gap(built, path, node != NULL ? node_copy(node) : 0, false);
    if (gap == NULL && node == NULL)
        gap = built_gap(built, path, 0, true);
    if (gap != NULL)
        return gap;
    for (size_t i = 0; i < built->gaps.count; i++)
        if (node != NULL && node->type == NODE_DIR && covers(path, built->gaps.at[i].path) &&
            built->gaps.at[i].kind != GAP_ADDS)
            return &built->gaps.at[i];
    return NULL;
}

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
            (name[length] == '\0' || strcmp(name + length, ":latest") == 0))
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

/* What is not known of an image that was not given. */
static void add_image_gap(struct built *built)
{
    if (built->given || built->image == NULL || strcmp(built->image, "scratch") == 0)
        return;
    take_nonroot(built);
    bool files = built->base.profile != NULL && base_by_name(built->base.profile) != NULL;
    if (files && built->base.exact && built->base.absent == NULL)
        return;
    struct gap *gap = add_gap(built, files ? GAP_ADDS : GAP_IMAGE, "/", built->from);
    gap->name = built->image;
    built->config.floats = true;
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

static struct root *context_root(struct assembly *assembly, struct err *err)
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
    if (access(ignore, F_OK) != 0)
        ignore = arena_format(&assembly->arena, "%s/.dockerignore", folder);
    assembly->context_path = folder;
    struct source *source = source_open_context(folder, ignore, err);
    if (source != NULL)
        assembly->context = root_new(source);
    return assembly->context;
}

static struct root *keep_root(struct assembly *assembly, struct source *source)
{
    if (source == NULL)
        return NULL;
    return *vec_push(&assembly->made) = root_new(source);
}

struct root *assembly_files(struct assembly *assembly, const struct made_file *files, size_t count,
                            struct err *err)
{
    return keep_root(assembly, source_open_files("files", files, count, err));
}

/* ---- copies ---- */

struct copying {
    struct assembly *assembly;
    struct built *built;
    const struct step *step;
    struct copy copy;
    struct err *err;
};

static bool fail(struct copying *copying, const char *sentence)
{
    return dockerfile_fail(copying->assembly->file, copying->step->instruction->range.begin,
                           copying->err, "%s", sentence);
}

/* Where a copy goes, as far as it can be told without its source. */
static const char *place_of(struct copying *copying)
{
    return path_clean(copying->step->workdir, copying->step->to, &copying->assembly->arena);
}

/* The file that a source would become, by its name. */
static const char *shown_of(struct copying *copying, const char *source)
{
    const char *to = copying->copy.to, *slash = strrchr(source, '/');
    const char *place = place_of(copying);
    bool folder = to[strlen(to) - 1] == '/' || strcmp(to, ".") == 0;
    const char *name = slash != NULL ? slash + 1 : source;
    if (!folder || *name == '\0' || strcmp(name, ".") == 0 || glob_has_wildcard(name, strlen(name)))
        return place;
    return arena_format(&copying->assembly->arena, "%s/%s", place[1] != '\0' ? place : "", name);
}

static struct gap *leave_gap(struct copying *copying, enum gap_kind kind, const char *source)
{
    struct gap *gap = add_gap(copying->built, kind, place_of(copying), copying->step->instruction);
    gap->shown = source != NULL ? shown_of(copying, source) : NULL;
    return gap;
}

static bool lay(struct copying *copying, const char *source)
{
    struct err err = {0};
    copying->copy.source = source;
    bool laid = root_copy(copying->built->root, &copying->copy, &err);
    while (copying->built->copies.count < root_copy_count(copying->built->root))
        *vec_push(&copying->built->copies) = copying->step->instruction;
    if (copying->step->floats && *copying->step->to != '/')
        *vec_push(&copying->built->floating) = root_copy_count(copying->built->root);
    return laid || fail(copying, err.text);
}

/* --parents with a pattern: of the folder before the pivot (else /) what matches the rest, with the
 * folders above it. That nothing does is no error. */
static bool lay_matches(struct copying *copying, const char *source)
{
    struct arena *arena = &copying->assembly->arena;
    const char *pivot = strstr(source, "/./"), *to = copying->copy.to;
    const char *folder = pivot != NULL ? arena_copy(arena, source, (size_t)(pivot - source)) : "/";
    struct ignore_pattern pattern = {
        .text = path_clean("/", pivot != NULL ? pivot + 2 : source, arena) + 1};
    const struct ignore only = {.at = &pattern, .count = 1};
    struct err err = {0}, *told = copying->err;
    copying->copy.only = &only;
    copying->copy.to = arena_format(arena, "%s/", to);
    copying->err = &err;
    if (!lay(copying, folder)) /* the part before the pivot matches nothing, say */
        leave_gap(copying, GAP_COPY, NULL);
    copying->err = told;
    copying->copy.to = to;
    copying->copy.only = NULL;
    return true;
}

/* --parents: the folders of the source come along, those behind a pivot `/./`. */
static bool lay_with_parents(struct copying *copying, const char *source)
{
    struct arena *arena = &copying->assembly->arena;
    const char *pivot = strstr(source, "/./");
    const char *path = path_clean("/", pivot != NULL ? pivot + 2 : source, arena);
    const char *folder = arena_copy(arena, path, (size_t)(strrchr(path, '/') - path));
    if (glob_has_wildcard(source, strlen(source)))
        return lay_matches(copying, source);
    const char *to = copying->copy.to;
    copying->copy.to = arena_format(arena, "%s%s/", to, folder);
    int error;
    const struct node *node = root_lookup(copying->copy.from, NULL, path_clean("/", source, arena),
                                          NULL, LOOKUP_FOLLOW, &error);
    if (node != NULL && node->type == NODE_DIR) /* the folder itself, not its contents */
        copying->copy.to = arena_format(arena, "%s%s/", to, path);
    bool laid = lay(copying, source);
    copying->copy.to = to;
    return laid;
}

/* Is it one folder, whose contents --exclude is about? What it does with a file that is named, or
 * that a pattern of the instruction matches, BuildKit's documentation and its code tell apart. */
static bool is_folder(struct copying *copying, const char *source)
{
    int error;
    const struct node *node = copying->step->parents || glob_has_wildcard(source, strlen(source))
                                  ? NULL
                                  : root_lookup(copying->copy.from, NULL,
                                                path_clean("/", source, &copying->assembly->arena),
                                                NULL, LOOKUP_FOLLOW, &error);
    return node != NULL && node->type == NODE_DIR;
}

static bool lay_one(struct copying *copying, const char *source)
{
    if (copying->step->excludes != NULL &&
        (copying->copy.without == NULL || !is_folder(copying, source)))
        leave_gap(copying, GAP_COPY, NULL);
    return copying->step->parents ? lay_with_parents(copying, source) : lay(copying, source);
}

/* By its first bytes, as ADD tells it: tar's own mark, or that of a compression. */
static bool is_archive(struct copying *copying, const char *source)
{
    static const struct {
        size_t at;
        const char *mark;
    } marks[] = {{257, "ustar"},
                 {0, "\x1f\x8b"},
                 {0, "BZh"},
                 {0, "\xfd"
                     "7zXZ"},
                 {0, "(\xb5/\xfd"}};
    struct file_bytes bytes;
    int error;
    const char *path = path_clean("/", source, &copying->assembly->arena);
    const struct node *node =
        root_lookup(copying->copy.from, NULL, path, NULL, LOOKUP_FOLLOW, &error);
    bool is = false;
    if (node == NULL || node->type != NODE_FILE ||
        root_bytes(copying->copy.from, node, &bytes) != 0)
        return false;
    for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
        struct span part;
        size_t length = strlen(marks[i].mark);
        is |= span_at(bytes.span, marks[i].at, length, &part) &&
              memcmp(part.data, marks[i].mark, length) == 0;
    }
    file_bytes_release(&bytes);
    return is;
}

/* An archive of the context is unpacked by ADD. */
static bool lay_archive(struct copying *copying, const char *source, bool *unpacked)
{
    struct assembly *assembly = copying->assembly;
    struct arena *arena = &assembly->arena;
    if (glob_has_wildcard(source, strlen(source)))
        leave_gap(copying, GAP_COPY, NULL); /* which of them are archives is not asked */
    *unpacked = is_archive(copying, source);
    if (!*unpacked)
        return true;
    struct err err = {0};
    const char *path =
        arena_format(arena, "tar:%s%s", assembly->context_path, path_clean("/", source, arena));
    struct root *root = keep_root(assembly, source_open(path, NULL, &err));
    if (root == NULL) { /* compressed, and no archive: it is copied */
        *unpacked = false;
        return true;
    }
    struct copy copy = copying->copy;
    copying->copy.from = root;
    copying->copy.without = NULL; /* --exclude is not asked of what is unpacked */
    copying->copy.to = arena_format(arena, "%s/", copying->step->to);
    bool laid = lay(copying, "/");
    copying->copy = copy;
    return laid;
}

static bool lay_heredoc(struct copying *copying, const struct copy_source *source)
{
    const struct made_file file = {.path = source->path, .text = source->content, .mode = 0644};
    struct copy copy = copying->copy;
    copying->copy.from = assembly_files(copying->assembly, &file, 1, copying->err);
    bool laid = copying->copy.from != NULL &&
                lay(copying, arena_format(&copying->assembly->arena, "/%s", source->path));
    copying->copy = copy;
    return laid;
}

static bool is_remote(const char *source)
{
    return strncmp(source, "http://", 7) == 0 || strncmp(source, "https://", 8) == 0 ||
           strncmp(source, "git@", 4) == 0 || strncmp(source, "git://", 6) == 0 ||
           strncmp(source, "ssh://", 6) == 0;
}

static bool is_there(struct copying *copying, struct root *root, const char *source)
{
    int error;
    if (glob_has_wildcard(source, strlen(source)))
        return true;
    return root_lookup(root, NULL, path_clean("/", source, &copying->assembly->arena), NULL,
                       LOOKUP_FOLLOW, &error) != NULL;
}

static bool copy_from_context(struct copying *copying, const struct copy_source *source)
{
    if (source->heredoc != NULL)
        return lay_heredoc(copying, source);
    if (copying->step->instruction->kind == INSTRUCTION_ADD && is_remote(source->path)) {
        leave_gap(copying, GAP_REMOTE, source->path);
        return true;
    }
    struct root *context = context_root(copying->assembly, copying->err);
    if (context == NULL)
        return false;
    copying->copy.from = context;
    copying->copy.stage = NULL;
    struct err err = {0}, *told = copying->err;
    bool unpacked = false;
    copying->err = &err;
    bool laid = is_there(copying, context, source->path) &&
                (!copying->step->unpack || lay_archive(copying, source->path, &unpacked)) &&
                (unpacked || lay_one(copying, source->path));
    copying->err = told;
    if (!laid) /* the files may be elsewhere: --context */
        leave_gap(copying, GAP_CONTEXT, source->path)->name = source->path;
    return true;
}

/* Is `path` in the text, as a whole? */
static bool mentions(const char *text, const char *path)
{
    size_t length = strlen(path);
    for (const char *at = strstr(text, path); at != NULL; at = strstr(at + 1, path)) {
        char next = at[length];
        if (next == '\0' || strchr(" \t\n\"'/;&|)", next) != NULL)
            return true;
    }
    return false;
}

/* May the RUN make what is at `path`: for all that is told of it? */
static bool may_make(const struct built *from, const struct instruction *run, const char *path)
{
    for (size_t i = 0; i < from->gaps.count; i++)
        if (from->gaps.at[i].at == run && covers(from->gaps.at[i].path, path))
            return true;
    return false;
}

/* The RUN of the stage that makes what is at `path`: the first that names it, else one of those
 * that may. */
static void find_maker(const struct built *from, const char *path, struct gap *made)
{
    for (size_t i = 0; i < from->runs.count; i++)
        if (path[1] != '\0' && mentions(from->runs.at[i].text, path)) {
            made->cause = from->runs.at[i].at;
            return;
        }
    const struct instruction *first = NULL, *last = NULL;
    for (size_t i = 0; i < from->runs.count; i++) {
        const struct instruction *run = from->runs.at[i].at;
        if (may_make(from, run, path)) {
            first = first != NULL ? first : run;
            last = run;
        }
    }
    if (first == NULL && made->cause == NULL && from->runs.count != 0) { /* by packages */
        first = from->runs.at[0].at;
        last = from->runs.at[from->runs.count - 1].at;
    }
    if (first != NULL) {
        made->cause = first;
        made->until = last != first ? last : NULL;
    }
}

/* The cause in the stage becomes that of the gap here. */
static void pass_gap_on(struct copying *copying, const struct built *from, const struct gap *gap,
                        const char *source)
{
    bool image = gap->kind == GAP_IMAGE || gap->kind == GAP_ADDS;
    struct gap *made = leave_gap(copying, image ? GAP_IMAGE : GAP_STAGE, source);
    made->name = image && from->from == NULL ? from->image : from->name;
    if (from->from != NULL)
        made->kind = GAP_STAGE;
    made->cause = gap->at;
    made->from = from;
    if (from->from != NULL && (gap->path[1] == '\0' || gap->at == NULL))
        find_maker(from, path_clean("/", source, &copying->assembly->arena), made);
}

/* The folder that everything which a pattern matches is in: "/out" of "/out/lib*.so". */
static const char *folder_of_pattern(const char *path, struct arena *arena)
{
    size_t length = strcspn(path, "*?[\\");
    while (length > 1 && path[length - 1] != '/')
        length--;
    return arena_copy(arena, path, length > 1 ? length - 1 : 1);
}

static bool copy_from_built(struct copying *copying, const struct built *from, const char *source)
{
    struct arena *arena = &copying->assembly->arena;
    const char *path = path_clean("/", source, arena);
    int error;
    bool pattern = glob_has_wildcard(path, strlen(path));
    if (pattern)
        path = folder_of_pattern(path, arena);
    const struct node *node = root_lookup(from->root, NULL, path, NULL, LOOKUP_FOLLOW, &error);
    const struct gap *gap = pattern ? built_gap(from, path, 0, true) : NULL;
    if (gap == NULL)
        gap = gap_around(from, path, node);
    if (pattern)
        node = NULL; /* what matches need not be there */
    bool profile = !from->given && from->image != NULL && strcmp(from->image, "scratch") != 0;
    struct gap missing = {.kind = GAP_IMAGE};
    if (gap == NULL && node == NULL && profile)
        gap = &missing; /* a profile need not have every file of the image */
    copying->copy.from = from->root;
    copying->copy.stage = from->name;
    if (node != NULL || gap == NULL)
        if (!lay_one(copying, source))
            return false;
    if (gap != NULL)
        pass_gap_on(copying, from, gap, source);
    return true;
}

static struct built *build_stage(struct assembly *assembly, size_t stage, struct err *err);
static struct built *build_image(struct assembly *assembly, const char *image, struct err *err);

/* What an instruction copies from; NULL with an error. */
static struct built *find_from(struct copying *copying)
{
    const struct build_origin *from = &copying->step->from;
    return from->kind == ORIGIN_STAGE ? build_stage(copying->assembly, from->stage, copying->err)
                                      : build_image(copying->assembly, from->image, copying->err);
}

static bool set_mode(struct copying *copying)
{
    const char *mode = copying->step->mode;
    copying->copy.mode = -1;
    if (mode == NULL)
        return true;
    if (!mode_parse(mode, &copying->copy.mode))
        return fail(copying, arena_format(&copying->assembly->arena,
                                          "--chmod=%s: expected an octal number, or changes as "
                                          "u+x,go=rX",
                                          mode));
    copying->copy.changes = copying->copy.mode < 0 ? mode : NULL;
    return true;
}

/* An owner that is not there yet, because of a gap, is one whom nobody is. */
static void set_owner(struct copying *copying)
{
    struct err err = {0};
    copying->copy.owned = copying->step->from_context || copying->step->owner != NULL;
    if (copying->step->owner != NULL && !user_owner(copying->built->facts, copying->step->owner,
                                                    &copying->copy.uid, &copying->copy.gid, &err))
        copying->copy.uid = copying->copy.gid = INT32_MAX;
}

/* The patterns of --exclude, as patternmatcher takes them. False: one is not followed. */
static bool read_excludes(struct copying *copying, struct ignore *without)
{
    struct arena *arena = &copying->assembly->arena;
    const char *lines = "";
    for (const char *const *at = copying->step->excludes; *at != NULL; at++) {
        if (**at == '/' || **at == '#' || **at == '!' || strchr(*at, '\n') != NULL ||
            strstr(*at, "..") != NULL)
            return false;
        lines = arena_format(arena, "%s%s\n", lines, *at);
    }
    ignore_read((struct span){(const unsigned char *)lines, strlen(lines)}, arena, without);
    return true;
}

static bool apply_copy(struct assembly *assembly, struct built *built, const struct step *step,
                       struct err *err)
{
    struct copying copying = {.assembly = assembly, .built = built, .step = step, .err = err};
    copying.copy = (struct copy){.to = step->to, .workdir = step->workdir};
    if (step->source_count > 1 && step->to[strlen(step->to) - 1] != '/')
        copying.copy.to = arena_format(&assembly->arena, "%s/", step->to);
    if (!set_mode(&copying))
        return false;
    set_owner(&copying);
    struct ignore without = {0};
    copying.copy.without =
        step->excludes != NULL && read_excludes(&copying, &without) ? &without : NULL;
    struct built *from = NULL;
    bool done = step->from_context || (from = find_from(&copying)) != NULL;
    for (size_t i = 0; done && i < step->source_count; i++) {
        const struct copy_source *source = &step->sources[i];
        done = from == NULL || source->heredoc != NULL
                   ? copy_from_context(&copying, source)
                   : copy_from_built(&copying, from, source->path);
    }
    vec_free(&without);
    return done;
}

/* ---- stages ---- */

static bool apply(struct assembly *assembly, struct built *built, const struct step *step,
                  struct err *err)
{
    int ignored;
    switch (step->kind) {
    case STEP_COPY:
        return apply_copy(assembly, built, step, err);
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

static struct built *build_stage(struct assembly *assembly, size_t stage, struct err *err)
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

static struct built *build_image(struct assembly *assembly, const char *image, struct err *err)
{
    for (size_t i = 0; i < assembly->images.count; i++)
        if (strcmp(assembly->images.at[i]->name, image) == 0)
            return assembly->images.at[i];
    struct built *built = *vec_push(&assembly->images) = new_built(assembly, image);
    const char *source = find_image(assembly, image, built);
    return open_image(assembly, built, source, assembly->platform, err) ? built : NULL;
}

/* ---- the target ---- */

static bool add_build_args(struct assembly *assembly)
{
    const struct strings *arguments = &assembly->willrun->build_args;
    for (size_t i = 0; i < arguments->count; i++) {
        const char *text = arguments->at[i];
        size_t length = strcspn(text, "=");
        /* without a value it is that of the environment, as docker build has it */
        const char *name = arena_copy(&assembly->arena, text, length);
        const char *value = text[length] == '=' ? text + length + 1 : getenv(name);
        if (value != NULL)
            variables_set(&assembly->request.given, name, value, false);
    }
    return true;
}

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
    bool ok = add_build_args(assembly) && open_file(assembly, err);
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
