#include "source/digests.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sha256.h"
#include "base/vec.h"

enum {
    WORKERS_MOST = 4,
    WINDOW = 8 << 20, /* bytes that are mapped at once */
};

struct work {
    int fd; /* the store's list of them may move meanwhile */
    struct range range;
    const char *label, *expected;
};

struct digests {
    const struct store *store;
    pthread_mutex_t lock; /* guards all below but `stopped` and what only the owner uses */
    pthread_cond_t changed;
    struct arena arena;
    struct VEC(struct work) list;
    size_t next;   /* of the list: nobody works at it yet */
    bool complete; /* nothing is added any more */
    struct err err;
    atomic_bool stopped;
    pthread_t threads[WORKERS_MOST]; /* the owner's */
    size_t thread_count;
    bool held;
};

static void *work(void *argument);

struct digests *digests_new(const struct store *store)
{
    struct digests *digests = must_alloc(sizeof *digests);
    memset(digests, 0, sizeof *digests);
    digests->store = store;
    pthread_mutex_init(&digests->lock, NULL);
    pthread_cond_init(&digests->changed, NULL);
    return digests;
}

void digests_add(struct digests *digests, struct range range, const char *label,
                 const char *expected)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    pthread_mutex_lock(&digests->lock);
    *vec_push(&digests->list) = (struct work){store_fd(digests->store, range.file), range,
                                              arena_string(&digests->arena, label),
                                              arena_string(&digests->arena, expected)};
    size_t wanted = digests->list.count;
    pthread_cond_signal(&digests->changed);
    pthread_mutex_unlock(&digests->lock);
    if (digests->thread_count < WORKERS_MOST && digests->thread_count < wanted &&
        (digests->thread_count == 0 || (long)digests->thread_count < processors) &&
        pthread_create(&digests->threads[digests->thread_count], NULL, work, digests) == 0)
        digests->thread_count++;
}

bool digest_is(const char *hex, const char *expected, const char *label, struct err *err)
{
    static const char prefix[] = "sha256:";
    return (strncmp(expected, prefix, strlen(prefix)) == 0 &&
            strcmp(expected + strlen(prefix), hex) == 0) ||
           err_set(err, WILLRUN_EINPUT,
                   "layer-digest-mismatch: %s is sha256:%s, and the image says %.100s", label, hex,
                   expected);
}

/* Windows of the file, one after the other: to copy it takes a third as long as to
 * hash it. False with a sentence. */
static bool hash_range(const struct work *work, const atomic_bool *stopped, struct sha256 *hash,
                       struct err *err)
{
    uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), at = work->range.offset,
             end = at + work->range.size;
    struct stat stat;
    /* to touch a page behind the end of a file is to be killed */
    if (fstat(work->fd, &stat) != 0 || (uint64_t)stat.st_size < end)
        return err_set(err, WILLRUN_EINPUT, "%s is cut short", work->label);
    while (at < end && !atomic_load_explicit(stopped, memory_order_relaxed)) {
        uint64_t start = at / page * page;
        size_t size = end - start < WINDOW ? (size_t)(end - start) : WINDOW;
        unsigned char *map =
            mmap(NULL, size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, work->fd, (off_t)start);
        if (map == MAP_FAILED)
            return err_set(err, WILLRUN_EINPUT, "%s cannot be mapped: %s", work->label,
                           err_text(errno));
        sha256_add(hash, map + (at - start), size - (size_t)(at - start));
        munmap(map, size);
        at = start + size;
    }
    return true;
}

static bool hold(const struct work *work, const atomic_bool *stopped, struct err *err)
{
    struct sha256 hash;
    char hex[SHA256_HEX + 1];
    sha256_begin(&hash);
    bool hashed = hash_range(work, stopped, &hash, err);
    sha256_end(&hash, hex);
    return hashed && (atomic_load_explicit(stopped, memory_order_relaxed) ||
                      digest_is(hex, work->expected, work->label, err));
}

bool digest_of_range(const struct store *store, struct range range, const char *expected,
                     const char *label, struct err *err)
{
    static const atomic_bool never = false;
    struct work work = {store_fd(store, range.file), range, label, expected};
    return hold(&work, &never, err);
}

/* The next of the list, waited for; false: there will be none. */
static bool take(struct digests *digests, struct work *taken)
{
    pthread_mutex_lock(&digests->lock);
    while (digests->next == digests->list.count && !digests->complete)
        pthread_cond_wait(&digests->changed, &digests->lock);
    bool any = digests->next < digests->list.count && digests->err.code == WILLRUN_OK;
    if (any)
        *taken = digests->list.at[digests->next++];
    pthread_mutex_unlock(&digests->lock);
    return any;
}

static void *work(void *argument)
{
    struct digests *digests = argument;
    struct work taken;
    while (take(digests, &taken)) {
        struct err err = {0};
        if (hold(&taken, &digests->stopped, &err))
            continue;
        pthread_mutex_lock(&digests->lock);
        if (digests->err.code == WILLRUN_OK)
            digests->err = err;
        pthread_mutex_unlock(&digests->lock);
    }
    return NULL;
}

void digests_complete(struct digests *digests)
{
    pthread_mutex_lock(&digests->lock);
    digests->complete = true;
    pthread_cond_broadcast(&digests->changed);
    pthread_mutex_unlock(&digests->lock);
}

bool digests_hold(struct digests *digests, struct err *err)
{
    digests_complete(digests);
    if (!digests->held)
        work(digests); /* help */
    for (size_t i = 0; i < digests->thread_count; i++)
        pthread_join(digests->threads[i], NULL);
    digests->thread_count = 0;
    digests->held = true;
    if (digests->err.code != WILLRUN_OK)
        err_set(err, digests->err.code, "%s", digests->err.text);
    return digests->err.code == WILLRUN_OK;
}

void digests_free(struct digests *digests)
{
    struct err err = {0};
    if (digests == NULL)
        return;
    atomic_store(&digests->stopped, true);
    digests_hold(digests, &err);
    pthread_cond_destroy(&digests->changed);
    pthread_mutex_destroy(&digests->lock);
    vec_free(&digests->list);
    arena_free(&digests->arena);
    free(digests);
}
