#include "check/start.h"

#include <string.h>

#include "base/vec.h"
#include "check/user.h"
#include "verdict/findings.h"
#include "verdict/words.h"

/* ---- the environment ---- */

static bool names(char *const *list, size_t count, const char *assignment)
{
    size_t length = strcspn(assignment, "=") + 1;
    for (size_t i = 0; i < count; i++)
        if (strncmp(list[i], assignment, length) == 0)
            return true;
    return false;
}

const char *const *start_env(const struct image_facts *image, char *const *given, size_t count,
                             struct arena *arena)
{
    const char *const *own = image != NULL ? image->env : NULL;
    size_t room = count + 1, at = 0;
    for (size_t i = 0; own != NULL && own[i] != NULL; i++)
        room++;
    const char **env = arena_array(arena, room, sizeof *env);
    for (size_t i = 0; own != NULL && own[i] != NULL; i++)
        if (!names(given, count, own[i]))
            env[at++] = own[i];
    for (size_t i = 0; i < count; i++)
        env[at++] = arena_string(arena, given[i]);
    return env;
}

/* ---- user and folder ---- */

static void refuse(struct target *target, struct arena *arena, const struct refused_start *refused)
{
    struct refused_start *kept = arena_alloc(arena, sizeof *kept);
    *kept = *refused;
    if (target->refused == NULL)
        target->refused = kept;
}

void start_user(const struct image_facts *image, struct arena *arena, struct target *target)
{
    struct err err = {0};
    enum user_answer answer =
        image->user == NULL ? USER_FOUND
                            : user_find(target->facts, image->user, arena, &target->cred, &err);
    if (answer == USER_UNREAD)
        refuse(
            target, arena,
            &(struct refused_start){.rule = RULE_UNREADABLE,
                                    .message = arena_format(arena, "the image's USER is %s, and %s",
                                                            image->user, err.text),
                                    .fix = "Run willrun as a user who may read the root."});
    if (answer != USER_MISSING)
        return;
    const char *colon = strchr(image->user, ':');
    bool group = strstr(err.text, "/etc/group") != NULL;
    const char *name = group && colon != NULL
                           ? colon + 1
                           : arena_copy(arena, image->user, strcspn(image->user, ":"));
    const char *what = group ? "group" : "user";
    refuse(
        target, arena,
        &(struct refused_start){
            .rule = RULE_USER_MISSING,
            .message = arena_format(arena, "the image's USER is %s, and %s", image->user, err.text),
            .fix =
                arena_format(arena, "Create the %s in the image, or name it by its number.", what),
            .runtime = arena_format(arena, "unable to find %s %s: no matching entries in %s file",
                                    what, name, group ? "group" : "passwd")});
}

/* As runc says it: Go's MkdirAll names the first part of the path that is no folder. */
static const char *mkdir_words(struct root *root, const char *path, int error, struct arena *arena)
{
    const char *end = path;
    const char *part = path;
    do {
        end += 1 + strcspn(end + 1, "/");
        part = arena_copy(arena, path, (size_t)(end - path));
        int ignored;
        const struct node *node = root_lookup(root, NULL, part, NULL, LOOKUP_FOLLOW, &ignored);
        if (node == NULL || node->type != NODE_DIR)
            break;
    } while (*end != 0);
    return arena_format(arena, "error during container init: mkdir %s: %s", part,
                        words_lower(err_text(error), arena));
}

void start_workdir(const struct image_facts *image, struct arena *arena, struct target *target)
{
    int error;
    if (image->workdir == NULL)
        return;
    const char *path =
        *image->workdir == '/' ? image->workdir : arena_format(arena, "/%s", image->workdir);
    target->cwd = root_make_folder(facts_root(target->facts), path, &error);
    if (target->cwd != NULL)
        return;
    refuse(target, arena,
           &(struct refused_start){
               .rule = RULE_WORKDIR_REFUSED,
               .message = arena_format(arena, "the image's WORKDIR %s cannot be entered: %s", path,
                                       err_text(error)),
               .fix = arena_format(arena, "Make %s a folder in the image.", path),
               .runtime = mkdir_words(facts_root(target->facts), path, error, arena)});
}

/* ---- findings of a target ---- */

static const enum rule rule_of[] = {
    [ODDITY_OUTSIDE] = RULE_ARCHIVE_NAME_OUTSIDE,
    [ODDITY_LINK] = RULE_ARCHIVE_LINK_BROKEN,
    [ODDITY_UNPACKING] = RULE_ARCHIVE_ENTRY_REFUSED,
};

/* The mark of an image that was built for one machine and labelled for another. */
static void add_mislabelled(struct findings *findings, const struct image_facts *image,
                            const struct willrun_subject *subjects, size_t count,
                            const struct platform *platform)
{
    size_t foreign = 0, programs = 0;
    const char *other = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct willrun_subject *subject = &subjects[i];
        bool fails = false;
        for (size_t j = 0; j < subject->finding_count; j++)
            fails |= strcmp(subject->findings[j].rule, rule_row(RULE_PLATFORM_MISMATCH)->name) == 0;
        programs += subject->platform != NULL;
        foreign += fails && subject->platform != NULL;
        if (fails && other == NULL)
            other = subject->platform;
    }
    /* a few foreign ones among many lie in many images: packages for every machine */
    if (foreign * 2 <= programs || image == NULL || image->platform == NULL || platform == NULL)
        return;
    const char *which =
        foreign < programs ? arena_format(findings->arena,
                                          "%zu of the %zu programs and libraries that were checked "
                                          "are",
                                          foreign, programs)
        : programs == 1
            ? "what was checked of it is"
            : arena_format(findings->arena, "all %zu programs and libraries that were checked are",
                           programs);
    struct willrun_finding *finding =
        finding_add(findings, RULE_PLATFORM_MISMATCH,
                    "the image says that it is for %s, and %s for another machine (%s)",
                    image->platform, which, other);
    finding->fix = arena_format(findings->arena,
                                "Build the image for the machine that it runs on: docker build "
                                "--platform %s, with a FROM of that platform.",
                                platform->name);
}

size_t target_findings(const struct source *source, const struct willrun_subject *subjects,
                       size_t count, const struct platform *platform, size_t passed_over,
                       size_t strays, struct arena *arena, const struct willrun_finding **findings)
{
    struct findings made = {.arena = arena};
    for (size_t i = 0; i < source->note_count; i++) {
        const struct source_note *note = &source->notes[i];
        struct willrun_finding *finding =
            finding_add(&made, rule_of[note->kind], "%s", note->sentence);
        finding->object = arena_string(arena, note->path);
    }
    add_mislabelled(&made, source->image, subjects, count, platform);
    if (passed_over != 0)
        finding_add(&made, RULE_NOT_CHOSEN,
                    "%zu file%s of node_modules %s for other platforms: packages load others in "
                    "this target",
                    passed_over, passed_over == 1 ? "" : "s", passed_over == 1 ? "is" : "are");
    if (strays != 0)
        finding_add(&made, RULE_NOT_STARTED,
                    "%zu script%s of packages %s not checked: nothing is known to start %s", strays,
                    strays == 1 ? "" : "s", strays == 1 ? "was" : "were",
                    strays == 1 ? "it" : "them");
    struct willrun_finding *kept = arena_array(arena, made.list.count + 1, sizeof *kept);
    if (made.list.count != 0)
        memcpy(kept, made.list.at, made.list.count * sizeof *kept);
    size_t total = made.list.count;
    vec_free(&made.list);
    *findings = kept;
    return total;
}
