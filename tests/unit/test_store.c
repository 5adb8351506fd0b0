/* Parts that several threads write into one store come back as they were. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/store.h"

enum { WRITERS = 3, PARTS = 400, MANY = 12 << 20 };

struct job {
    struct store *store;
    unsigned seed;
    struct range parts[PARTS];
};

/* The same each time for the same part: some are many bytes, most a few, and some begin late. */
static size_t size_of(unsigned seed, unsigned part)
{
    return part % 97 == 0 ? MANY : (seed * 7919u + part * 104729u) % (part % 5 == 0 ? 90000 : 900);
}

static unsigned char byte_of(unsigned seed, unsigned part, size_t at)
{
    return (unsigned char)(at * 31 + part * 7 + seed + 1);
}

static size_t hole_of(unsigned part, size_t size)
{
    return part % 3 == 0 && size > 8192 ? 5000 : 0;
}

static bool write_part(struct writer *writer, unsigned seed, unsigned part, struct range *range)
{
    enum { PIECE = 100000 };
    struct err err = {0};
    unsigned char *bytes = malloc(PIECE);
    size_t size = size_of(seed, part);
    /* one that only says that it is larger */
    uint64_t most = part % 50 == 1 ? 1ULL << 40 : size;
    bool ok = writer_begin(writer, most, range, &err);
    for (size_t at = hole_of(part, size); ok && at < size; at += PIECE) {
        size_t piece = size - at < PIECE ? size - at : PIECE;
        for (size_t i = 0; i < piece; i++)
            bytes[i] = byte_of(seed, part, at + i);
        ok = writer_add(writer, range, at, bytes, piece, &err);
    }
    if (ok)
        writer_end(writer, range, size);
    free(bytes);
    return ok;
}

static void *write_parts(void *argument)
{
    struct job *job = argument;
    struct err err = {0};
    struct writer *writer = store_writer(job->store);
    bool ok = true;
    for (unsigned i = 0; ok && i < PARTS; i++)
        ok = write_part(writer, job->seed, i, &job->parts[i]);
    return writer_done(writer, &err) && ok ? job : NULL;
}

static void read_back(const struct job *job)
{
    for (unsigned i = 0; i < PARTS; i++) {
        struct file_bytes bytes;
        size_t size = size_of(job->seed, i), hole = hole_of(i, size);
        file_bytes_init(&bytes);
        assert_int_equal(job->parts[i].size, size);
        assert_int_equal(store_bytes(job->store, job->parts[i], &bytes), 0);
        assert_int_equal(bytes.span.size, size);
        for (size_t at = 0; at < size; at++)
            if (bytes.span.data[at] != (at < hole ? 0 : byte_of(job->seed, i, at)))
                fail_msg("byte %zu of part %u of writer %u", at, i, job->seed);
        file_bytes_release(&bytes);
    }
}

static void several_writers(void **state)
{
    static struct job jobs[WRITERS];
    pthread_t threads[WRITERS];
    void *done[WRITERS];
    (void)state;
    struct store *store = store_new();
    for (unsigned i = 0; i < WRITERS; i++) {
        jobs[i].store = store;
        jobs[i].seed = i;
        assert_int_equal(pthread_create(&threads[i], NULL, write_parts, &jobs[i]), 0);
    }
    for (unsigned i = 0; i < WRITERS; i++)
        pthread_join(threads[i], &done[i]);
    for (unsigned i = 0; i < WRITERS; i++) {
        assert_non_null(done[i]);
        read_back(&jobs[i]);
    }
    store_release(store);
}

/* What is written later stands behind what was flushed, by the same writer or the next. */
static void one_behind_the_other(void **state)
{
    static struct job job;
    struct err err = {0};
    (void)state;
    job.store = store_new();
    for (unsigned i = 0; i < PARTS; i++) {
        struct writer *writer = store_writer(job.store);
        assert_true(write_part(writer, job.seed, i, &job.parts[i]));
        assert_true(writer_done(writer, &err));
    }
    read_back(&job);
    store_release(job.store);
}

/* Two writers that take turns: neither writes over what is the other's. */
static void in_turns(void **state)
{
    static struct job jobs[2];
    struct writer *writers[2];
    struct err err = {0};
    (void)state;
    struct store *store = store_new();
    for (unsigned i = 0; i < 2; i++) {
        writers[i] = store_writer(store);
        jobs[i] = (struct job){.store = store, .seed = i};
    }
    for (unsigned part = 0; part < PARTS; part++)
        for (unsigned i = 0; i < 2; i++)
            assert_true(write_part(writers[i], i, part, &jobs[i].parts[part]));
    assert_true(writer_done(writers[1], &err));
    assert_true(writer_done(writers[0], &err));
    read_back(&jobs[0]);
    read_back(&jobs[1]);
    store_release(store);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(several_writers),
        cmocka_unit_test(one_behind_the_other),
        cmocka_unit_test(in_turns),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
