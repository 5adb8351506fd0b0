/* A check: the subjects gathered, the targets judged one after the other. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/meter.h"
#include "check/builders.h"
#include "check/checking.h"
#include "check/choices.h"
#include "check/commands.h"
#include "check/jars.h"
#include "check/start.h"
#include "check/strays.h"
#include "source/source_open.h"

struct facts *result_facts(const struct willrun_result *result)
{
    return ((const struct owned_result *)result)->facts;
}

const struct image_facts *result_image(const struct willrun_result *result)
{
    return ((const struct owned_result *)result)->image;
}

/* ---- the subjects ---- */

/* What copy number `copy` brought and nothing else took the place of. */
static void add_copied(struct checking *checking, unsigned copy)
{
    struct owned_result *owned = checking->owned;
    const struct node *node;
    size_t place = 0;
    while ((node = root_arrival(owned->root, copy, &place)) != NULL)
        walk_subjects(owned->facts, node, copy, checking_threads(checking), &owned->arena,
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
    if (node->type == NODE_DIR && willrun->all)
        return true; /* it is walked with all else */
    if (node->type == NODE_DIR && given->copy != 0)
        add_copied(checking, given->copy);
    else if (node->type == NODE_DIR)
        walk_subjects(checking->owned->facts, node, 0, checking_threads(checking), arena,
                      &checking->asked);
    else
        *vec_push(&checking->asked) =
            (struct asked){.path = arena_string(arena, given->path), .named = true};
    return true;
}

/* Is `part` one of those between the colons of `list`? */
static bool has_part(const char *list, const char *part)
{
    for (size_t length; *list != '\0'; list += length + (list[length] == ':')) {
        length = strcspn(list, ":");
        if (length == strlen(part) && strncmp(list, part, length) == 0)
            return true;
    }
    return false;
}

/* Is a command of the image what a gap would bring, or in a folder that it would? */
static bool is_brought(const struct checking *checking, const char *command, const char *shown)
{
    struct arena *arena = &checking->owned->arena;
    struct process process = target_process(&checking->target, NULL);
    const char *paths = process_env(&process, "PATH"), *slash = strrchr(shown, '/');
    size_t length = strlen(shown);
    if (strchr(command, '/') == NULL) {
        const char *folder = arena_copy(arena, shown, slash != shown ? (size_t)(slash - shown) : 1);
        return paths != NULL && strcmp(slash + 1, command) == 0 && has_part(paths, folder);
    }
    command = path_clean(checking->assembly->target.config.workdir, command, arena);
    return strncmp(command, shown, length) == 0 &&
           (command[length] == '\0' || command[length] == '/');
}

/* What would be copied, were it known, and is not among the commands. */
static void add_unknown(struct checking *checking)
{
    const struct built *target = &checking->assembly->target;
    size_t commands = checking->asked.count;
    const struct gap *whole = built_gap(target, "/", 0, true);
    if (commands == 0 && whole != NULL && whole->only == NULL &&
        target->config.entrypoint == NULL &&
        target->config.command == NULL) /* the image says what is started */
        *vec_push(&checking->asked) = (struct asked){.path = "/", .gap = whole};
    for (size_t i = 0; i < target->gaps.count; i++) {
        const struct gap *gap = &target->gaps.at[i];
        bool told = gap->shown == NULL;
        for (size_t k = 0; k < commands && !told; k++)
            told = checking->asked.at[k].command &&
                   is_brought(checking, checking->asked.at[k].path, gap->shown);
        if (!told)
            *vec_push(&checking->asked) = (struct asked){.path = gap->shown, .gap = gap};
    }
}

static bool gather_subjects(struct checking *checking)
{
    struct willrun *willrun = checking->willrun;
    bool named = willrun->subjects.count != 0 || willrun->commands.count != 0 || willrun->all;
    for (size_t i = 0; i < checking->given.count; i++)
        if (!add_given(checking, &checking->given.at[i]))
            return false;
    for (unsigned copy = 1; !named && copy <= root_copy_count(checking->owned->root); copy++)
        if (checking->assembly == NULL || assembly_brings(checking->assembly, copy))
            add_copied(checking, copy);
    if (willrun->all)
        walk_subjects(checking->owned->facts, root_top(checking->owned->root), 0,
                      checking_threads(checking), &checking->owned->arena, &checking->asked);
    choices_make(checking);
    strays_leave_out(checking);
    for (size_t i = 0; i < willrun->commands.count; i++)
        *vec_push(&checking->asked) =
            (struct asked){.path = arena_string(&checking->owned->arena, willrun->commands.at[i]),
                           .command = true};
    if (named)
        return true;
    if (checking->image != NULL)
        commands_of_image(&checking->target, checking->image, &checking->owned->arena,
                          &checking->asked);
    if (checking->assembly != NULL)
        add_unknown(checking);
    return checking->asked.count != 0 || willrun->copies.count != 0 || checking->assembly != NULL ||
           err_set(&willrun->err, WILLRUN_EUSAGE,
                   checking->image != NULL
                       ? "nothing to check: the image %s has neither ENTRYPOINT nor CMD; name at "
                         "least one PATH, or --all"
                       : "nothing to check: %s is no image that says what it starts; name at "
                         "least one PATH, or --all",
                   checking->target.source);
}

/* ---- targets ---- */

static void count_verdicts(struct willrun_result *result, const struct willrun_subject *subjects,
                           size_t count)
{
    for (size_t i = 0; i < count; i++) {
        size_t *counts[] = {[WILLRUN_RUNS] = &result->runs,
                            [WILLRUN_DEGRADED] = &result->degraded,
                            [WILLRUN_UNKNOWN] = &result->unknown,
                            [WILLRUN_FAILS] = &result->fails};
        ++*counts[subjects[i].verdict];
        result->accepted += subjects[i].accepted;
        result->accepted_fails += subjects[i].accepted && subjects[i].verdict == WILLRUN_FAILS;
    }
}

static const struct node *node_of(const struct checking *checking, const char *path)
{
    int error;
    return root_lookup(checking->owned->root, checking->target.cwd, path, NULL, LOOKUP_FOLLOW,
                       &error);
}

/* Is subject `at` a file that one of the commands turned out to be? */
static bool is_command_too(const struct checking *checking, const struct willrun_subject *subjects,
                           size_t at)
{
    const struct asked_list *asked = &checking->asked;
    const struct node *node = NULL;
    if (asked->at[at].command)
        return false;
    for (size_t i = asked->count; i-- > 0;) {
        if (!asked->at[i].command)
            continue;
        if (node == NULL && (node = node_of(checking, subjects[at].path)) == NULL)
            return false;
        if (node_of(checking, subjects[i].path) == node)
            return true;
    }
    return false;
}

/* What is copied in and started is told once, as what is started. The number of
 * subjects that are left. */
static size_t tell_once(const struct checking *checking, struct willrun_subject *subjects)
{
    size_t left = 0;
    bool *again = arena_array(&checking->owned->arena, checking->asked.count + 1, sizeof *again);
    for (size_t i = 0; i < checking->asked.count; i++)
        again[i] = is_command_too(checking, subjects, i);
    for (size_t i = 0; i < checking->asked.count; i++)
        if (!again[i])
            subjects[left++] = subjects[i];
    return left;
}

/* Behind those of the target, what the Dockerfile says of its builders. */
static void add_builders(struct checking *checking, struct willrun_target *out)
{
    struct arena *arena = &checking->owned->arena;
    struct findings made = {.arena = arena, .advice = &checking->target.advice};
    builders_judge(checking->assembly, &checking->target, &made);
    size_t count = out->finding_count + made.list.count;
    struct willrun_finding *all = arena_array(arena, count + 1, sizeof *all);
    for (size_t i = 0; i < count; i++)
        all[i] = i < out->finding_count ? out->findings[i] : made.list.at[i - out->finding_count];
    out->findings = all;
    out->finding_count = count;
    vec_free(&made.list);
}

/* False with an error. */
static bool judge(struct checking *checking)
{
    struct owned_result *owned = checking->owned;
    const struct target *target = &checking->target;
    struct willrun_target *out = arena_alloc(&owned->arena, sizeof *out);
    struct willrun_subject *subjects =
        arena_array(&owned->arena, checking->asked.count + 1, sizeof *subjects);
    *out = (struct willrun_target){
        .root = checking->assembly != NULL ? assembly_title(checking->assembly)
                                           : arena_string(&owned->arena, target->source),
        .platform = target->platform != NULL ? target->platform->name : NULL,
        .libc = target->libc.unread != NULL ? WILLRUN_LIBC_UNKNOWN : target->libc.kind,
        .libc_version = arena_string(&owned->arena, target->libc.version),
        .loader = arena_string(&owned->arena, target->libc.path),
        .subjects = subjects};
    owned->result.targets = out;
    owned->result.target_count = 1;
    if (!checking_judge_all(checking, out, subjects))
        return false;
    size_t count = out->subject_count = tell_once(checking, subjects);
    out->finding_count =
        target_findings(checking->source, subjects, count, target->platform, checking->passed_over,
                        checking->strays, &owned->arena, &out->findings);
    if (checking->assembly != NULL)
        add_builders(checking, out);
    out->findings = acceptances_mark(checking->willrun->acceptances, &owned->arena, NULL,
                                     out->findings, out->finding_count);
    count_verdicts(&owned->result, subjects, count);
    return true;
}

static struct owned_result *new_owned(void)
{
    struct owned_result *owned = must_alloc(sizeof *owned);
    memset(owned, 0, sizeof *owned);
    stages_init(&owned->stages);
    return owned;
}

/* One target; NULL with an error. It owns `source` and `owned` in any case. */
static struct owned_result *check_source(struct willrun *willrun, struct source *source,
                                         struct owned_result *owned)
{
    struct checking checking = {
        .willrun = willrun, .source = source, .owned = owned, .assembly = owned->assembly};
    checking.stages = willrun->shared != NULL ? willrun->shared : &owned->stages;
    bool done = checking_open_target(&checking) && gather_subjects(&checking);
    if (done)
        jars_expand(&checking);
    done = done && judge(&checking) && root_hold(checking.owned->root, &willrun->err);
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
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): there is a first one */
    all[0] = sum->targets[0];
    count = 1;
    for (const struct owned_result *at = first->next; at != NULL; at = at->next) {
        all[count++] = at->result.targets[0];
        sum->runs += at->result.runs;
        sum->degraded += at->result.degraded;
        sum->fails += at->result.fails;
        sum->unknown += at->result.unknown;
        sum->accepted += at->result.accepted;
        sum->accepted_fails += at->result.accepted_fails;
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
        *next = check_source(willrun, source, new_owned());
        if (*next != NULL)
            next = &(*next)->next;
    }
    if (willrun->err.code != WILLRUN_OK) {
        willrun_result_free(first != NULL ? &first->result : NULL);
        return false;
    }
    join_targets(first);
    acceptances_used(willrun->acceptances, &first->arena, &first->result);
    *result = &first->result;
    return true;
}

