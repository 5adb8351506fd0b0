/* willrun_inspect: files gathered, each described by itself, in parallel. */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check/checking.h"
#include "inspect/archive.h"
#include "inspect/kept.h"
#include "source/source_open.h"
#include "verdict/advice.h"

/* A file to look at. */
struct work {
    struct root *root; /* borrowed */
    const struct node *node;
    const char *path; /* as it is shown */
    bool named;       /* by the caller, not found in a folder */
};

/* What one file gave: a part of a thread's list. */
struct yield {
    size_t work;         /* its place in the order of the walk */
    size_t first, count; /* in the list */
};

/* What one thread looks at, and finds. */
struct worker {
    struct inspecting *inspecting;
    struct gathering gathering;
    struct VEC(struct yield) yields;
    pthread_t thread; /* but for the first, which is the caller's */
};

struct owned_inspection {
    struct willrun_inspection inspection; /* first: what the caller sees */
    struct arena arena;
    struct arena *worker_arenas;
    size_t worker_count;
};

struct inspecting {
    struct willrun *willrun;
    struct owned_inspection *owned;
    struct VEC(struct root *) roots; /* owned; [0] is the local disk */
    struct worker *workers;          /* [0] is the thread that walks, and looks when it is done */
    size_t worker_count, started;    /* that may be; that are */
    pthread_mutex_t lock;            /* guards all below */
    pthread_cond_t found;            /* `works` grew, or is complete */
    struct VEC(struct work) works;
    size_t next;   /* the first that no thread has taken */
    bool complete; /* no more will come */
};

/* ---- work for threads ---- */

static void *work_on(void *argument);

/* The next file; false: all are taken, and no more will come. */
static bool take_work(struct inspecting *inspecting, struct work *work, size_t *place)
{
    pthread_mutex_lock(&inspecting->lock);
    while (inspecting->next == inspecting->works.count && !inspecting->complete)
        pthread_cond_wait(&inspecting->found, &inspecting->lock);
    bool taken =
        inspecting->next < inspecting->works.count && !meter_stopped(inspecting->willrun->meter);
    if (taken) {
        *place = inspecting->next++;
        *work = inspecting->works.at[*place];
    }
    pthread_mutex_unlock(&inspecting->lock);
    return taken;
}

/* For the walking thread, which starts others while work comes in. */
static void add_work(struct inspecting *inspecting, struct work work)
{
    enum { FILES_A_THREAD = 16 }; /* fewer are not worth a thread's start */
    pthread_mutex_lock(&inspecting->lock);
    *vec_push(&inspecting->works) = work;
    size_t count = inspecting->works.count;
    pthread_cond_signal(&inspecting->found);
    pthread_mutex_unlock(&inspecting->lock);
    if (inspecting->started >= inspecting->worker_count ||
        count < inspecting->started * FILES_A_THREAD)
        return;
    struct worker *worker = &inspecting->workers[inspecting->started];
    if (pthread_create(&worker->thread, NULL, work_on, worker) == 0)
        inspecting->started++;
}

static void end_work(struct inspecting *inspecting)
{
    pthread_mutex_lock(&inspecting->lock);
    inspecting->complete = true;
    pthread_cond_broadcast(&inspecting->found);
    pthread_mutex_unlock(&inspecting->lock);
    work_on(&inspecting->workers[0]);
    for (size_t i = 1; i < inspecting->started; i++)
        pthread_join(inspecting->workers[i].thread, NULL);
}

/* ---- what to look at ---- */

static const char *joined(struct arena *arena, const char *folder, const char *name)
{
    size_t length = strlen(folder);
    const char *slash = length != 0 && folder[length - 1] == '/' ? "" : "/";
    return arena_format(arena, "%s%s%s", folder, slash, name);
}

struct open_folder {
    const struct node *node;
    const char *path;
};

static bool is_elf(struct span head)
{
    return head.size >= SELFMAG && memcmp(head.data, ELFMAG, SELFMAG) == 0;
}

/* Of a folder no other files are looked into. */
static bool may_tell(struct span head)
{
    return is_elf(head) || archive_is_zip(head);
}

/* Every file below a folder that may tell something, sorted within each. */
static void add_folder(struct inspecting *inspecting, struct root *root, const struct node *top,
                       const char *path)
{
    struct arena *arena = &inspecting->owned->arena;
    struct VEC(struct open_folder) open = {0};
    *vec_push(&open) = (struct open_folder){top, path};
    while (open.count != 0 && !meter_stopped(inspecting->willrun->meter)) {
        struct open_folder at = open.at[--open.count];
        struct arena scratch = {0};
        const struct node **nodes;
        size_t count = 0;
        int error = root_sift(root, at.node, may_tell, &scratch, &nodes, &count);
        if (error == 0)
            error = root_unseen(root, at.node);
        if (error != 0)
            *vec_push(&inspecting->workers[0].gathering.troubles) =
                arena_format(arena, "%s cannot be read: %s", at.path, err_text(error));
        for (size_t i = count; i-- > 0;)
            if (nodes[i]->type == NODE_DIR && !node_is_mount(nodes[i]))
                *vec_push(&open) =
                    (struct open_folder){nodes[i], joined(arena, at.path, nodes[i]->name)};
        for (size_t i = 0; i < count; i++)
            if (nodes[i]->type == NODE_FILE && nodes[i]->size != 0)
                add_work(inspecting, (struct work){root, nodes[i], at.path, false});
        arena_free(&scratch);
    }
    vec_free(&open);
}

