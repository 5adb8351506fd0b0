#include "check/places.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void place_at(const struct assembly *assembly, const struct instruction *at,
              struct willrun_finding *finding)
{
    if (at == NULL)
        return;
    finding->place = (struct willrun_place){.file = assembly->file->name,
                                            .line = at->range.begin.line,
                                            .column = at->range.begin.column,
                                            .end_line = at->range.end.line,
                                            .text = at->line};
}

const struct instruction *copied_by(const struct assembly *assembly, const struct node *cwd,
                                    const char *path)
{
    int error;
    const struct built *built = &assembly->target;
    const struct node *node =
        path != NULL ? root_lookup(built->root, cwd, path, NULL, LOOKUP_FOLLOW, &error) : NULL;
    if (node == NULL && path != NULL) /* a link to nothing */
        node = root_lookup(built->root, cwd, path, NULL, LOOKUP_NOFOLLOW, &error);
    unsigned serial = node != NULL ? node_copy(node) : 0;
    return serial != 0 && serial <= built->copies.count ? built->copies.at[serial - 1] : NULL;
}

/* ---- findings of subjects ---- */

static bool is(const struct willrun_finding *finding, enum rule rule)
{
    return strcmp(finding->rule, rule_row(rule)->name) == 0;
}

static const struct instruction *started_by(const struct assembly *assembly,
                                            const struct asked *asked)
{
    const struct stage_config *config = &assembly->target.config;
    if (asked->from == ASKED_HEALTHCHECK)
        return config->healthcheck_at;
    if (asked->from == ASKED_ENTRYPOINT)
        return config->entrypoint_at;
    return asked->from == ASKED_COMMAND ? config->command_at : NULL;
}

/* The file that the finding says most about: that which needs something, then the subject. */
static const struct instruction *brought_by(const struct assembly *assembly,
                                            const struct target *target,
                                            const struct willrun_subject *subject,
                                            const struct willrun_finding *finding)
{
    const char *paths[] = {finding->needed_by, subject->path, finding->object};
    const struct instruction *at = NULL;
    for (size_t i = 0; at == NULL && i < sizeof paths / sizeof *paths; i++)
        at = copied_by(assembly, target->cwd, paths[i]);
    return at;
}

void place_finding(const struct assembly *assembly, const struct target *target,
                   const struct asked *asked, const struct willrun_subject *subject,
                   struct willrun_finding *finding)
{
    const struct stage_config *config = &assembly->target.config;
    const struct instruction *at = NULL;
    if (is(finding, RULE_USER_MISSING))
        at = config->user_at;
    else if (is(finding, RULE_WORKDIR_REFUSED))
        at = config->workdir_at;
    else if (is(finding, RULE_SCRIPT_MISSING))
        at = started_by(assembly, asked);
    else if (is(finding, RULE_COMMAND_NOT_FOUND) &&
             copied_by(assembly, target->cwd, subject->path) == NULL)
        at = started_by(assembly, asked);
    if (at == NULL)
        at = brought_by(assembly, target, subject, finding);
    if (at == NULL)
        at = started_by(assembly, asked);
    if (at == NULL)
        at = assembly->target.from;
    place_at(assembly, at, finding);
}

/* ---- gaps ---- */