/* The stage that a Dockerfile builds. */
static void check_dockerfile(struct willrun *willrun, struct willrun_result **result)
{
    struct owned_result *owned = new_owned();
    owned->assembly = assembly_open(willrun, &owned->stages, &willrun->err);
    struct source *source =
        owned->assembly != NULL
            ? source_open(owned->assembly->source, owned->assembly->platform, &willrun->err)
            : NULL;
    if (source == NULL) {
        willrun_result_free(&owned->result);
        return;
    }
    owned = check_source(willrun, source, owned);
    if (owned == NULL)
        return;
    acceptances_used(willrun->acceptances, &owned->arena, &owned->result);
    *result = &owned->result;
}

static void tell_reading(void *context, size_t done, size_t all)
{
    struct willrun *willrun = context;
    willrun->on_progress(willrun->progress_context, "reading", done, all);
}

/* The size of the archive that `root` names; 0: it is none. */
static size_t archive_size(const char *root)
{
    struct stat facts;
    const char *colon = root != NULL ? strchr(root, ':') : NULL;
    bool file =
        root != NULL && ((stat(root, &facts) == 0 && S_ISREG(facts.st_mode)) ||
                         (colon != NULL && stat(colon + 1, &facts) == 0 && S_ISREG(facts.st_mode)));
    return file ? (size_t)facts.st_size : 0;
}

