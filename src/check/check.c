/* The public API: a context, and the passes in order. */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include "base/err.h"
#include "check/commands.h"
#include "check/context.h"
#include "check/stages.h"
#include "check/start.h"
#include "check/subject.h"
#include "check/user.h"
#include "check/walk.h"
#include "source/source_open.h"
#include "willrun/willrun.h"

enum { SUBJECTS_A_THREAD = 8 }; /* fewer are not worth a thread's start */

struct strings VEC(char *);

struct willrun {
    char *root, *user, *workdir, *host;
    const struct platform *platform;
    char *platform_name; /* as it was given; NULL: none */
    int cpu_level;       /* 0: not said */
    int platform_level;  /* of the platform's name; 0: it says none */
    bool trail, all;
    bool lenient; /* a subject that is not there is no error */
    unsigned threads;
    struct strings env, stages, copies, subjects, commands;
    willrun_on_subject *on_subject;
    void *subject_context;
    willrun_on_progress *on_progress;
    void *progress_context;
    struct err err;
};

/* A result and what it stands on. */
struct owned_result {
    struct willrun_result result; /* first: what the caller sees */
    struct arena arena;
    struct arena *worker_arenas;
    size_t worker_count;
    struct root *root;
    struct facts *facts;
    struct owned_result *next; /* another target of the same image; its own result is a part of
                                  the first's */
    struct stages stages;
};

const char *willrun_version(void)
{
    return WILLRUN_VERSION;
}

struct willrun *willrun_new(void)
{
    struct willrun *willrun = must_alloc(sizeof *willrun);
    memset(willrun, 0, sizeof *willrun);
    return willrun;
}

static void free_strings(struct strings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        free(strings->at[i]);
    vec_free(strings);
}

void willrun_free(struct willrun *willrun)
{
    if (willrun == NULL)
        return;
    free(willrun->root);
    free(willrun->platform_name);
    free(willrun->user);
    free(willrun->workdir);
    free(willrun->host);
    free_strings(&willrun->env);
    free_strings(&willrun->stages);
    free_strings(&willrun->copies);
    free_strings(&willrun->subjects);
    free_strings(&willrun->commands);
    free(willrun);
}

const char *willrun_error(const struct willrun *willrun)
{
    return willrun->err.text;
}

struct err *context_err(struct willrun *willrun)
{
    willrun->err = (struct err){0};
    return &willrun->err;
}

const char *context_platform(const struct willrun *willrun)
{
    return willrun->platform_name;
}

void context_set_lenient(struct willrun *willrun, bool lenient)
{
    willrun->lenient = lenient;
}

bool context_has_subjects(const struct willrun *willrun)
{
    return willrun->all || willrun->subjects.count != 0 || willrun->commands.count != 0 ||
           willrun->copies.count != 0;
}

struct facts *result_facts(const struct willrun_result *result)
{
    return ((const struct owned_result *)result)->facts;
}

static char *copy(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(must_alloc(size), text, size);
}

static enum willrun_err replace(struct willrun *willrun, char **field, const char *text)
{
    willrun->err = (struct err){0};
    free(*field);
    *field = text != NULL ? copy(text) : NULL;
    return WILLRUN_OK;
}

enum willrun_err willrun_set_root(struct willrun *willrun, const char *source)
{
    return replace(willrun, &willrun->root, source);
}

enum willrun_err willrun_set_user(struct willrun *willrun, const char *user)
{
    return replace(willrun, &willrun->user, user);
}

enum willrun_err willrun_set_workdir(struct willrun *willrun, const char *path)
{
    if (path != NULL && *path != '/') {
        willrun->err = (struct err){0};
        err_set(&willrun->err, WILLRUN_EUSAGE, "the working directory %s is not an absolute path",
                path);
        return WILLRUN_EUSAGE;
    }
    return replace(willrun, &willrun->workdir, path);
}

enum willrun_err willrun_set_host(struct willrun *willrun, const char *path)
{
    return replace(willrun, &willrun->host, path);
}

enum willrun_err willrun_set_platform(struct willrun *willrun, const char *name)
{
    willrun->err = (struct err){0};
    willrun->platform = name != NULL ? platform_by_name(name) : NULL;
    willrun->platform_level = name != NULL ? platform_cpu_level(name) : 0;
    if (name == NULL || willrun->platform != NULL)
        return replace(willrun, &willrun->platform_name, name);
    err_set(&willrun->err, WILLRUN_EUSAGE,
            "%s is no platform that willrun knows: expected os/arch[/variant], as in linux/amd64 "
            "or linux/arm/v7",
            name);
    return WILLRUN_EUSAGE;
}