/* The stage that is called `name` in the file; SIZE_MAX: it has a number alone. */
static size_t stage_named(const struct assembly *assembly, const char *name)
{
    for (size_t i = 0; i < assembly->file->stage_count; i++)
        if (assembly->file->stages[i].name != NULL &&
            strcmp(assembly->file->stages[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}

/* docker build --target takes names alone; the last stage needs none. */
const char *give_stage(const struct assembly *assembly, const char *name, struct arena *arena)
{
    const char *folder = assembly->context_path != NULL ? assembly->context_path : ".";
    const char *file = assembly->file->name, *target = "", *tar = name;
    bool usual = strcmp(file, "Dockerfile") == 0 || strcmp(file, "./Dockerfile") == 0;
    bool named = stage_named(assembly, name) != SIZE_MAX;
    bool last = strtoul(name, NULL, 10) == assembly->file->stage_count - 1;
    if (named)
        target = arena_format(arena, " --target %s", name);
    else if (!last)
        return arena_format(arena,
                            "Name the stage (FROM ... AS build), build it, and pass its files: "
                            "docker build --target build -o type=tar,dest=build.tar %s, then add "
                            "--stage build=build.tar.",
                            folder);
    else
        tar = "image";
    return arena_format(arena,
                        "Build it, and pass its files: docker build%s%s%s -o type=tar,dest=%s.tar "
                        "%s, then add --stage %s=%s.tar.",
                        usual ? "" : " -f ", usual ? "" : file, target, tar, folder, name, tar);
}

/* A name with neither a slash nor a tag, and not one of the tables', may be a build context's. */
static const char *give_image(const char *image, struct arena *arena)
{
    struct image_base base;
    image_base_find(image, arena, &base);
    if (strpbrk(image, "/:@") == NULL && base.release == NULL && base.adds == NULL)
        return arena_format(arena,
                            "Where it is a build context (--build-context %s=FOLDER), add --base "
                            "%s=FOLDER; else pass the image's files: docker save -o image.tar %s, "
                            "then add --base %s=image.tar.",
                            image, image, image, image);
    return arena_format(arena,
                        "Pass its files: docker save -o image.tar %s, then add --base "
                        "%s=image.tar.",
                        image, image);
}

/* What makes the files: "RUN in line 5". */
static const char *maker(const struct gap *gap, struct arena *arena)
{
    if (gap->cause == NULL)
        return "";
    if (gap->until != NULL)
        return arena_format(arena, ", where one of the RUNs in lines %zu to %zu makes it",
                            gap->cause->range.begin.line, gap->until->range.begin.line);
    return arena_format(arena, ", where %s in line %zu makes it", gap->cause->name,
                        gap->cause->range.begin.line);
}

/* What a gap that building the stage closes is about, behind "RUN in line 3". */
static const char *const not_done[] = {
    [GAP_ADDS] = "adds files: willrun runs nothing",
    [GAP_RUN] = "may change this: willrun runs nothing",
    [GAP_COPY] = "copies by --exclude, by --parents or by a pattern that is not followed",
};

static struct willrun_finding *image_gap(const struct assembly *assembly, const struct gap *gap,
                                         struct findings *notes)
{
    const struct image_base *base = &assembly->target.base;
    struct willrun_finding *note;
    if (gap->kind == GAP_IMAGE)
        note = finding_add(notes, RULE_IMAGE_NOT_KNOWN, "the files of the image %s are not known",
                           gap->name);
    else if (gap->only != NULL)
        note =
            finding_add(notes, RULE_IMAGE_NOT_KNOWN,
                        "the image %s has files of that name, and its profile has not", gap->name);
    else
        note = finding_add(notes, RULE_IMAGE_NOT_KNOWN,
                           "of the image %s the distribution under it is known (%s), and not %s",
                           gap->name, base->profile,
                           base->adds != NULL ? base->adds : "what else it has");
    note->fix = give_image(gap->name, notes->arena);
    return note;
}

struct willrun_finding *gap_finding(const struct assembly *assembly, const struct gap *gap,
                                    struct findings *notes)
{
    struct willrun_finding *note;
    if (gap->kind == GAP_IMAGE || (gap->kind == GAP_ADDS && gap->cause == NULL)) {
        note = image_gap(assembly, gap, notes);
    } else if (gap->kind == GAP_STAGE) {
        note = finding_add(notes, RULE_STAGE_NOT_GIVEN,
                           "%s comes from the stage %s%s; its files were not given", gap->path,
                           gap->name, maker(gap, notes->arena));
        note->fix = give_stage(assembly, gap->name, notes->arena);
    } else if (gap->kind == GAP_CONTEXT) {
        note = finding_add(notes, RULE_NOT_IN_CONTEXT,
                           "%s is not in the build context %s: docker build stops there", gap->name,
                           assembly->context_path);
        note->fix = "Name the folder that is the build's context with --context, or take the "
                    "path out of .dockerignore.";
    } else if (gap->kind == GAP_REMOTE) {
        note = finding_add(notes, RULE_RUN_NOT_EXECUTED,
                           "%s in line %zu fetches %s, and willrun asks no network", gap->at->name,
                           gap->at->range.begin.line, gap->name);
        note->fix = give_stage(assembly, assembly->target.name, notes->arena);
    } else {
        note = finding_add(notes, RULE_RUN_NOT_EXECUTED, "%s in line %zu %s", gap->at->name,
                           gap->at->range.begin.line, not_done[gap->kind]);
        note->fix = give_stage(assembly, assembly->target.name, notes->arena);
    }
    note->object = *gap->path == '/' && gap->path[1] != '\0' ? gap->path : NULL;
    place_at(assembly, gap->at, note);
    return note;
}
