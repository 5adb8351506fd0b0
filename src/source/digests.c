#include "source/digests.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "base/vec.h"
#include "source/stream.h"

struct work {
    struct range range;
    const char *label, *expected;
};

struct digests {
    const struct store *store;
    struct arena arena;
    struct VEC(struct work) list;
    pthread_t thread;
    bool started, threaded, joined;
    atomic_bool stopped;
    struct err err;
};

struct digests *digests_new(const struct store *store)
{
    struct digests *digests = must_alloc(sizeof *digests);
    memset(digests, 0, sizeof *digests);
    digests->store = store;
    return digests;
}

void digests_add(struct digests *digests, struct range range, const char *label,
                 const char *expected)
{
    *vec_push(&digests->list) = (struct work){range, arena_string(&digests->arena, label),
                                              arena_string(&digests->arena, expected)};
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

static bool hold(const struct store *store, const struct work *work, const atomic_bool *stopped,
                 struct err *err)
{
    struct sha256 hash;
    char hex[SHA256_HEX + 1];
    const void *bytes;
    ssize_t part = 1;
    struct stream *stream = stream_of_range(store_fd(store, work->range.file), work->range.offset,
                                            work->range.size, work->label);
    sha256_begin(&hash);
    while (part > 0 && !atomic_load_explicit(stopped, memory_order_relaxed)) {
        part = stream_next(stream, &bytes, err);
        if (part > 0)
            sha256_add(&hash, bytes, (size_t)part);
    }
    stream_close(stream);
    sha256_end(&hash, hex);
    return part == 0 && digest_is(hex, work->expected, work->label, err);
}

bool digest_of_range(const struct store *store, struct range range, const char *expected,
                     const char *label, struct err *err)
{
    static const atomic_bool never = false;
    struct work work = {range, label, expected};
    return hold(store, &work, &never, err);
}

static void *hold_all(void *argument)
{
    struct digests *digests = argument;
    for (size_t i = 0; i < digests->list.count && digests->err.code == WILLRUN_OK; i++)
        hold(digests->store, &digests->list.at[i], &digests->stopped, &digests->err);
    return NULL;
}

void digests_start(struct digests *digests)
{
    digests->started = true;
    digests->threaded =
        digests->list.count != 0 && pthread_create(&digests->thread, NULL, hold_all, digests) == 0;
}

bool digests_hold(struct digests *digests, struct err *err)
{
    if (!digests->started)
        return true;
    if (!digests->threaded)
        hold_all(digests);
    else if (!digests->joined)
        pthread_join(digests->thread, NULL);
    digests->joined = true;
    if (digests->err.code != WILLRUN_OK)
        err_set(err, digests->err.code, "%s", digests->err.text);
    return digests->err.code == WILLRUN_OK;
}

void digests_free(struct digests *digests)
{
    if (digests == NULL)
        return;
    atomic_store(&digests->stopped, true);
    if (digests->threaded && !digests->joined)
        pthread_join(digests->thread, NULL);
    vec_free(&digests->list);
    arena_free(&digests->arena);
    free(digests);
}
