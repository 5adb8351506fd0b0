#include "source/read_ahead.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/meter.h"
#include "base/processors.h"

enum {
    READERS_MOST = 8,
    CHUNK = 64 << 10,
    WAITING_MOST = 32 << 20, /* bytes of entries that wait to be taken */
};

/* Entries, each with its texts behind it. */
struct chunk {
    struct chunk *next;
    size_t room, used; /* bytes of `records` */
    _Alignas(max_align_t) unsigned char records[];
};

struct record {
    struct tar_entry entry; /* its texts are in the same chunk */
    size_t size;            /* bytes up to the next one */
};

/* What was found in an archive and not taken so far. */
struct tape {
    uint64_t size; /* of the archive */
    bool begun;    /* a thread reads it, or has */
    struct chunk *first, *last;
    bool ended; /* no more will come */
    bool whole; /* all of it was read; else err says why not */
    struct err err;
};

struct read_ahead {
    read_archive *read;
    void *context;
    struct meter *meter; /* of who asks */
    pthread_t threads[READERS_MOST];
    size_t thread_count;
    atomic_bool unwanted;
    pthread_mutex_t lock;   /* guards all below */
    pthread_cond_t changed; /* any of it */
    struct tape *tapes;
    size_t count;
    size_t turn;    /* the archive that is taken */
    size_t bytes;   /* of all chunks */
    size_t waiting; /* threads that wait for their archive's turn */
};

/* ---- writing ---- */

/* Who reads an archive, and fills a chunk for its tape. */
struct recorder {
    struct read_ahead *ahead;
    size_t index;
    struct chunk *chunk; /* not on the tape yet; NULL: none */
};

/* An archive that is not taken yet may be read far ahead of its turn, but not all of it; the one
 * that is taken can always go on. */
static bool must_wait(const struct read_ahead *ahead, size_t index, size_t size)
{
    bool empty = ahead->tapes[index].first == NULL;
    return !atomic_load(&ahead->unwanted) && ahead->bytes + size > WAITING_MOST &&
           (index != ahead->turn || !empty);
}

/* Under the lock. */
static void await_turn(struct read_ahead *ahead, size_t index, size_t size)
{
    ahead->waiting++;
    pthread_cond_broadcast(&ahead->changed);
    while (must_wait(ahead, index, size))
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    ahead->waiting--;
}