enum willrun_err willrun_set_cpu(struct willrun *willrun, const char *level)
{
    static const char prefix[] = "x86-64-v";
    willrun->err = (struct err){0};
    size_t length = strlen(prefix);
    if (strncmp(level, prefix, length) == 0 && level[length] >= '1' && level[length] <= '4' &&
        level[length + 1] == 0) {
        willrun->cpu_level = level[length] - '0';
        return WILLRUN_OK;
    }
    err_set(&willrun->err, WILLRUN_EUSAGE,
            "%s is no CPU level: expected x86-64-v1, x86-64-v2, x86-64-v3 or x86-64-v4", level);
    return WILLRUN_EUSAGE;
}

enum willrun_err willrun_add_env(struct willrun *willrun, const char *assignment)
{
    willrun->err = (struct err){0};
    if (strchr(assignment, '=') == NULL || *assignment == '=') {
        err_set(&willrun->err, WILLRUN_EUSAGE, "%s is no environment variable: expected NAME=VALUE",
                assignment);
        return WILLRUN_EUSAGE;
    }
    size_t length = strcspn(assignment, "=") + 1;
    for (size_t i = 0; i < willrun->env.count; i++)
        if (strncmp(willrun->env.at[i], assignment, length) == 0) {
            replace(willrun, &willrun->env.at[i], assignment);
            return WILLRUN_OK;
        }
    *vec_push(&willrun->env) = copy(assignment);
    return WILLRUN_OK;
}

void willrun_set_trail(struct willrun *willrun, bool on)
{
    willrun->trail = on;
}

void willrun_set_threads(struct willrun *willrun, unsigned threads)
{
    willrun->threads = threads;
}

enum willrun_err willrun_add_stage(struct willrun *willrun, const char *stage)
{
    struct arena scratch = {0};
    const char *name, *source;
    willrun->err = (struct err){0};
    if (stage_parse(stage, &scratch, &name, &source, &willrun->err))
        *vec_push(&willrun->stages) = copy(stage);
    arena_free(&scratch);
    return willrun->err.code;
}

enum willrun_err willrun_add_copy(struct willrun *willrun, const char *text)
{
    struct arena scratch = {0};
    struct copy_request request;
    willrun->err = (struct err){0};
    if (copy_parse(text, &scratch, &request, &willrun->err))
        *vec_push(&willrun->copies) = copy(text);
    arena_free(&scratch);
    return willrun->err.code;
}

enum willrun_err willrun_add_subject(struct willrun *willrun, const char *path)
{
    willrun->err = (struct err){0};
    if (*path == 0) {
        err_set(&willrun->err, WILLRUN_EUSAGE, "a subject is an empty path");
        return WILLRUN_EUSAGE;
    }
    *vec_push(&willrun->subjects) = copy(path);
    return WILLRUN_OK;
}

enum willrun_err willrun_add_command(struct willrun *willrun, const char *command)
{
    willrun->err = (struct err){0};
    *vec_push(&willrun->commands) = copy(command);
    return WILLRUN_OK;
}

void willrun_add_all(struct willrun *willrun)
{
    willrun->all = true;
}

void willrun_set_on_subject(struct willrun *willrun, willrun_on_subject *call, void *context)
{
    willrun->on_subject = call;
    willrun->subject_context = context;
}

void willrun_set_on_progress(struct willrun *willrun, willrun_on_progress *call, void *context)
{
    willrun->on_progress = call;
    willrun->progress_context = context;
}

/* ---- the target ---- */

/* A subject as it was given. */
struct given {
    const char *path; /* inside the root */
    unsigned copy;    /* that laid it over the root; 0: it is in there */
};

struct checking {
    struct willrun *willrun;
    struct owned_result *owned;
    struct source *source;           /* the root's */
    const struct image_facts *image; /* NULL: it is no image */
    struct target target;
    struct VEC(struct given) given;
    struct asked_list asked;
};

static void open_root(struct checking *checking)
{
    struct owned_result *owned = checking->owned;
    owned->root = root_new(checking->source);
    owned->facts = facts_new(owned->root, true);
    checking->image = checking->source->image;
    checking->target.source = checking->willrun->root;
    checking->target.facts = owned->facts;
}