/* Where a path of the caller lies: on the local disk where it is relative, or where no root was
 * named. */
static bool add_subject(struct inspecting *inspecting, struct root *root, const char *path)
{
    struct err *err = &inspecting->willrun->err;
    struct arena *arena = &inspecting->owned->arena;
    const char *absolute = path;
    int error;
    if (*path != '/') {
        char *here = getcwd(NULL, 0);
        if (here == NULL)
            return err_set(err, WILLRUN_EINPUT, "the working directory: %s", err_text(errno));
        absolute = joined(arena, here, path);
        free(here);
        root = inspecting->roots.at[0];
    }
    const struct node *node = root_lookup(root, NULL, absolute, NULL, LOOKUP_FOLLOW, &error);
    if (node == NULL)
        return err_set(err, WILLRUN_EINPUT, "%s: %s", path, err_text(error));
    path = arena_string(arena, path);
    if (node->type == NODE_DIR)
        add_folder(inspecting, root, node, path);
    else if (node->type == NODE_FILE)
        add_work(inspecting, (struct work){root, node, path, true});
    else
        return err_set(err, WILLRUN_EINPUT, "%s is no file and no folder", path);
    return true;
}

static bool open_roots(struct inspecting *inspecting)
{
    struct willrun *willrun = inspecting->willrun;
    struct source_list list = {0};
    struct source *disk = source_open_dir("/", &willrun->err);
    if (disk == NULL)
        return false;
    *vec_push(&inspecting->roots) = root_new(disk);
    if (willrun->root == NULL || strcmp(willrun->root, "/") == 0)
        return true;
    bool done = sources_open(willrun->root, willrun->platform_name, &list, &willrun->err);
    for (size_t i = 0; done && i < list.count; i++)
        *vec_push(&inspecting->roots) = root_new(list.at[i]);
    vec_free(&list);
    return done;
}

static bool gather_works(struct inspecting *inspecting)
{
    struct willrun *willrun = inspecting->willrun;
    size_t first = inspecting->roots.count > 1 ? 1 : 0;
    for (size_t i = 0; i < willrun->subjects.count; i++) {
        const char *path = willrun->subjects.at[i];
        bool local = *path != '/';
        for (size_t r = first; r < (local ? first + 1 : inspecting->roots.count); r++)
            if (!add_subject(inspecting, inspecting->roots.at[r], path))
                return false;
    }
    return true;
}

/* ---- looking ---- */

static bool has_end(const char *name, const char *end)
{
    size_t length = strlen(name), size = strlen(end);
    return length > size && strcmp(name + length - size, end) == 0;
}

/* Archives out of which programs load native code at run time. */
static bool is_live_archive(const char *name)
{
    static const char *const ends[] = {".whl", ".jar", ".war", ".ear", ".egg"};
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (has_end(name, ends[i]))
            return true;
    return false;
}

static enum file_want want_elf(struct span head)
{
    return is_elf(head) ? WANT_ALL : WANT_HEAD;
}

static void look(const struct work *work, struct gathering *gathering)
{
    struct file_bytes bytes;
    bool live = is_live_archive(work->node->name);
    bool whole = work->named || live;
    const char *path =
        work->named ? work->path : joined(gathering->arena, work->path, work->node->name);
    int error = whole ? root_bytes(work->root, work->node, &bytes)
                      : root_bytes_wanted(work->root, work->node, want_elf, &bytes);
    if (error != 0) {
        *vec_push(&gathering->troubles) =
            arena_format(gathering->arena, "%s cannot be read: %s", path, err_text(error));
        return;
    }
    struct place place = {
        .path = path, .mode = work->node->mode, .profile = node_profile(work->node)};
    if (whole && !is_elf(bytes.span) &&
        (work->named ? archive_is(bytes.span) : archive_is_zip(bytes.span)))
        archive_gather(path, bytes.span, gathering);
    else if (work->named || is_elf(bytes.span))
        gather_file(&place, bytes.span, work->named, gathering);
    file_bytes_release(&bytes);
}

static void *work_on(void *argument)
{
    struct worker *worker = argument;
    struct work work;
    size_t place;
    while (take_work(worker->inspecting, &work, &place)) {
        size_t first = worker->gathering.files.count;
        look(&work, &worker->gathering);
        *vec_push(&worker->yields) =
            (struct yield){place, first, worker->gathering.files.count - first};
    }
    return NULL;
}

static void make_workers(struct inspecting *inspecting, size_t count)
{
    struct owned_inspection *owned = inspecting->owned;
    owned->worker_arenas = must_alloc(count * sizeof *owned->worker_arenas);
    memset(owned->worker_arenas, 0, count * sizeof *owned->worker_arenas);
    owned->worker_count = count;
    inspecting->workers = arena_array(&owned->arena, count, sizeof *inspecting->workers);
    inspecting->worker_count = count;
    inspecting->started = 1;
    for (size_t i = 0; i < count; i++) {
        inspecting->workers[i].inspecting = inspecting;
        inspecting->workers[i].gathering.arena = &owned->worker_arenas[i];
    }
}

