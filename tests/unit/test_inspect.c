/* inspect of files and archives that are damaged anywhere: it tells what it can, and stays within
 * their bytes (the sanitizers of the dev preset would tell). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "inspect/archive.h"

enum { ROUNDS = 400 };

static unsigned char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    unsigned char *bytes = must_alloc(1 << 22);
    *size = fread(bytes, 1, 1 << 22, file);
    fclose(file);
    return bytes;
}

static size_t look(const unsigned char *bytes, size_t size)
{
    struct arena arena = {0};
    struct gathering gathering = {.arena = &arena};
    /* of its very size, so that a look behind the end is seen */
    unsigned char *exact = must_alloc(size + 1);
    memcpy(exact, bytes, size);
    exact = must_realloc(exact, size != 0 ? size : 1);
    struct span span = {exact, size};
    if (archive_is(span))
        archive_gather("archive", span, &gathering);
    else
        gather_file(&(struct place){.path = "file", .mode = 0755}, span, true, &gathering);
    size_t told = gathering.files.count;
    vec_free(&gathering.files);
    vec_free(&gathering.troubles);
    arena_free(&arena);
    free(exact);
    return told;
}

static void damage(const unsigned char *bytes, size_t size)
{
    unsigned char *copy = must_alloc(size);
    srand(1);
    for (unsigned round = 0; round < ROUNDS; round++) {
        memcpy(copy, bytes, size);
        size_t end = round % 4 == 0 ? (size_t)rand() % size : size;
        for (unsigned i = 0; i < 1 + round % 16; i++) {
            /* headers and tables stand at the beginning and at the end */
            size_t at = (size_t)rand() % size;
            at = round % 3 == 0 ? at % (size < 512 ? size : 512) : at;
            at = round % 3 == 1 ? size - 1 - at % (size < 4096 ? size : 4096) : at;
            copy[at] = (unsigned char)(rand() % 3 == 0 ? 0xff : rand());
        }
        look(copy, end);
    }
    free(copy);
}

static void a_damaged_program(void **state)
{
    (void)state;
    size_t size;
    unsigned char *bytes = read_file("/bin/ls", &size);
    assert_int_equal(look(bytes, size), 1);
    damage(bytes, size);
    free(bytes);
}

/* A zip archive of one stored program, made here. */
static unsigned char *zip_of(const unsigned char *file, uint32_t size, size_t *all)
{
    static const char name[] = "lib.so";
    enum { NAME = sizeof name - 1, LOCAL = 30, ENTRY = 46, END = 22 };
    unsigned char *zip = must_alloc(LOCAL + NAME + size + ENTRY + NAME + END), *at = zip;
    uint32_t directory = LOCAL + NAME + size, length = ENTRY + NAME;
    memset(zip, 0, LOCAL);
    memcpy(at, "PK\3\4", 4);
    memcpy(at + 18, &size, 4);
    memcpy(at + 22, &size, 4);
    at[26] = NAME;
    memcpy(at + LOCAL, name, NAME);
    memcpy(at + LOCAL + NAME, file, size);
    at += directory;
    memset(at, 0, ENTRY + NAME + END);
    memcpy(at, "PK\1\2", 4);
    memcpy(at + 20, &size, 4);
    memcpy(at + 24, &size, 4);
    at[28] = NAME;
    memcpy(at + ENTRY, name, NAME);
    at += length;
    memcpy(at, "PK\5\6", 4);
    at[8] = at[10] = 1;
    memcpy(at + 12, &length, 4);
    memcpy(at + 16, &directory, 4);
    *all = directory + length + END;
    return zip;
}

static void a_damaged_wheel(void **state)
{
    (void)state;
    size_t size, all;
    unsigned char *bytes = read_file("/bin/ls", &size);
    unsigned char *zip = zip_of(bytes, (uint32_t)size, &all);
    assert_int_equal(look(zip, all), 1);
    damage(zip, all);
    free(zip);
    free(bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_damaged_program),
                                       cmocka_unit_test(a_damaged_wheel)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
