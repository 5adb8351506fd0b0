#include "check/supply.h"

#include <string.h>

#include "replay/musl.h"

enum { LINKS = 40 };

/* ---- the same start in a stage ---- */

/* A stage with the file in it. */
struct trial {
    const struct target *target;
    const struct process *process;  /* in the target */
    const struct exec_result *exec; /* in the target */
    const struct replay *missed;    /* what that came to */
    bool dlopen;
    struct arena *arena;
    struct stage *stage;
    struct facts *facts;  /* of the stage, or of the view */
    struct root *view;    /* the stage with the target's file laid over; NULL: it is from there */
    struct replay replay; /* in the stage */
};

/* Where the file is in the stage: where it was copied from, else where the target has it. */
static const char *place_file(struct trial *trial)
{
    const char *stage = NULL, *path = NULL;
    const struct node *node = trial->exec->node;
    trial->facts = trial->stage->facts;
    if (node_origin(node, trial->arena, &stage, &path) && stage != NULL &&
        strcmp(stage, trial->stage->name) == 0)
        return path;
    struct err err = {0};
    path = node_path(node, trial->arena);
    trial->view = root_over(trial->stage->root);
    trial->facts = facts_new(trial->view, true);
    const struct copy copy = {.from = facts_root(trial->target->facts),
                              .source = path,
                              .to = path,
                              .literal = true,
                              .mode = -1};
    return root_copy(trial->view, &copy, &err) ? path : NULL;
}

static bool start(struct trial *trial, const char *path, struct process *process)
{
    struct exec_result exec = {0};
    struct target_libc libc = {0};
    if (!trial->dlopen) {
        exec_replay(trial->facts, process, path, trial->arena, &exec);
        if (exec.reason != EXEC_OK || exec.interp == NULL)
            return false;
    } else {
        int error;
        exec.program = exec.argv0 = path;
        exec.node = root_lookup(facts_root(trial->facts), NULL, path, NULL, LOOKUP_FOLLOW, &error);
        if (exec.node == NULL || exec.node->type != NODE_FILE ||
            !target_loader_for(trial->facts, trial->exec->elf, &libc))
            return false;
        exec.elf = facts_of(trial->facts, exec.node)->elf;
        exec.interp = libc.node;
        exec.interp_elf = libc.elf;
    }
    enum willrun_libc kind = target_loader_kind(exec.interp_elf);
    if (exec.elf == NULL || (kind != WILLRUN_LIBC_GLIBC && kind != WILLRUN_LIBC_MUSL))
        return false;
    (kind == WILLRUN_LIBC_MUSL ? musl_replay : glibc_replay)(trial->facts, process, &exec,
                                                             trial->dlopen, &trial->replay);
    return true;
}

/* Is a library missing here, which the start needs or the process opens later? */
static bool is_missed(const struct event *event)
{
    return event->kind == EV_NOT_FOUND || (event->kind == EV_OPENS && event->path == NULL);
}

/* The environment with what is opened later as preloads: then a start finds it, too, by the same
 * search, with all that it needs. */
static const char *const *with_opened(const struct trial *trial)
{
    struct arena *arena = trial->arena;
    const char *names = process_env(trial->process, "LD_PRELOAD");
    size_t count = 0, kept = 0;
    bool any = false;
    for (size_t i = 0; i < trial->missed->events.count; i++) {
        const struct event *event = &trial->missed->events.at[i];
        if (event->kind != EV_OPENS || event->path != NULL || strchr(event->name, '/') != NULL)
            continue;
        names = names != NULL ? arena_format(arena, "%s:%s", names, event->name) : event->name;
        any = true;
    }
    const char *const *env = trial->process->env;
    while (env != NULL && env[count] != NULL)
        count++;
    if (!any)
        return env;
    const char **more = arena_array(arena, count + 2, sizeof *more);
    for (size_t i = 0; i < count; i++)
        if (strncmp(env[i], "LD_PRELOAD=", 11) != 0)
            more[kept++] = env[i];
    more[kept] = arena_format(arena, "LD_PRELOAD=%s", names);
    return more;
}

