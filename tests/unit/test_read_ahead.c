/* Archives read by several threads: what is taken is in order, and so is what fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "source/read_ahead.h"

enum { ARCHIVES = 6, PATH = 4000 };

/* What the archives hold: so many entries each, and one that may fail behind so many. */
struct shelf {
    size_t entries[ARCHIVES];
    size_t fails[ARCHIVES]; /* SIZE_MAX: it does not */
    atomic_size_t read;     /* entries in all */
};

struct taken {
    size_t index, entries; /* of the archive that is taken, so far */
    size_t stop;           /* fail behind so many; SIZE_MAX: never */
};

static void name_entry(char path[PATH], size_t index, size_t number)
{
    int length = snprintf(path, PATH, "%zu-%zu-", index, number);
    memset(path + length, 'x', PATH - 1 - (size_t)length);
    path[PATH - 1] = 0;
}

static bool read_shelf(void *context, size_t index, const atomic_bool *unwanted, tar_found *found,
                       void *found_context, struct err *err)
{
    struct shelf *shelf = context;
    char path[PATH], target[32];
    for (size_t i = 0; i < shelf->entries[index]; i++) {
        if (i == shelf->fails[index])
            return err_set(err, WILLRUN_EINPUT, "archive %zu is broken", index);
        if (unwanted != NULL && atomic_load(unwanted))
            return err_set(err, WILLRUN_ECANCELED, "unwanted");
        name_entry(path, index, i);
        snprintf(target, sizeof target, "target %zu", i);
        struct tar_entry entry = {.path = path, .mode = (uint32_t)i, .type = NODE_LINK};
        if (i % 2 == 0)
            entry.target = target;
        atomic_fetch_add(&shelf->read, 1);
        if (!found(found_context, &entry, err))
            return false;
    }
    return true;
}

static bool take(void *context, const struct tar_entry *entry, struct err *err)
{
    struct taken *taken = context;
    char path[PATH], target[32];
    if (taken->entries == taken->stop)
        return err_set(err, WILLRUN_EINPUT, "no more is taken");
    name_entry(path, taken->index, taken->entries);
    snprintf(target, sizeof target, "target %zu", taken->entries);
    assert_string_equal(entry->path, path);
    assert_null(entry->name);
    if (taken->entries % 2 == 0)
        assert_string_equal(entry->target, target);
    else
        assert_null(entry->target);
    assert_int_equal(entry->mode, taken->entries++);
    return true;
}

/* The first are the smallest, so that all threads are far ahead before their turn comes. */
static struct read_ahead *start(struct shelf *shelf)
{
    uint64_t sizes[ARCHIVES];
    for (size_t i = 0; i < ARCHIVES; i++)
        sizes[i] = i;
    return read_ahead_start(sizes, ARCHIVES, read_shelf, shelf);
}

/* Take all; the number of archives that were taken whole. */
static size_t take_all(struct shelf *shelf, size_t stop_at, struct err *err)
{
    struct read_ahead *ahead = start(shelf);
    size_t whole = 0;
    if (ahead == NULL)
        skip(); /* one processor: nobody reads ahead */
    for (; whole < ARCHIVES; whole++) {
        struct taken taken = {whole, 0, whole == stop_at ? 1 : SIZE_MAX};
        if (!read_ahead_take(ahead, whole, take, &taken, err))
            break;
        assert_int_equal(taken.entries, shelf->entries[whole]);
    }
    read_ahead_free(ahead);
    return whole;
}

static void reset(struct shelf *shelf, size_t entries)
{
    for (size_t i = 0; i < ARCHIVES; i++) {
        shelf->entries[i] = entries;
        shelf->fails[i] = SIZE_MAX;
    }
    atomic_store(&shelf->read, 0);
}

static void test_order(void **state)
{
    struct shelf shelf;
    struct err err = {0};
    (void)state;
    reset(&shelf, 100);
    shelf.entries[0] = 0;
    shelf.entries[3] = 3000;
    assert_int_equal(take_all(&shelf, SIZE_MAX, &err), ARCHIVES);
    assert_int_equal(err.code, WILLRUN_OK);
}

/* What waits would be 6 times 80 MB: who reads ahead has to wait for its turn, and comes to it. */
static void test_bound(void **state)
{
    struct shelf shelf;
    struct err err = {0};
    (void)state;
    reset(&shelf, 20000);
    assert_int_equal(take_all(&shelf, SIZE_MAX, &err), ARCHIVES);

    reset(&shelf, 20000);
    struct read_ahead *ahead = start(&shelf);
    assert_non_null(ahead);
    for (size_t before = SIZE_MAX; before != atomic_load(&shelf.read);) {
        before = atomic_load(&shelf.read);
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
    }
    /* 32 MiB, and what each thread has in hand */
    assert_true(atomic_load(&shelf.read) > 0);
    assert_true(atomic_load(&shelf.read) * PATH < (34 << 20));
    read_ahead_free(ahead);
}

/* The last archives fail at once, and are never heard of. */
static void test_first_failure(void **state)
{
    struct shelf shelf;
    struct err err = {0};
    (void)state;
    reset(&shelf, 3000);
    shelf.fails[2] = 2999;
    shelf.fails[3] = shelf.fails[4] = shelf.fails[5] = 0;
    assert_int_equal(take_all(&shelf, SIZE_MAX, &err), 2);
    assert_string_equal(err.text, "archive 2 is broken");
}

/* What stands before the break is taken, and may fail in its own way. */
static void test_failure_of_who_takes(void **state)
{
    struct shelf shelf;
    struct err err = {0};
    (void)state;
    reset(&shelf, 3000);
    shelf.fails[2] = 5;
    assert_int_equal(take_all(&shelf, 2, &err), 2);
    assert_string_equal(err.text, "no more is taken");
    read_ahead_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_first_failure),
        cmocka_unit_test(test_failure_of_who_takes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
