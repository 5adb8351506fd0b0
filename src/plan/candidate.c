#include "plan/candidate.h"

#include <string.h>

#include "check/versions.h"
#include "file/os_release.h"
#include "plan/relevant.h"
#include "plan/wants.h"
#include "verdict/findings.h"

enum { ROUNDS = 8 }; /* a library that was brought may need others */

/* Who runs it, where nobody else is named: distroless images call him nonroot, /etc/passwd of
 * others has a nobody. */
static const char nonroot[] = "65532:65532", nobody[] = "65534:65534";

/* ---- the context of one check ---- */

/* A path as --copy has it: a colon is not the end of it. */
static const char *escaped(const char *path, struct arena *arena)
{
    char *text = arena_alloc(arena, 2 * strlen(path) + 1), *end = text;
    for (; *path != 0; path++) {
        if (*path == ':')
            *end++ = '\\';
        *end++ = *path;
    }
    return text;
}

static void add_artifacts(struct willrun *like, const struct trials *trials,
                          const struct trial *trial)
{
    struct arena *arena = trials->arena;
    for (size_t i = 0; i < trials->artifacts->list.count; i++) {
        const struct artifact *artifact = &trials->artifacts->list.at[i];
        if (artifact->stage == NULL && artifact->local == NULL) {
            willrun_add_subject(like, artifact->source);
            continue;
        }
        if (artifact->absent)
            continue;
        const char *setting = artifact->setting != NULL ? artifact->setting
                              : artifact->open          ? ""
                              : artifact->folder ? arena_format(arena, ":chown=%s", trial->user)
                                                 : ":chmod=755";
        willrun_add_copy(
            like, arena_format(
                      arena, "%s:%s:%s%s", artifact->stage != NULL ? artifact->stage : "",
                      escaped(artifact->local != NULL ? artifact->local : artifact->source, arena),
                      escaped(artifact->to, arena), setting));
        if (artifact->local == NULL)
            willrun_add_subject(like, artifact->to);
    }
    if (trials->entry->runner != NULL)
        willrun_add_command(like, trials->entry->runner);
}

static struct willrun *prepare(const struct trials *trials, const char *source,
                               const struct trial *trial)
{
    struct willrun *willrun = trials->willrun, *like = context_like(willrun);
    struct arena *arena = trials->arena;
    like->shared = &trials->artifacts->stages;
    willrun_set_root(like, source);
    if (trials->platform != NULL)
        willrun_set_platform(like, trials->platform);
    willrun_set_user(like, trial->user);
    for (size_t i = 0; i < willrun->copies.count; i++)
        willrun_add_copy(like, willrun->copies.at[i]);
    add_artifacts(like, trials, trial);
    for (size_t i = 0; i < trial->copies.count; i++) {
        const struct willrun_copy_line *line = &trial->copies.at[i].line;
        for (size_t k = 0; k < line->source_count; k++)
            willrun_add_copy(like, arena_format(arena, "%s:%s:%s", line->stage,
                                                escaped(line->sources[k], arena),
                                                escaped(line->to, arena)));
    }
    return like;
}

/* ---- what is missing, and in a stage ---- */

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool has_text(const char *const *list, size_t count, const char *text)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(list[i], text) == 0)
            return true;
    return false;
}

/* The copy of the same stage to the same folder, which a package brings or not; NULL: none. */
static struct trial_copy *copy_for(struct trial *trial, const struct willrun_copy_line *line,
                                   bool packaged)
{
    for (size_t i = 0; i < trial->copies.count; i++) {
        struct trial_copy *copy = &trial->copies.at[i];
        if (copy->packaged == packaged && strcmp(copy->line.stage, line->stage) == 0 &&
            strcmp(copy->line.to, line->to) == 0)
            return copy;
    }
    return NULL;
}

/* How many of its sources are new. A part of glibc from elsewhere does not go with the root's own:
 * where that lacks it, the base does not fit. */
static size_t add_line(struct trial *trial, const struct willrun_copy_line *line, bool packaged,
                       struct arena *arena)
{
    struct trial_copy *copy = copy_for(trial, line, packaged);
    size_t added = 0;
    if (copy == NULL) {
        copy = vec_push(&trial->copies);
        *copy = (struct trial_copy){.line = {.stage = arena_string(arena, line->stage),
                                             .to = arena_string(arena, line->to)},
                                    .packaged = packaged};
    }
    struct willrun_copy_line *own = &copy->line;
    const char **sources =
        arena_array(arena, own->source_count + line->source_count + 1, sizeof *sources);
    for (size_t i = 0; i < own->source_count; i++)
        sources[i] = own->sources[i];
    for (size_t i = 0; i < line->source_count; i++)
        if (!versions_of_glibc(last_part(line->sources[i])) &&
            !has_text(sources, own->source_count + added, line->sources[i]))
            sources[own->source_count + added++] = arena_string(arena, line->sources[i]);
    own->sources = sources;
    own->source_count += added;
    if (own->source_count == 0)
        trial->copies.count--; /* it is the last, and new */
    return added;
}