static bool trial_run(struct trial *trial)
{
    struct process process = *trial->process;
    process.env = with_opened(trial);
    process.opens = NULL;
    process.cred = (struct cred){0};
    process.cwd = NULL;
    process.host = NULL;
    process.trail = false;
    process.memo = memo_new();
    trial->replay = (struct replay){.arena = trial->arena};
    const char *path = place_file(trial);
    bool started = path != NULL && start(trial, path, &process);
    memo_free(process.memo);
    return started;
}

static void trial_end(struct trial *trial)
{
    replay_free(&trial->replay);
    if (trial->view != NULL) {
        facts_free(trial->facts);
        root_free(trial->view);
    }
    trial->view = NULL;
}

/* ---- what to copy ---- */

/* The sources that go to one folder of the target. */
struct line {
    const char *folder; /* with a slash at its end */
    struct VEC(const char *) sources;
};

struct lines VEC(struct line);

static const char *folder_of(const char *path, struct arena *arena)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? arena_copy(arena, path, (size_t)(slash - path) + 1) : "/";
}

static void add_source(struct lines *lines, const char *folder, const char *source)
{
    size_t at = 0;
    while (at < lines->count && strcmp(lines->at[at].folder, folder) != 0)
        at++;
    if (at == lines->count)
        *vec_push(lines) = (struct line){.folder = folder};
    struct line *line = &lines->at[at];
    for (size_t i = 0; i < line->sources.count; i++)
        if (strcmp(line->sources.at[i], source) == 0)
            return;
    *vec_push(&line->sources) = source;
}

static void free_lines(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        vec_free(&lines->at[i].sources);
    vec_free(lines);
}

/* How well a folder suits in which the target's loader looked: the stage's own, one of the same
 * search, a default one; RANKS: not at all. */
enum { RANKS = 3 };

static size_t rank_of(const struct event *event, const struct loaded *found, const char *path)
{
    if (strcmp(path, found->path) == 0)
        return 0;
    if (event->via == found->via)
        return 1;
    return event->via == WILLRUN_VIA_DEFAULT || event->via == WILLRUN_VIA_MUSL_PATH_FILE ? 2
                                                                                         : RANKS;
}

/* The folder of the target into which the library is to go; NULL: its loader never looked for it.
 */
static const char *folder_looked_in(const struct trial *trial, const struct loaded *found)
{
    struct arena *arena = trial->arena;
    const char *folders[RANKS] = {NULL};
    for (size_t i = 0; i < trial->missed->events.count; i++) {
        const struct event *event = &trial->missed->events.at[i];
        if (event->kind != EV_CONSIDERED || event->path == NULL ||
            strcmp(event->name, found->name) != 0)
            continue;
        const char *path = event->path; /* a folder that does not exist ends in a slash */
        if (path[0] != '\0' && path[strlen(path) - 1] == '/')
            path = arena_format(arena, "%s%s", path, found->name);
        size_t rank = rank_of(event, found, path);
        if (rank < RANKS && folders[rank] == NULL)
            folders[rank] = folder_of(path_clean("/", path, arena), arena);
    }
    for (size_t i = 0; i < RANKS; i++)
        if (folders[i] != NULL)
            return folders[i];
    return NULL;
}

static bool is_of_system(enum willrun_via via)
{
    return via == WILLRUN_VIA_DEFAULT || via == WILLRUN_VIA_LD_SO_CACHE;
}

/* The same for what the library `found` needs: beside it where it is beside it in the stage, or
 * where the system's loader finds both. */
static const char *folder_beside(const struct trial *trial, const struct loaded *object,
                                 const struct loaded *found, const char *folder)
{
    const char *looked = folder_looked_in(trial, object);
    const char *own = folder_of(object->path, trial->arena);
    bool beside = strcmp(own, folder_of(found->path, trial->arena)) == 0 ||
                  (is_of_system(object->via) && is_of_system(found->via));
    return looked != NULL ? looked : beside ? folder : own;
}

/* The library with every link that leads to it. Each link of its first folder goes beside it, the
 * others to where they are in the stage. */