/* The platform's name: as it was asked for, else as the image says; NULL: neither. */
static const char *platform_asked(const struct checking *checking)
{
    const char *name = checking->willrun->platform_name;
    return name == NULL && checking->image != NULL ? checking->image->platform : name;
}

static bool make_copies(struct checking *checking)
{
    struct willrun *willrun = checking->willrun;
    struct stages *stages = &checking->owned->stages;
    const char *workdir = willrun->workdir;
    bool ok = true;
    if (workdir == NULL && checking->image != NULL)
        workdir = checking->image->workdir;
    for (size_t i = 0; ok && i < willrun->stages.count; i++)
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
            if (!stages_lay(&checking->owned->stages, root, given.path, &given.path, &willrun->err))
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
    if (named == 0 && willrun->copies.count != 0) /* all that is copied */
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
        !user_find(target->facts, willrun->user, arena, &target->cred, &willrun->err))
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

static int cpu_level(const struct checking *checking)
{
    const struct willrun *willrun = checking->willrun;
    const char *declared = checking->image != NULL ? checking->image->platform : NULL;
    int level = willrun->cpu_level != 0 ? willrun->cpu_level : willrun->platform_level;
    if (level == 0 && willrun->platform == NULL && declared != NULL)
        level = platform_cpu_level(declared);
    return level != 0 ? level : 1;
}

static bool open_target(struct checking *checking)
{
    struct willrun *willrun = checking->willrun;
    open_root(checking);
    if (!make_copies(checking) || !lay_subjects(checking))
        return false;
    if (asks_little(checking))
        facts_keep_bytes(checking->owned->facts);
    checking->target.platform = willrun->platform;
    if (willrun->platform == NULL && checking->image != NULL && checking->image->platform != NULL)
        checking->target.platform = platform_by_name(checking->image->platform);
    checking->target.cpu_level = cpu_level(checking);
    checking->target.trail = willrun->trail;
    checking->target.host = willrun->host;
    checking->target.stages = &checking->owned->stages;
    find_libc(&checking->target);
    checking->target.advice =
        (struct advice){checking->owned->facts, checking->target.libc.version};
    return find_process(checking);
}

/* ---- the subjects ---- */

/* As many as were asked for, or as this process may run on. */
static size_t thread_count(const struct willrun *willrun)
{
    cpu_set_t cpus;
    if (willrun->threads != 0)
        return willrun->threads;
    if (sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) > 0)
        return (size_t)CPU_COUNT(&cpus);
    return 1;
}

/* What copy number `copy` brought and nothing else took the place of. */
static void add_copied(struct checking *checking, unsigned copy)
{
    struct owned_result *owned = checking->owned;
    const struct node *node;
    size_t place = 0;
    while ((node = root_arrival(owned->root, copy, &place)) != NULL)
        walk_subjects(owned->facts, node, copy, thread_count(checking->willrun), &owned->arena,
                      &checking->asked);
}

static bool add_given(struct checking *checking, const struct given *given)
{
    struct willrun *willrun = checking->willrun;
    struct arena *arena = &checking->owned->arena;
    int error;
    const struct node *node =
        root_lookup(checking->owned->root, NULL, given->path, NULL, LOOKUP_FOLLOW, &error);
    if (node == NULL && willrun->lenient && error == ENOENT)
        return true;
    if (node == NULL)
        return err_set(&willrun->err, WILLRUN_EINPUT, "the subject %s in %s: %s", given->path,
                       willrun->root, err_text(error));
    if (node->type == NODE_DIR && given->copy != 0)
        add_copied(checking, given->copy);
    else if (node->type == NODE_DIR)
        walk_subjects(checking->owned->facts, node, 0, thread_count(willrun), arena,
                      &checking->asked);
    else
        *vec_push(&checking->asked) = (struct asked){.path = arena_string(arena, given->path)};
    return true;
}