/* ---- the whole ---- */

static const char *full_path(struct arena *arena, const struct willrun_inspected *file)
{
    return file->archive != NULL ? joined(arena, file->archive, file->path) : file->path;
}

static void sum_floor(struct owned_inspection *owned, enum willrun_floor_of of)
{
    struct willrun_inspection *inspection = &owned->inspection;
    struct willrun_floor_sum *sum = &inspection->floors[of];
    struct VEC(const char *) paths = {0};
    for (size_t i = 0; i < inspection->file_count; i++) {
        const char *level = inspection->files[i].floors[of].level;
        if (level == NULL)
            continue;
        /* behind "x86-64-v" there is a number, too */
        size_t skip = of == WILLRUN_FLOOR_CPU ? strlen("x86-64-v") : 0;
        int order = sum->level != NULL ? version_compare(level + skip, sum->level + skip) : 1;
        if (order < 0)
            continue;
        if (order > 0)
            paths.count = 0;
        sum->level = level;
        *vec_push(&paths) = full_path(&owned->arena, &inspection->files[i]);
    }
    sum->paths = vec_kept(&owned->arena, &paths, &sum->path_count);
}

struct part {
    struct gathering *gathering;
    const struct yield *yield;
};

/* What the threads found, in the order of the walk. */
static void join(struct inspecting *inspecting)
{
    struct owned_inspection *owned = inspecting->owned;
    struct inspected_list files = {0};
    struct VEC(const char *) troubles = {0};
    struct part *parts = arena_array(&owned->arena, inspecting->works.count + 1, sizeof *parts);
    for (size_t i = 0; i < inspecting->started; i++) {
        struct worker *worker = &inspecting->workers[i];
        for (size_t k = 0; k < worker->yields.count; k++)
            parts[worker->yields.at[k].work] =
                (struct part){&worker->gathering, &worker->yields.at[k]};
        for (size_t k = 0; k < worker->gathering.troubles.count; k++)
            *vec_push(&troubles) = worker->gathering.troubles.at[k];
    }
    for (size_t i = 0; i < inspecting->works.count; i++)
        for (size_t k = 0; k < parts[i].yield->count; k++)
            *vec_push(&files) = parts[i].gathering->files.at[parts[i].yield->first + k];
    owned->inspection.files = vec_kept(&owned->arena, &files, &owned->inspection.file_count);
    owned->inspection.troubles =
        vec_kept(&owned->arena, &troubles, &owned->inspection.trouble_count);
    for (size_t i = 0; i < WILLRUN_FLOORS; i++)
        sum_floor(owned, (enum willrun_floor_of)i);
}

static void free_workers(struct inspecting *inspecting)
{
    for (size_t i = 0; i < inspecting->worker_count; i++) {
        vec_free(&inspecting->workers[i].gathering.files);
        vec_free(&inspecting->workers[i].gathering.troubles);
        vec_free(&inspecting->workers[i].yields);
    }
    for (size_t i = 0; i < inspecting->roots.count; i++)
        root_free(inspecting->roots.at[i]);
    vec_free(&inspecting->roots);
    vec_free(&inspecting->works);
}

/* A root that turns out not to be what it promised gives no answer. */
static bool hold(struct inspecting *inspecting)
{
    bool held = true;
    for (size_t i = 0; held && i < inspecting->roots.count; i++)
        held = root_hold(inspecting->roots.at[i], &inspecting->willrun->err);
    return held;
}

enum willrun_err willrun_inspect(struct willrun *willrun, struct willrun_inspection **inspection)
{
    struct inspecting inspecting = {
        .willrun = willrun, .lock = PTHREAD_MUTEX_INITIALIZER, .found = PTHREAD_COND_INITIALIZER};
    struct meter *before = context_enter(willrun);
    *inspection = NULL;
    inspecting.owned = must_alloc(sizeof *inspecting.owned);
    memset(inspecting.owned, 0, sizeof *inspecting.owned);
    make_workers(&inspecting, willrun_threads(willrun));
    bool done = open_roots(&inspecting) && gather_works(&inspecting);
    end_work(&inspecting);
    done = !context_cancelled(willrun) && done && hold(&inspecting);
    context_leave(before);
    if (done)
        join(&inspecting);
    free_workers(&inspecting);
    if (done)
        *inspection = &inspecting.owned->inspection;
    else
        willrun_inspection_free(&inspecting.owned->inspection);
    return willrun->err.code;
}

void willrun_inspection_free(struct willrun_inspection *inspection)
{
    struct owned_inspection *owned = (struct owned_inspection *)inspection;
    if (owned == NULL)
        return;
    for (size_t i = 0; i < owned->worker_count; i++)
        arena_free(&owned->worker_arenas[i]);
    free(owned->worker_arenas);
    arena_free(&owned->arena);
    free(owned);
}
