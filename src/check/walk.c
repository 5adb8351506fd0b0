#include "check/walk.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/meter.h"
#include "base/must.h"
#include "check/jars.h"
#include "root/copy.h"

/* A folder of the walk with what was found in it, each sorted by name. */
struct stop {
    const struct node *node;
    int error; /* errno: it, or something in it, could not be seen */
    struct VEC(const struct node *) files;
    struct VEC(struct stop *) folders;
};

/* A walk by all threads: some list folders while others read what was found in them. */
struct survey {
    struct facts *facts;
    const struct meter *meter;
    unsigned copy;                         /* only what this one brought; 0: everything */
    pthread_mutex_t lock;                  /* guards all below */
    pthread_cond_t grew;                   /* `open` or `files` did, or `listing` fell */
    struct VEC(struct stop *) open;        /* folders that no thread has taken */
    struct VEC(const struct node *) files; /* to read … */
    size_t next;                           /* … the first that no thread has taken */
    size_t listing;                        /* folders that threads are at */
};

/* ---- walking ---- */

static bool is_wanted(const struct survey *survey, const struct node *node)
{
    return survey->copy == 0 || node_copy(node) == survey->copy;
}

static struct stop *new_stop(const struct node *node)
{
    struct stop *stop = must_alloc(sizeof *stop);
    *stop = (struct stop){.node = node};
    return stop;
}

static void free_stop(struct stop *stop)
{
    vec_free(&stop->files);
    vec_free(&stop->folders);
    free(stop);
}

/* What is in a folder. The error is kept: asked again, the folder may well open, and what is in it
 * was never walked. */
static void list_folder(struct survey *survey, struct stop *stop)
{
    struct root *root = facts_root(survey->facts);
    const struct node **nodes;
    struct arena scratch = {0};
    size_t count = 0;
    stop->error = root_sift(root, stop->node, subject_may_start, &scratch, &nodes, &count);
    if (stop->error == 0)
        stop->error = root_unseen(root, stop->node);
    for (size_t i = 0; i < count; i++) {
        if (!is_wanted(survey, nodes[i]))
            continue;
        if (nodes[i]->type == NODE_FILE)
            *vec_push(&stop->files) = nodes[i];
        else if (nodes[i]->type == NODE_DIR && !node_is_mount(nodes[i]))
            *vec_push(&stop->folders) = new_stop(nodes[i]);
    }
    arena_free(&scratch);
}

/* Under the lock: what was found in a folder is there for other threads. */
static void add_found(struct survey *survey, const struct stop *stop)
{
    for (size_t i = 0; i < stop->files.count; i++)
        *vec_push(&survey->files) = stop->files.at[i];
    for (size_t i = stop->folders.count; i-- > 0;)
        *vec_push(&survey->open) = stop->folders.at[i];
    pthread_cond_broadcast(&survey->grew);
}

enum { AT_ONCE = 32 }; /* files that a thread takes at a time */

/* Under the lock, which is given up meanwhile: a folder to list or files to read, in `taken`; false
 * where nothing is left and no more will come. */
static bool take(struct survey *survey, struct stop **folder, const struct node **taken,
                 size_t *count)
{
    *folder = NULL;
    *count = 0;
    while (survey->next == survey->files.count && survey->open.count == 0 && survey->listing != 0)
        pthread_cond_wait(&survey->grew, &survey->lock);
    if (meter_stopped(survey->meter))
        return false;
    bool reads = survey->next < survey->files.count;
    if (survey->open.count != 0 && (survey->listing == 0 || !reads))
        *folder = survey->open.at[--survey->open.count];
    else
        while (*count < AT_ONCE && survey->next < survey->files.count)
            taken[(*count)++] = survey->files.at[survey->next++];
    return *folder != NULL || *count != 0;
}

static void *walk(void *argument)
{
    struct survey *survey = argument;
    const struct node *taken[AT_ONCE];
    struct stop *folder;
    size_t count;
    pthread_mutex_lock(&survey->lock);
    while (take(survey, &folder, taken, &count)) {
        survey->listing += folder != NULL;
        pthread_mutex_unlock(&survey->lock);
        for (size_t i = 0; i < count; i++)
            facts_of(survey->facts, taken[i]);
        if (folder != NULL)
            list_folder(survey, folder);
        pthread_mutex_lock(&survey->lock);
        if (folder == NULL)
            continue;
        survey->listing--;
        add_found(survey, folder);
    }
    pthread_mutex_unlock(&survey->lock);
    return NULL;
}

/* All below `top`, the facts of its files made. */
static void survey_run(struct survey *survey, struct stop *top, size_t threads)
{
    struct VEC(pthread_t) others = {0};
    pthread_t other;
    *vec_push(&survey->open) = top;
    while (others.count + 1 < threads && pthread_create(&other, NULL, walk, survey) == 0)
        *vec_push(&others) = other;
    walk(survey);
    for (size_t i = 0; i < others.count; i++)
        pthread_join(others.at[i], NULL);
    vec_free(&others);
    vec_free(&survey->open);
    vec_free(&survey->files);
}

/* ---- what is asked ---- */

static void add(struct asked_list *list, const char *path, int error)
{
    *vec_push(list) = (struct asked){.path = path, .error = error};
}

static void add_file(struct facts *facts, const struct node *node, struct arena *arena,
                     struct asked_list *list)
{
    const struct file_facts *file = facts_of(facts, node);
    if (file->kind == FILE_UNREADABLE)
        add(list, node_path(node, arena), file->error);
    else if (subject_is_worth(node, file))
        add(list, node_path(node, arena), 0);
    else if (jar_is(node, file))
        *vec_push(list) = (struct asked){.path = node_path(node, arena), .as_jar = true};
}

/* In the order of their paths, whichever thread was where first. Frees the stops. */
static void add_stops(struct facts *facts, struct stop *top, struct arena *arena,
                      struct asked_list *list)
{
    struct VEC(struct stop *) left = {0};
    *vec_push(&left) = top;
    while (left.count != 0) {
        struct stop *stop = left.at[--left.count];
        bool goes_on = !meter_stopped(meter_here);
        if (stop->error != 0 && goes_on) /* what cannot be listed or seen must not vanish */
            add(list, node_path(stop->node, arena), stop->error);
        for (size_t i = 0; i < stop->files.count && goes_on; i++)
            add_file(facts, stop->files.at[i], arena, list);
        for (size_t i = stop->folders.count; i-- > 0;)
            *vec_push(&left) = stop->folders.at[i];
        free_stop(stop);
    }
    vec_free(&left);
}

void walk_subjects(struct facts *facts, const struct node *dir, unsigned copy, size_t threads,
                   struct arena *arena, struct asked_list *list)
{
    struct survey survey = {.facts = facts,
                            .meter = meter_here,
                            .copy = copy,
                            .lock = PTHREAD_MUTEX_INITIALIZER,
                            .grew = PTHREAD_COND_INITIALIZER};
    struct stop *top = new_stop(dir);
    if (dir->type == NODE_DIR)
        survey_run(&survey, top, threads);
    else if (dir->type == NODE_FILE && is_wanted(&survey, dir))
        *vec_push(&top->files) = dir;
    add_stops(facts, top, arena, list);
}