static bool gather_subjects(struct checking *checking)
{
    struct willrun *willrun = checking->willrun;
    bool named = willrun->subjects.count != 0 || willrun->commands.count != 0 || willrun->all;
    for (size_t i = 0; i < checking->given.count; i++)
        if (!add_given(checking, &checking->given.at[i]))
            return false;
    for (unsigned copy = 1; !named && copy <= willrun->copies.count; copy++)
        add_copied(checking, copy);
    if (willrun->all)
        walk_subjects(checking->owned->facts, root_top(checking->owned->root), 0,
                      thread_count(willrun), &checking->owned->arena, &checking->asked);
    for (size_t i = 0; i < willrun->commands.count; i++)
        *vec_push(&checking->asked) =
            (struct asked){.path = arena_string(&checking->owned->arena, willrun->commands.at[i]),
                           .command = true};
    if (named)
        return true;
    if (checking->image != NULL)
        commands_of_image(&checking->target, checking->image, &checking->owned->arena,
                          &checking->asked);
    return checking->asked.count != 0 || willrun->copies.count != 0 ||
           err_set(&willrun->err, WILLRUN_EUSAGE,
                   checking->image != NULL
                       ? "nothing to check: the image %s has neither ENTRYPOINT nor CMD; name at "
                         "least one PATH, or --all"
                       : "nothing to check: %s is no image that says what it starts; name at "
                         "least one PATH, or --all",
                   checking->target.source);
}

/* ---- judging, in parallel ---- */

struct workshop {
    struct checking *checking;
    const struct willrun_target *target;
    struct willrun_subject *subjects;
    bool *done;
    size_t count, next, told; /* next to judge, next to hand to the caller */
    pthread_mutex_t lock;
};

struct worker {
    struct workshop *workshop;
    struct arena *arena;
    pthread_t thread;
};

/* Subjects are handed over in their order, whoever finished first. */
static void tell(struct workshop *workshop, size_t index)
{
    struct willrun *willrun = workshop->checking->willrun;
    pthread_mutex_lock(&workshop->lock);
    workshop->done[index] = true;
    while (workshop->told < workshop->count && workshop->done[workshop->told]) {
        if (willrun->on_subject != NULL)
            willrun->on_subject(willrun->subject_context, workshop->target,
                                &workshop->subjects[workshop->told]);
        workshop->told++;
        if (willrun->on_progress != NULL)
            willrun->on_progress(willrun->progress_context, "checking", workshop->told,
                                 workshop->count);
    }
    pthread_mutex_unlock(&workshop->lock);
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    struct workshop *workshop = worker->workshop;
    struct memo *memo = memo_new();
    for (;;) {
        pthread_mutex_lock(&workshop->lock);
        size_t index = workshop->next < workshop->count ? workshop->next++ : SIZE_MAX;
        pthread_mutex_unlock(&workshop->lock);
        if (index == SIZE_MAX)
            break;
        subject_judge(&workshop->checking->target, memo, &workshop->checking->asked.at[index],
                      worker->arena, &workshop->subjects[index]);
        tell(workshop, index);
    }
    memo_free(memo);
    return NULL;
}

static size_t worker_count(const struct willrun *willrun, size_t subjects)
{
    size_t threads = thread_count(willrun);
    size_t useful = subjects / SUBJECTS_A_THREAD + 1;
    return threads < useful ? threads : useful;
}

static void judge_all(struct checking *checking, const struct willrun_target *target,
                      struct willrun_subject *subjects)
{
    struct owned_result *owned = checking->owned;
    size_t count = checking->asked.count;
    struct workshop workshop = {.checking = checking,
                                .target = target,
                                .subjects = subjects,
                                .count = count,
                                .lock = PTHREAD_MUTEX_INITIALIZER};
    workshop.done = arena_array(&owned->arena, count + 1, sizeof *workshop.done);
    owned->worker_count = worker_count(checking->willrun, count);
    owned->worker_arenas =
        arena_array(&owned->arena, owned->worker_count, sizeof *owned->worker_arenas);
    struct worker *workers = arena_array(&owned->arena, owned->worker_count, sizeof *workers);
    size_t started = 1;
    for (size_t i = 0; i < owned->worker_count; i++)
        workers[i] = (struct worker){.workshop = &workshop, .arena = &owned->worker_arenas[i]};
    while (started < owned->worker_count &&
           pthread_create(&workers[started].thread, NULL, work, &workers[started]) == 0)
        started++;
    work(&workers[0]);
    for (size_t i = 1; i < started; i++)
        pthread_join(workers[i].thread, NULL);
}

static void count_verdicts(struct willrun_result *result, const struct willrun_subject *subjects,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t *counts[] = {[WILLRUN_RUNS] = &result->runs,
                            [WILLRUN_DEGRADED] = &result->degraded,
                            [WILLRUN_UNKNOWN] = &result->unknown,
                            [WILLRUN_FAILS] = &result->fails};
        ++*counts[subjects[i].verdict];
    }
}

