#include "check/walk.h"

#include <pthread.h>
#include <string.h>

#include "base/meter.h"
#include "check/jars.h"
#include "root/copy.h"

/* What a kernel mounts there is no part of an image. */
static bool is_mount(const struct node *node)
{
    static const char *const names[] = {"proc", "sys", "dev"};
    if (node->parent->parent != node->parent)
        return false;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(node->name, names[i]) == 0)
            return true;
    return false;
}

struct nodes VEC(const struct node *);

struct sighting {
    const struct node *node;
    int error; /* errno of a folder: it, or something in it, could not be seen; 0 of a file */
};

/* A walk of one thread, and the reading of what it finds by all of them. */
struct survey {
    struct facts *facts;
    const struct meter *meter;
    unsigned copy;                     /* only what this one brought; 0: everything */
    pthread_mutex_t lock;              /* guards all below */
    pthread_cond_t grew;               /* `files` did, or is complete */
    struct VEC(struct sighting) files; /* in the order of the walk */
    size_t next;                       /* the first that no thread has taken */
    bool complete;                     /* no more will come */
};

/* ---- walking ---- */

static bool is_wanted(const struct survey *survey, const struct node *node)
{
    return survey->copy == 0 || node_copy(node) == survey->copy;
}

static void add_files(struct survey *survey, const struct node *const *nodes, size_t count)
{
    pthread_mutex_lock(&survey->lock);
    for (size_t i = 0; i < count; i++)
        if (nodes[i]->type == NODE_FILE && is_wanted(survey, nodes[i]))
            *vec_push(&survey->files) = (struct sighting){nodes[i], 0};
    pthread_cond_broadcast(&survey->grew);
    pthread_mutex_unlock(&survey->lock);
}

/* The error is kept: asked again, the folder may well open, and what is in it was never walked. */
static void add_folder(struct survey *survey, const struct node *folder, int error)
{
    pthread_mutex_lock(&survey->lock);
    *vec_push(&survey->files) = (struct sighting){folder, error};
    pthread_mutex_unlock(&survey->lock);
}

static void walk(struct survey *survey, const struct node *dir)
{
    struct nodes open = {0};
    if (dir->type == NODE_DIR)
        *vec_push(&open) = dir;
    else
        add_files(survey, &dir, 1);
    while (open.count != 0 && !meter_stopped(survey->meter)) {
        const struct node *at = open.at[--open.count], **nodes;
        struct arena scratch = {0};
        size_t count = 0;
        int error = root_list(facts_root(survey->facts), at, &scratch, &nodes, &count);
        if (error == 0)
            error = root_unseen(facts_root(survey->facts), at);
        if (error != 0)
            add_folder(survey, at, error); /* what cannot be listed or seen must not vanish */
        for (size_t i = count; i-- > 0;)
            if (nodes[i]->type == NODE_DIR && !is_mount(nodes[i]) && is_wanted(survey, nodes[i]))
                *vec_push(&open) = nodes[i];
        add_files(survey, nodes, count);
        arena_free(&scratch);
    }
    vec_free(&open);
    pthread_mutex_lock(&survey->lock);
    survey->complete = true;
    pthread_cond_broadcast(&survey->grew);
    pthread_mutex_unlock(&survey->lock);
}

/* ---- reading ---- */

enum { AT_ONCE = 32 }; /* files that a thread takes at a time */

/* Files to read, in `taken`; none where all are taken, and no more will come. */
static size_t take(struct survey *survey, const struct node **taken)
{
    size_t count = 0;
    pthread_mutex_lock(&survey->lock);
    while (survey->next == survey->files.count && !survey->complete)
        pthread_cond_wait(&survey->grew, &survey->lock);
    while (count < AT_ONCE && !meter_stopped(survey->meter) && survey->next < survey->files.count)
        taken[count++] = survey->files.at[survey->next++].node;
    pthread_mutex_unlock(&survey->lock);
    return count;
}

static void *read_files(void *argument)
{
    struct survey *survey = argument;
    const struct node *taken[AT_ONCE];
    size_t count;
    while ((count = take(survey, taken)) != 0)
        for (size_t i = 0; i < count; i++)
            facts_of(survey->facts, taken[i]);
    return NULL;
}

/* All files below `dir`, their facts made, in survey->files. */
static void survey_run(struct survey *survey, const struct node *dir, size_t threads)
{
    struct VEC(pthread_t) readers = {0};
    pthread_t reader;
    while (readers.count + 1 < threads && pthread_create(&reader, NULL, read_files, survey) == 0)
        *vec_push(&readers) = reader;
    walk(survey, dir);
    read_files(survey);
    for (size_t i = 0; i < readers.count; i++)
        pthread_join(readers.at[i], NULL);
    vec_free(&readers);
}

/* ---- what is asked ---- */

static void add(struct asked_list *list, const char *path, int error)
{
    *vec_push(list) = (struct asked){.path = path, .error = error};
}

static void add_found(struct facts *facts, const struct sighting *found, struct arena *arena,
                      struct asked_list *list)
{
    const struct node *node = found->node;
    if (node->type == NODE_DIR) {
        add(list, node_path(node, arena), found->error);
        return;
    }
    const struct file_facts *file = facts_of(facts, node);
    if (file->kind == FILE_UNREADABLE)
        add(list, node_path(node, arena), file->error);
    else if (subject_is_worth(node, file))
        add(list, node_path(node, arena), 0);
    else if (jar_is(node, file))
        *vec_push(list) = (struct asked){.path = node_path(node, arena), .as_jar = true};
}

void walk_subjects(struct facts *facts, const struct node *dir, unsigned copy, size_t threads,
                   struct arena *arena, struct asked_list *list)
{
    struct survey survey = {.facts = facts,
                            .meter = meter_here,
                            .copy = copy,
                            .lock = PTHREAD_MUTEX_INITIALIZER,
                            .grew = PTHREAD_COND_INITIALIZER};
    survey_run(&survey, dir, threads);
    for (size_t i = 0; i < survey.files.count && !meter_stopped(meter_here); i++)
        add_found(facts, &survey.files.at[i], arena, list);
    vec_free(&survey.files);
}