static void add_package(struct trial *trial, const char *package, bool installs,
                        struct arena *arena)
{
    if (installs && !has_text(trial->installs.at, trial->installs.count, package))
        *vec_push(&trial->installs) = arena_string(arena, package);
    if (!has_text(trial->packages.at, trial->packages.count, package))
        *vec_push(&trial->packages) = arena_string(arena, package);
}

/* Are packages of the stage those of the base: of one release of one distribution? */
static bool is_same_release(const struct trials *trials, const struct trial *trial,
                            const char *stage_name)
{
    struct os_release base, stage;
    os_release_read(result_facts(trial->check), trials->arena, &base);
    os_release_read(artifacts_stage(trials->artifacts, stage_name)->facts, trials->arena, &stage);
    if (base.id == NULL || stage.id == NULL || strcmp(base.id, stage.id) != 0 ||
        base.version_id == NULL || stage.version_id == NULL)
        return false;
    const char *dot = strrchr(base.version_id, '.');
    if (strcmp(base.id, "alpine") == 0 && dot != NULL) /* 3.20 of 3.20.3 */
        return strncmp(base.version_id, stage.version_id, (size_t)(dot - base.version_id)) == 0;
    return strcmp(base.version_id, stage.version_id) == 0;
}

/* What brings packages into the base: "apt-get", "apk"; NULL: nothing. */
static const char *installer_of(const struct trial *trial)
{
    static const char *const programs[][2] = {
        {"/usr/bin/apt-get", "apt-get"}, {"/sbin/apk", "apk"}, {"/usr/bin/apk", "apk"}};
    struct root *root = facts_root(result_facts(trial->check));
    for (size_t i = 0; i < sizeof programs / sizeof *programs; i++) {
        int error;
        if (root_lookup(root, NULL, programs[i][0], NULL, LOOKUP_FOLLOW, &error) != NULL)
            return programs[i][1];
    }
    return NULL;
}

static size_t add_supply(const struct trials *trials, struct trial *trial,
                         const struct willrun_finding *finding)
{
    struct willrun_copy_line line;
    size_t added = 0;
    bool installs = false;
    if (finding->severity != WILLRUN_NOTE)
        for (size_t i = 0; i < finding->copy_count; i++) {
            bool packaged = finding->package != NULL && installer_of(trial) != NULL &&
                            is_same_release(trials, trial, finding->copies[i].stage);
            added += add_line(trial, &finding->copies[i], packaged, trials->arena);
            installs |= packaged;
        }
    if (added != 0 && finding->package != NULL)
        add_package(trial, finding->package, installs, trials->arena);
    if (wants_find(trials->artifacts, finding, &line)) {
        const char *installer = installer_of(trial);
        const char *package =
            installer != NULL ? wants_package(finding, strcmp(installer, "apk") == 0) : NULL;
        size_t more = add_line(trial, &line, package != NULL, trials->arena);
        if (more != 0 && package != NULL)
            add_package(trial, package, true, trials->arena);
        added += more;
    }
    return added;
}

static size_t add_supplies(const struct trials *trials, struct trial *trial)
{
    const struct willrun_target *target = &trial->check->targets[0];
    size_t added = 0;
    for (size_t i = 0; i < target->subject_count; i++)
        for (size_t k = 0;
             k < target->subjects[i].finding_count && relevant(trials->artifacts, target, i); k++)
            added += add_supply(trials, trial, &target->subjects[i].findings[k]);
    return added;
}

/* A user whom the passwd that comes along knows, for who looks itself up. */
static void choose_user(const struct trials *trials, struct trial *trial)
{
    enum { LARGEST = 1 << 20 };
    for (size_t i = 0; i < trial->copies.count; i++) {
        const struct willrun_copy_line *line = &trial->copies.at[i].line;
        struct stage *stage = artifacts_stage(trials->artifacts, line->stage);
        struct span text;
        int error;
        if (trials->willrun->user != NULL || strcmp(line->to, "/etc/passwd") != 0)
            continue;
        const struct node *node =
            root_lookup(stage->root, NULL, "/etc/passwd", NULL, LOOKUP_FOLLOW, &error);
        if (node != NULL && facts_text(stage->facts, node, LARGEST, trials->arena, &text) == 0 &&
            memmem(text.data, text.size, ":65532:65532:", 13) == NULL &&
            memmem(text.data, text.size, ":65534:65534:", 13) != NULL)
            trial->user = nobody;
    }
}

/* ---- what it came to ---- */

/* Bytes of all files, each once whatever names it has; in `*unread` a folder of which not all could
 * be seen. */