static void judge(struct checking *checking)
{
    struct owned_result *owned = checking->owned;
    const struct target *target = &checking->target;
    struct willrun_target *out = arena_alloc(&owned->arena, sizeof *out);
    struct willrun_subject *subjects =
        arena_array(&owned->arena, checking->asked.count + 1, sizeof *subjects);
    *out = (struct willrun_target){
        .root = arena_string(&owned->arena, target->source),
        .platform = target->platform != NULL ? target->platform->name : NULL,
        .libc = target->libc.kind,
        .libc_version = arena_string(&owned->arena, target->libc.version),
        .loader = arena_string(&owned->arena, target->libc.path),
        .subjects = subjects,
        .subject_count = checking->asked.count};
    owned->result.targets = out;
    owned->result.target_count = 1;
    judge_all(checking, out, subjects);
    out->finding_count = target_findings(checking->source, subjects, checking->asked.count,
                                         target->platform, &owned->arena, &out->findings);
    count_verdicts(&owned->result, subjects, checking->asked.count);
}

/* One target; NULL with an error. It owns `source` in any case. */
static struct owned_result *check_source(struct willrun *willrun, struct source *source)
{
    struct checking checking = {.willrun = willrun, .source = source};
    checking.owned = must_alloc(sizeof *checking.owned);
    memset(checking.owned, 0, sizeof *checking.owned);
    stages_init(&checking.owned->stages);
    bool done = open_target(&checking) && gather_subjects(&checking);
    if (done)
        judge(&checking);
    done = done && root_hold(checking.owned->root, &willrun->err);
    vec_free(&checking.asked);
    vec_free(&checking.given);
    if (done)
        return checking.owned;
    willrun_result_free(&checking.owned->result);
    return NULL;
}

/* The targets of all, which follow one another, as the result of the first. */
static void join_targets(struct owned_result *first)
{
    size_t count = 0;
    for (const struct owned_result *at = first; at != NULL; at = at->next)
        count++;
    struct willrun_target *all = arena_array(&first->arena, count, sizeof *all);
    struct willrun_result *sum = &first->result;
    all[0] = sum->targets[0];
    count = 1;
    for (const struct owned_result *at = first->next; at != NULL; at = at->next) {
        all[count++] = at->result.targets[0];
        sum->runs += at->result.runs;
        sum->degraded += at->result.degraded;
        sum->fails += at->result.fails;
        sum->unknown += at->result.unknown;
    }
    sum->targets = all;
    sum->target_count = count;
}

static bool check_sources(struct willrun *willrun, struct source_list *list,
                          struct willrun_result **result)
{
    struct owned_result *first = NULL, **next = &first;
    for (size_t i = 0; i < list->count; i++) {
        struct source *source = list->at[i];
        if (willrun->err.code != WILLRUN_OK) {
            source->ops->close(source);
            continue;
        }
        *next = check_source(willrun, source);
        if (*next != NULL)
            next = &(*next)->next;
    }
    if (willrun->err.code != WILLRUN_OK) {
        willrun_result_free(first != NULL ? &first->result : NULL);
        return false;
    }
    join_targets(first);
    *result = &first->result;
    return true;
}

enum willrun_err willrun_check(struct willrun *willrun, struct willrun_result **result)
{
    struct source_list list = {0};
    willrun->err = (struct err){0};
    *result = NULL;
    if (willrun->root == NULL)
        err_set(&willrun->err, WILLRUN_EUSAGE,
                "no target: name the runtime root with --root SOURCE");
    else if (sources_open(willrun->root, willrun->platform_name, &list, &willrun->err))
        check_sources(willrun, &list, result);
    vec_free(&list);
    return willrun->err.code;
}

static void free_one(struct owned_result *owned)
{
    for (size_t i = 0; i < owned->worker_count; i++)
        arena_free(&owned->worker_arenas[i]);
    arena_free(&owned->arena);
    if (owned->facts != NULL)
        facts_free(owned->facts);
    if (owned->root != NULL)
        root_free(owned->root);
    stages_free(&owned->stages);
    free(owned);
}

void willrun_result_free(struct willrun_result *result)
{
    struct owned_result *owned = (struct owned_result *)result;
    while (owned != NULL) {
        struct owned_result *next = owned->next;
        free_one(owned);
        owned = next;
    }
}
