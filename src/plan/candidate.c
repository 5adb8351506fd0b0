#include "plan/candidate.h"

#include <string.h>

#include "check/versions.h"
#include "verdict/findings.h"

enum { ROUNDS = 8 }; /* a library that was brought may need others */

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

static void add_artifacts(struct willrun *like, const struct artifacts *artifacts,
                          struct arena *arena)
{
    for (size_t i = 0; i < artifacts->list.count; i++) {
        const struct artifact *artifact = &artifacts->list.at[i];
        if (artifact->stage == NULL) {
            willrun_add_subject(like, artifact->source);
            continue;
        }
        willrun_add_copy(like, arena_format(arena, "%s:%s:%s%s", artifact->stage,
                                            escaped(artifact->source, arena),
                                            escaped(artifact->to, arena),
                                            artifact->open ? "" : ":chmod=755"));
        willrun_add_subject(like, artifact->to);
    }
}

static struct willrun *prepare(const struct willrun *willrun, const struct artifacts *artifacts,
                               const char *source, const char *platform, const char *user,
                               const struct trial *trial, struct arena *arena)
{
    struct willrun *like = context_like(willrun);
    willrun_set_root(like, source);
    if (platform != NULL)
        willrun_set_platform(like, platform);
    if (like->user == NULL)
        willrun_set_user(like, user);
    for (size_t i = 0; i < willrun->stages.count; i++)
        willrun_add_stage(like, willrun->stages.at[i]);
    for (size_t i = 0; i < willrun->copies.count; i++)
        willrun_add_copy(like, willrun->copies.at[i]);
    add_artifacts(like, artifacts, arena);
    for (size_t i = 0; i < trial->copies.count; i++) {
        const struct willrun_copy_line *line = &trial->copies.at[i];
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

/* The line of the same stage and folder; NULL: none. */
static struct willrun_copy_line *line_for(struct trial *trial, const struct willrun_copy_line *line)
{
    for (size_t i = 0; i < trial->copies.count; i++)
        if (strcmp(trial->copies.at[i].stage, line->stage) == 0 &&
            strcmp(trial->copies.at[i].to, line->to) == 0)
            return &trial->copies.at[i];
    return NULL;
}

/* How many of its sources are new. A part of glibc from elsewhere does not go with the root's own:
 * where that lacks it, the base does not fit. */
static size_t add_line(struct trial *trial, const struct willrun_copy_line *line,
                       struct arena *arena)
{
    struct willrun_copy_line *own = line_for(trial, line);
    size_t added = 0;
    if (own == NULL) {
        own = vec_push(&trial->copies);
        *own = (struct willrun_copy_line){.stage = arena_string(arena, line->stage),
                                          .to = arena_string(arena, line->to)};
    }
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

static size_t add_supply(struct trial *trial, const struct willrun_finding *finding,
                         struct arena *arena)
{
    size_t added = 0;
    for (size_t i = 0; i < finding->copy_count; i++)
        added += add_line(trial, &finding->copies[i], arena);
    if (added != 0 && finding->package != NULL &&
        !has_text(trial->packages.at, trial->packages.count, finding->package))
        *vec_push(&trial->packages) = arena_string(arena, finding->package);
    return added;
}

static size_t add_supplies(struct trial *trial, struct arena *arena)
{
    const struct willrun_target *target = &trial->check->targets[0];
    size_t added = 0;
    for (size_t i = 0; i < target->subject_count; i++)
        for (size_t k = 0; k < target->subjects[i].finding_count; k++)
            added += add_supply(trial, &target->subjects[i].findings[k], arena);
    return added;
}

/* ---- what it came to ---- */

/* Bytes of all files, each once whatever names it has. */
static uint64_t size_below(struct root *root, const struct node *top)
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
        root_list(root, dir, &arena, &nodes, &count);
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

static const struct willrun_subject *worst_subject(const struct willrun_result *check)
{
    const struct willrun_target *target = &check->targets[0];
    const struct willrun_subject *worst = &target->subjects[0];
    for (size_t i = 1; i < target->subject_count; i++)
        if (target->subjects[i].verdict > worst->verdict)
            worst = &target->subjects[i];
    return worst;
}

static void conclude(struct trial *trial, struct arena *arena)
{
    const struct willrun_target *target = &trial->check->targets[0];
    struct willrun_candidate *candidate = &trial->candidate;
    struct root *root = facts_root(result_facts(trial->check));
    const struct willrun_subject *worst = worst_subject(trial->check);
    const struct willrun_finding *finding = finding_deciding(worst);
    int error;
    candidate->verdict = worst->verdict;
    candidate->fits = worst->verdict == WILLRUN_RUNS;
    if (!candidate->fits && finding != NULL) {
        candidate->why = arena_string(arena, finding->message);
        candidate->fix = arena_string(arena, finding->fix);
    }
    candidate->libc = target->libc;
    candidate->libc_version = arena_string(arena, target->libc_version);
    candidate->shell = root_lookup(root, NULL, "/bin/sh", NULL, LOOKUP_FOLLOW, &error) != NULL;
    candidate->estimated_size = size_below(root, root_top(root));
    candidate->copies = trial->copies.at;
    candidate->copy_count = trial->copies.count;
    candidate->packages = trial->packages.at;
    candidate->package_count = trial->packages.count;
}

static bool check(struct willrun *willrun, struct willrun *like, const char *source,
                  struct trial *trial)
{
    willrun_result_free(trial->check);
    if (willrun_check(like, &trial->check) != WILLRUN_OK)
        return err_set(&willrun->err, like->err.code, "%s", like->err.text);
    if (trial->check->target_count == 1 && trial->check->targets[0].subject_count != 0)
        return true;
    return err_set(&willrun->err, WILLRUN_EUSAGE,
                   trial->check->target_count == 1
                       ? "among the artifacts is no ELF file and no executable script (%s)"
                       : "%s is for several platforms: say with --platform for which one",
                   source);
}

bool candidate_try(struct willrun *willrun, const struct artifacts *artifacts, const char *image,
                   const char *source, const char *platform, const char *user, struct arena *arena,
                   struct trial *trial)
{
    bool done = true;
    size_t added = 1;
    *trial = (struct trial){.candidate = {.image = image, .source = source}};
    for (unsigned round = 0; done && added != 0 && round < ROUNDS; round++) {
        struct willrun *like = prepare(willrun, artifacts, source, platform, user, trial, arena);
        done = check(willrun, like, source, trial);
        willrun_free(like);
        added = done ? add_supplies(trial, arena) : 0;
    }
    if (done)
        conclude(trial, arena);
    return done;
}

void trial_free(struct trial *trial)
{
    willrun_result_free(trial->check);
    vec_free(&trial->copies);
    vec_free(&trial->packages);
}