static void add_chain(const struct trial *trial, const struct loaded *found, const char *folder,
                      struct lines *lines)
{
    struct root *root = facts_root(trial->facts);
    struct arena *arena = trial->arena;
    int ignored;
    const char *path = path_clean("/", found->path, arena);
    if (root_lookup(root, NULL, path, NULL, LOOKUP_NOFOLLOW, &ignored) !=
        root_lookup(root, NULL, found->path, NULL, LOOKUP_NOFOLLOW, &ignored))
        path = found->path; /* dots behind a link to a folder */
    const char *own = folder_of(path, arena);
    const struct node *beside = NULL;
    for (size_t i = 0; i < LINKS; i++) {
        int error;
        const struct node *node = root_lookup(root, NULL, path, NULL, LOOKUP_NOFOLLOW, &error);
        if (node == NULL)
            return;
        beside = beside != NULL ? beside : node->parent;
        bool together = node->parent == beside;
        const char *shown =
            together ? arena_format(arena, "%s%s", own, node->name) : node_path(node, arena);
        add_source(lines, together ? folder : folder_of(shown, arena), shown);
        if (node->type != NODE_LINK)
            return;
        path = path_clean(node_path(node->parent, arena), node->target, arena);
    }
}

static const struct loaded *find_object(const struct replay *replay, const char *name)
{
    for (size_t i = 1; i < replay->objects.count; i++)
        if (replay->objects.at[i].elf != NULL && replay->objects.at[i].path != NULL &&
            strcmp(replay->objects.at[i].name, name) == 0)
            return &replay->objects.at[i];
    return NULL;
}

static bool target_has(const struct trial *trial, const struct loaded *object, const char *folder)
{
    const struct advice *advice = &trial->target->advice;
    const char *beside = arena_format(trial->arena, "%s%s", folder, object->name);
    return object->builtin || find_object(trial->missed, object->name) != NULL ||
           advice_is_library(advice, object->path, object->elf) ||
           advice_is_library(advice, beside, object->elf);
}

/* All that object `index` of the stage's replay needs and the target has not got either. */
static void add_needs(const struct trial *trial, int index, const char *folder, struct lines *lines)
{
    const struct replay *replay = &trial->replay;
    const struct loaded *found = &replay->objects.at[index];
    struct VEC(int) open = {0};
    bool *seen = arena_array(trial->arena, replay->objects.count + 1, sizeof *seen);
    *vec_push(&open) = index;
    seen[index] = true;
    for (size_t next = 0; next < open.count; next++) {
        const struct loaded *object = &replay->objects.at[open.at[next]];
        if (next != 0)
            add_chain(trial, object, folder_beside(trial, object, found, folder), lines);
        for (size_t i = 0; i < object->need_count; i++) {
            int need = object->needs[i];
            if (need <= 0 || seen[need])
                continue;
            seen[need] = true;
            if (replay->objects.at[need].elf != NULL && replay->objects.at[need].path != NULL &&
                !target_has(trial, &replay->objects.at[need], folder))
                *vec_push(&open) = need;
        }
    }
    vec_free(&open);
}

/* ---- the sentence ---- */

/* The package that has the library, by the stage's own database; NULL: not known. */
static const char *package_of(const struct trial *trial, const struct loaded *found)
{
    const struct owners *owners = stage_owners(trial->target->stages, trial->stage);
    int error;
    const char *package = owners_find(owners, found->path);
    const struct node *node =
        root_lookup(facts_root(trial->facts), NULL, found->path, NULL, LOOKUP_FOLLOW, &error);
    if (package == NULL && node != NULL)
        package = owners_find(owners, node_path(node, trial->arena));
    return package;
}

/* What installs it, where the target's packages are of that kind. */
static const char *package_command(const struct trial *trial, const struct loaded *found,
                                   const char *package)
{
    const struct owners *owners = stage_owners(trial->target->stages, trial->stage);
    return advice_install(&trial->target->advice, found->name, found->elf->wide,
                          owners_installer(owners), package, trial->arena);
}