static uint64_t size_below(struct root *root, const struct node *top, const struct node **unread)
{
    struct VEC(const struct node *) open = {0};
    struct VEC(bool) seen = {0}; /* by content id */
    struct arena arena = {0};
    uint64_t size = 0;
    *vec_push(&open) = top;
    while (open.count != 0) {
        const struct node *dir = open.at[--open.count];
        const struct node **nodes;
        size_t count = 0;
        if (root_list(root, dir, &arena, &nodes, &count) != 0 || root_unseen(root, dir) != 0)
            *unread = dir;
        for (size_t i = 0; i < count; i++) {
            if (nodes[i]->type == NODE_DIR)
                *vec_push(&open) = nodes[i];
            if (nodes[i]->type != NODE_FILE)
                continue;
            while (seen.count <= nodes[i]->content)
                *vec_push(&seen) = false;
            size += seen.at[nodes[i]->content] ? 0 : nodes[i]->size;
            seen.at[nodes[i]->content] = true;
        }
    }
    vec_free(&open);
    vec_free(&seen);
    arena_free(&arena);
    return size;
}

/* What the subjects will look for in vain. */
static void list_lacks(const struct trials *trials, struct trial *trial)
{
    const struct willrun_target *target = &trial->check->targets[0];
    for (size_t i = 0; i < target->subject_count; i++)
        for (size_t k = 0;
             k < target->subjects[i].finding_count && relevant(trials->artifacts, target, i); k++) {
            const char *what = wants_what(&target->subjects[i].findings[k]);
            if (what != NULL && !has_text(trial->lacks.at, trial->lacks.count, what))
                *vec_push(&trial->lacks) = what;
        }
}

static void keep_copies(const struct trials *trials, struct trial *trial)
{
    struct willrun_copy_line *lines =
        arena_array(trials->arena, trial->copies.count + 1, sizeof *lines);
    for (size_t i = 0; i < trial->copies.count; i++)
        lines[i] = trial->copies.at[i].line;
    trial->candidate.copies = lines;
    trial->candidate.copy_count = trial->copies.count;
}

static void conclude(const struct trials *trials, struct trial *trial)
{
    const struct willrun_target *target = &trial->check->targets[0];
    struct willrun_candidate *candidate = &trial->candidate;
    struct root *root = facts_root(result_facts(trial->check));
    const struct willrun_subject *worst = relevant_worst(trials->artifacts, target);
    const struct willrun_finding *finding = finding_deciding(worst);
    const char *installer = installer_of(trial);
    const struct node *unread = NULL;
    int error;
    list_lacks(trials, trial);
    keep_copies(trials, trial);
    candidate->verdict = worst->verdict;
    candidate->fits = worst->verdict <= WILLRUN_DEGRADED;
    if (worst->verdict != WILLRUN_RUNS && finding != NULL) {
        candidate->why = arena_string(trials->arena, finding->message);
        candidate->fix = arena_string(trials->arena, finding->fix);
    }
    candidate->libc = target->libc;
    candidate->libc_version = arena_string(trials->arena, target->libc_version);
    candidate->shell = root_lookup(root, NULL, "/bin/sh", NULL, LOOKUP_FOLLOW, &error) != NULL;
    candidate->estimated_size = size_below(root, root_top(root), &unread);
    candidate->unread = unread != NULL ? node_path(unread, trials->arena) : NULL;
    candidate->packages = trial->packages.at;
    candidate->package_count = trial->packages.count;
    candidate->installer = installer;
    candidate->installs = trial->installs.at;
    candidate->install_count = trial->installs.count;
    candidate->lacks = trial->lacks.at;
    candidate->lack_count = trial->lacks.count;
}

static bool check(const struct trials *trials, struct willrun *like, const char *source,
                  struct trial *trial)
{
    struct err *err = &trials->willrun->err;
    willrun_result_free(trial->check);
    if (willrun_check(like, &trial->check) != WILLRUN_OK)
        return err_set(err, like->err.code, "%s", like->err.text);
    if (trial->check->target_count == 1 && trial->check->targets[0].subject_count != 0)
        return true;
    return err_set(err, WILLRUN_EUSAGE,
                   trial->check->target_count == 1
                       ? "among the artifacts is no ELF file and no script that is executable or "
                         "known by its name (%s)"
                       : "%s is for several platforms: say with --platform for which one",
                   source);
}

bool candidate_try(const struct trials *trials, const char *image, const char *source,
                   struct trial *trial)
{
    bool done = true;
    size_t added = 1;
    *trial = (struct trial){.candidate = {.image = image, .source = source}};
    trial->user = trials->willrun->user != NULL ? trials->willrun->user : nonroot;
    for (unsigned round = 0; done && added != 0 && round < ROUNDS; round++) {
        struct willrun *like = prepare(trials, source, trial);
        done = check(trials, like, source, trial);
        willrun_free(like);
        added = done ? add_supplies(trials, trial) : 0;
        choose_user(trials, trial);
    }
    if (done)
        conclude(trials, trial);
    return done;
}

void trial_free(struct trial *trial)
{
    willrun_result_free(trial->check);
    vec_free(&trial->copies);
    vec_free(&trial->packages);
    vec_free(&trial->installs);
    vec_free(&trial->lacks);
}