/* The chunk goes on the tape; false: nobody wants it. */
static bool publish(struct recorder *recorder)
{
    struct read_ahead *ahead = recorder->ahead;
    struct tape *tape = &ahead->tapes[recorder->index];
    struct chunk *chunk = recorder->chunk;
    if (chunk == NULL)
        return true;
    pthread_mutex_lock(&ahead->lock);
    if (must_wait(ahead, recorder->index, chunk->room))
        await_turn(ahead, recorder->index, chunk->room);
    if (tape->last != NULL)
        tape->last->next = chunk;
    else
        tape->first = chunk;
    tape->last = chunk;
    ahead->bytes += chunk->room;
    pthread_cond_broadcast(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    recorder->chunk = NULL;
    return !atomic_load(&ahead->unwanted);
}

/* Room for a record of `size` bytes; NULL: nobody wants it. */
static struct record *add_record(struct recorder *recorder, size_t size)
{
    struct chunk *chunk = recorder->chunk;
    if (chunk != NULL && chunk->room - chunk->used < size && !publish(recorder))
        return NULL;
    chunk = recorder->chunk;
    if (chunk == NULL) {
        size_t room = size > CHUNK ? size : CHUNK;
        chunk = recorder->chunk = must_alloc(sizeof *chunk + room);
        chunk->next = NULL;
        chunk->room = room;
        chunk->used = 0;
    }
    struct record *record = (struct record *)(void *)(chunk->records + chunk->used);
    chunk->used += size;
    record->size = size;
    return record;
}

/* A text with its NUL at *to, which moves behind it. */
static const char *copy_text(char **to, const char *text, size_t size)
{
    const char *copy = memcpy(*to, text, size);
    *to += size;
    return copy;
}

static size_t size_of(const char *text)
{
    return text != NULL ? strlen(text) + 1 : 0;
}

static bool record(void *context, const struct tar_entry *entry, struct err *err)
{
    enum { ALIGNMENT = _Alignof(max_align_t) };
    struct recorder *recorder = context;
    size_t path = size_of(entry->path), name = size_of(entry->name),
           target = size_of(entry->target);
    size_t size = sizeof(struct record) + path + name + target;
    struct record *made = add_record(recorder, (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT);
    if (made == NULL)
        return err_set(err, WILLRUN_ECANCELED, "nobody wants the rest of the archive");
    char *to = (char *)(made + 1);
    made->entry = *entry;
    made->entry.path = copy_text(&to, entry->path, path);
    if (entry->name != NULL)
        made->entry.name = copy_text(&to, entry->name, name);
    if (entry->target != NULL)
        made->entry.target = copy_text(&to, entry->target, target);
    return true;
}

/* ---- reading ---- */

static void read_one(struct read_ahead *ahead, size_t index)
{
    struct recorder recorder = {ahead, index, NULL};
    struct err err = {0};
    bool whole = ahead->read(ahead->context, index, &ahead->unwanted, record, &recorder, &err);
    publish(&recorder); /* what stands before an error is taken, too */
    pthread_mutex_lock(&ahead->lock);
    ahead->tapes[index].ended = true;
    ahead->tapes[index].whole = whole;
    ahead->tapes[index].err = err;
    pthread_cond_broadcast(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
}

/* The largest archive that no thread reads so far, which is this one's then; ahead->count: there is
 * none. */
static size_t begin_largest(struct read_ahead *ahead)
{
    size_t largest = ahead->count;
    pthread_mutex_lock(&ahead->lock);
    for (size_t i = 0; i < ahead->count && !atomic_load(&ahead->unwanted); i++) {
        const struct tape *tape = &ahead->tapes[i];
        if (!tape->begun && (largest == ahead->count || tape->size > ahead->tapes[largest].size))
            largest = i;
    }
    if (largest != ahead->count)
        ahead->tapes[largest].begun = true;
    pthread_mutex_unlock(&ahead->lock);
    return largest;
}

static void *read_some(void *argument)
{
    struct read_ahead *ahead = argument;
    size_t index;
    meter_here = ahead->meter;
    while ((index = begin_largest(ahead)) != ahead->count)
        read_one(ahead, index);
    return NULL;
}

struct read_ahead *read_ahead_start(const uint64_t *sizes, size_t count, read_archive *read,
                                    void *context)
{
    size_t wanted = processors() < READERS_MOST ? processors() : READERS_MOST;
    if (wanted > count)
        wanted = count;
    if (wanted < 2)
        return NULL;
    struct read_ahead *ahead = must_alloc(sizeof *ahead);
    *ahead = (struct read_ahead){.read = read,
                                 .context = context,
                                 .meter = meter_here,
                                 .count = count,
                                 .tapes = must_alloc(count * sizeof *ahead->tapes)};
    for (size_t i = 0; i < count; i++)
        ahead->tapes[i] = (struct tape){.size = sizes[i]};
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->changed, NULL);
    while (ahead->thread_count < wanted &&
           pthread_create(&ahead->threads[ahead->thread_count], NULL, read_some, ahead) == 0)
        ahead->thread_count++;
    if (ahead->thread_count != 0)
        return ahead;
    read_ahead_free(ahead);
    return NULL;
}

/* ---- taking ---- */

/* The archive's turn has come. False: no thread reads it, and none can, for all of them wait for
 * the turns of others; who takes it has to read it. */
static bool await_reader(struct read_ahead *ahead, size_t index)
{
    struct tape *tape = &ahead->tapes[index];
    pthread_mutex_lock(&ahead->lock);
    ahead->turn = index;
    pthread_cond_broadcast(&ahead->changed);
    while (!tape->begun && ahead->waiting != ahead->thread_count)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    bool begun = tape->begun;
    tape->begun = true;
    pthread_mutex_unlock(&ahead->lock);
    return begun;
}

/* The next chunk of a tape, which is the caller's; NULL at its end. */
static struct chunk *take_chunk(struct read_ahead *ahead, struct tape *tape)
{
    pthread_mutex_lock(&ahead->lock);
    while (tape->first == NULL && !tape->ended)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    struct chunk *chunk = tape->first;
    if (chunk != NULL) {
        tape->first = chunk->next;
        tape->last = chunk->next != NULL ? tape->last : NULL;
        ahead->bytes -= chunk->room;
        pthread_cond_broadcast(&ahead->changed);
    }
    pthread_mutex_unlock(&ahead->lock);
    return chunk;
}

static bool take_entries(const struct chunk *chunk, tar_found *found, void *context,
                         struct err *err)
{
    for (size_t at = 0; at < chunk->used;) {
        const struct record *made = (const struct record *)(const void *)(chunk->records + at);
        if (!found(context, &made->entry, err))
            return false;
        at += made->size;
    }
    return true;
}

bool read_ahead_take(struct read_ahead *ahead, size_t index, tar_found *found, void *context,
                     struct err *err)
{
    struct tape *tape = &ahead->tapes[index];
    struct chunk *chunk;
    bool taken = true;
    if (!await_reader(ahead, index))
        return ahead->read(ahead->context, index, &ahead->unwanted, found, context, err);
    while (taken && (chunk = take_chunk(ahead, tape)) != NULL) {
        taken = take_entries(chunk, found, context, err);
        free(chunk);
    }
    if (taken && !tape->whole)
        *err = tape->err;
    return taken && tape->whole;
}

void read_ahead_free(struct read_ahead *ahead)
{
    if (ahead == NULL)
        return;
    pthread_mutex_lock(&ahead->lock);
    atomic_store(&ahead->unwanted, true);
    pthread_cond_broadcast(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    for (size_t i = 0; i < ahead->thread_count; i++)
        pthread_join(ahead->threads[i], NULL);
    for (size_t i = 0; i < ahead->count; i++)
        for (struct chunk *chunk = ahead->tapes[i].first, *next; chunk != NULL; chunk = next) {
            next = chunk->next;
            free(chunk);
        }
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead->tapes);
    free(ahead);
}