static const char *add_lines(const struct trial *trial, const char *text, const char *before,
                             const struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++) {
        const struct line *line = &lines->at[i];
        text = arena_format(trial->arena, "%s%s COPY --from=%s", text, i == 0 ? before : ",",
                            trial->stage->name);
        for (size_t k = 0; k < line->sources.count; k++)
            text = arena_format(trial->arena, "%s %s", text, line->sources.at[k]);
        text = arena_format(trial->arena, "%s %s", text, line->folder);
    }
    return text;
}

/* The lines behind those that `supply` has, in the arena. */
static void keep_lines(const struct trial *trial, const struct lines *lines, struct supply *supply)
{
    struct arena *arena = trial->arena;
    struct willrun_copy_line *all =
        arena_array(arena, supply->copy_count + lines->count + 1, sizeof *all);
    for (size_t i = 0; i < supply->copy_count; i++)
        all[i] = supply->copies[i];
    for (size_t i = 0; i < lines->count; i++) {
        const struct line *line = &lines->at[i];
        const char **sources = arena_array(arena, line->sources.count + 1, sizeof *sources);
        for (size_t k = 0; k < line->sources.count; k++)
            sources[k] = line->sources.at[k];
        all[supply->copy_count++] = (struct willrun_copy_line){trial->stage->name, sources,
                                                               line->sources.count, line->folder};
    }
    supply->copies = all;
}

static size_t count_sources(const struct lines *lines)
{
    size_t count = 0;
    for (size_t i = 0; i < lines->count; i++)
        count += lines->at[i].sources.count;
    return count;
}

enum { MANY = 6 /* files to copy, so that to install a package is the shorter advice */ };

/* False: the stage has it not. */
static bool describe(const struct trial *trial, const char *name, struct supply *supply)
{
    struct arena *arena = trial->arena;
    const struct loaded *found = find_object(&trial->replay, name);
    if (found == NULL || found->builtin)
        return false;
    struct lines own = {0}, needs = {0};
    const char *folder = folder_looked_in(trial, found);
    if (folder == NULL)
        folder = folder_of(found->path, arena);
    add_chain(trial, found, folder, &own);
    add_needs(trial, (int)(found - trial->replay.objects.at), folder, &needs);
    const char *text = arena_format(arena, "he stage %s has it", trial->stage->name);
    text = add_lines(trial, text, ":", &own);
    text = add_lines(trial, text, ", and for what it needs", &needs);
    *supply = (struct supply){.name = name, .package = package_of(trial, found)};
    keep_lines(trial, &own, supply);
    keep_lines(trial, &needs, supply);
    const char *command = package_command(trial, found, supply->package);
    /* what is short comes first */
    if (command == NULL)
        supply->fix = arena_format(arena, "T%s.", text);
    else if (count_sources(&needs) > MANY)
        supply->fix = arena_format(arena, "Install its package (%s); or t%s.", command, text);
    else
        supply->fix = arena_format(arena, "T%s; or install its package (%s).", text, command);
    free_lines(&own);
    free_lines(&needs);
    return true;
}

static bool is_supplied(const struct supplies *supplies, const char *name)
{
    for (size_t i = 0; i < supplies->count; i++)
        if (strcmp(supplies->at[i].name, name) == 0)
            return true;
    return false;
}

/* What the stage has of all that is missing. */
static void take_from(struct trial *trial, struct supplies *supplies)
{
    const struct replay *missed = trial->missed;
    for (size_t i = 0; i < missed->events.count; i++) {
        const char *name = missed->events.at[i].name;
        if (!is_missed(&missed->events.at[i]) || is_supplied(supplies, name))
            continue;
        struct supply supply;
        if (describe(trial, name, &supply))
            *vec_push(supplies) = supply;
    }
}

void supplies_find(const struct target *target, const struct process *process,
                   const struct exec_result *exec, bool dlopen, const struct replay *replay,
                   struct supplies *supplies)
{
    for (size_t i = 0; i < target->stages->list.count; i++) {
        struct trial trial = {.target = target,
                              .process = process,
                              .exec = exec,
                              .missed = replay,
                              .dlopen = dlopen,
                              .arena = replay->arena,
                              .stage = &target->stages->list.at[i]};
        if (trial_run(&trial))
            take_from(&trial, supplies);
        trial_end(&trial);
    }
}
