#include "check/places.h"

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

const char *give_stage(const struct assembly *assembly, const char *name, struct arena *arena)
{
    const char *folder = assembly->context_path != NULL ? assembly->context_path : ".";
    bool usual = strcmp(assembly->file->name, "Dockerfile") == 0 ||
                 strcmp(assembly->file->name, "./Dockerfile") == 0;
    return arena_format(arena,
                        "Build it, and pass its files: docker build%s%s --target %s -o "
                        "type=tar,dest=%s.tar %s, then add --stage %s=%s.tar.",
                        usual ? "" : " -f ", usual ? "" : assembly->file->name, name, name, folder,
                        name, name);
}

static const char *give_image(const char *image, struct arena *arena)
{
    return arena_format(arena,
                        "Pass its files: docker save -o image.tar %s, then add --base "
                        "%s=image.tar.",
                        image, image);
}

/* "RUN in line 5" of what makes the files. */
static const char *maker(const struct gap *gap, struct arena *arena)
{
    return gap->cause != NULL ? arena_format(arena, ", where %s in line %zu makes it",
                                             gap->cause->name, gap->cause->range.begin.line)
                              : "";
}

static const char *what_adds(const struct assembly *assembly)
{
    const struct image_base *base = &assembly->target.base;
    return base->adds != NULL ? base->adds : "what else it has";
}

struct willrun_finding *gap_finding(const struct assembly *assembly, const struct gap *gap,
                                    struct findings *notes)
{
    struct arena *arena = notes->arena;
    struct willrun_finding *note = NULL;
    switch (gap->kind) {
    case GAP_STAGE:
        note = finding_add(notes, RULE_STAGE_NOT_GIVEN,
                           "%s comes from the stage %s%s; its files were not given", gap->path,
                           gap->name, maker(gap, arena));
        note->fix = give_stage(assembly, gap->name, arena);
        break;
    case GAP_IMAGE:
        note = finding_add(notes, RULE_IMAGE_NOT_KNOWN, "the files of the image %s are not known",
                           gap->name);
        note->fix = give_image(gap->name, arena);
        break;
    case GAP_ADDS:
        if (gap->only != NULL) {
            note = finding_add(notes, RULE_IMAGE_NOT_KNOWN,
                               "the image %s has files of that name, and its profile has not",
                               gap->name);
            note->fix = give_image(gap->name, arena);
            break;
        }
        if (gap->cause == NULL) {
            note =
                finding_add(notes, RULE_IMAGE_NOT_KNOWN,
                            "of the image %s the distribution under it is known (%s), and not %s",
                            gap->name, assembly->target.base.profile, what_adds(assembly));
            note->fix = give_image(gap->name, arena);
            break;
        }
        /* fall through */
    case GAP_RUN:
        note = finding_add(notes, RULE_RUN_NOT_EXECUTED,
                           "RUN in line %zu may change this: willrun runs nothing",
                           gap->at->range.begin.line);
        note->fix = give_stage(assembly, assembly->target.name, arena);
        break;
    case GAP_CONTEXT:
        note = finding_add(notes, RULE_NOT_IN_CONTEXT,
                           "%s is not in the build context %s: docker build stops there", gap->name,
                           assembly->context_path);
        note->fix = "Name the folder that is the build's context with --context, or take the "
                    "path out of .dockerignore.";
        break;
    case GAP_REMOTE:
        note = finding_add(notes, RULE_RUN_NOT_EXECUTED,
                           "ADD in line %zu fetches from the network, and willrun does not",
                           gap->at->range.begin.line);
        note->fix = give_stage(assembly, assembly->target.name, arena);
        break;
    default:
        note = finding_add(notes, RULE_RUN_NOT_EXECUTED,
                           "%s in line %zu copies by --exclude or by a pattern with --parents, "
                           "which is not followed",
                           gap->at->name, gap->at->range.begin.line);
        note->fix = give_stage(assembly, assembly->target.name, arena);
    }
    note->object = *gap->path == '/' && gap->path[1] != '\0' ? gap->path : NULL;
    place_at(assembly, gap->at, note);
    return note;
}