/* Tell of what is read from now on. */
static void begin_telling(struct willrun *willrun)
{
    struct meter *meter = willrun->meter;
    meter->tell = tell_reading;
    meter->context = willrun;
    meter->all = willrun->stages.count == 0 ? archive_size(willrun->root) : 0;
    atomic_store(&meter->done, 0);
}

enum willrun_err willrun_check(struct willrun *willrun, struct willrun_result **result)
{
    struct source_list list = {0};
    struct meter *before = context_enter(willrun);
    *result = NULL;
    if (willrun->on_progress != NULL)
        begin_telling(willrun);
    if (willrun->dockerfile != NULL)
        check_dockerfile(willrun, result);
    else if (willrun->root == NULL)
        err_set(&willrun->err, WILLRUN_EUSAGE,
                "no target: name the runtime root with --root SOURCE");
    else if (sources_open(willrun->root, willrun->platform_name, &list, &willrun->err))
        check_sources(willrun, &list, result);
    if (willrun->on_progress != NULL)
        willrun->meter->tell = NULL;
    context_leave(before);
    vec_free(&list);
    if (context_cancelled(willrun)) {
        willrun_result_free(*result);
        *result = NULL;
    }
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
    assembly_free(owned->assembly);
    for (size_t i = 0; i < owned->jars.count; i++)
        root_free(owned->jars.at[i]);
    vec_free(&owned->jars);
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
