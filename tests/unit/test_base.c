/* Memory, errors, spans, vectors and hashes. */
#include <errno.h>
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/hash.h"
#include "base/span.h"
#include "base/vec.h"

static void arena_memory_is_zeroed_aligned_and_apart(void **state)
{
    (void)state;
    struct arena arena = {0};
    unsigned char *blocks[400];
    for (size_t i = 0; i < 400; i++) {
        size_t size = i * 37 % 5000;
        blocks[i] = arena_alloc(&arena, size);
        assert_int_equal((uintptr_t)blocks[i] % _Alignof(max_align_t), 0);
        for (size_t j = 0; j < size; j++)
            assert_int_equal(blocks[i][j], 0);
        memset(blocks[i], (int)(i % 255 + 1), size);
    }
    for (size_t i = 0; i < 400; i++)
        for (size_t j = 0; j < i * 37 % 5000; j++)
            assert_int_equal(blocks[i][j], i % 255 + 1);
    arena_free(&arena);
    assert_null(arena.blocks);
}

static void an_arena_is_usable_after_it_was_freed(void **state)
{
    (void)state;
    struct arena arena = {0};
    arena_alloc(&arena, 3 << 20); /* more than any block */
    arena_free(&arena);
    assert_string_equal(arena_string(&arena, "again"), "again");
    arena_free(&arena);
    arena_free(&arena);
}

static void arena_texts_are_copies_with_an_end(void **state)
{
    (void)state;
    struct arena arena = {0};
    char text[] = "libc.so.6";
    char *copy = arena_copy(&arena, text, 4), *all = arena_string(&arena, text);
    memset(text, 'x', sizeof text - 1);
    assert_string_equal(copy, "libc");
    assert_string_equal(all, "libc.so.6");
    assert_string_equal(arena_copy(&arena, text, 0), "");
    assert_null(arena_string(&arena, NULL));
    assert_string_equal(arena_format(&arena, "%s:%d", "n", 7), "n:7");
    assert_string_equal(arena_format(&arena, "%s", ""), "");
    char *wide = arena_format(&arena, "%9000d", 1);
    assert_int_equal(strlen(wide), 9000);
    arena_free(&arena);
}

static void the_first_error_is_kept(void **state)
{
    (void)state;
    struct err err = {0};
    assert_false(err_set(&err, WILLRUN_EINPUT, "%s is no folder", "/x"));
    assert_false(err_set(&err, WILLRUN_EUSAGE, "later"));
    assert_int_equal(err.code, WILLRUN_EINPUT);
    assert_string_equal(err.text, "/x is no folder");
    assert_false(err_set(NULL, WILLRUN_EUSAGE, "nobody asked"));
}

static void a_long_sentence_is_cut(void **state)
{
    (void)state;
    struct err err = {0};
    char name[2000];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = 0;
    err_set(&err, WILLRUN_EINPUT, "%s", name);
    assert_int_equal(strlen(err.text), sizeof err.text - 1);
}

/* The words are those of the C library's own locale. */
static void errno_texts_are_the_c_librarys(void **state)
{
    (void)state;
    static const int all[] = {EPERM,   ENOENT, EIO,    ENXIO,   E2BIG,        ENOEXEC, ENOMEM,
                              EACCES,  ENODEV, EEXIST, ENOTDIR, EISDIR,       EINVAL,  ENFILE,
                              EMFILE,  EFBIG,  ENOSPC, EROFS,   ENAMETOOLONG, ELOOP,   ELIBBAD,
                              ETXTBSY, EBADF,  EPIPE,  ESTALE,  EOVERFLOW};
    setlocale(LC_ALL, "C");
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
#ifdef __GLIBC__
        assert_string_equal(err_text(all[i]), strerror(all[i]));
#endif
        assert_non_null(err_symbol(all[i]));
        assert_int_equal(err_symbol(all[i])[0], 'E');
    }
    assert_string_equal(err_symbol(ENOENT), "ENOENT");
    assert_string_equal(err_symbol(ELIBBAD), "ELIBBAD");
    assert_string_equal(err_text(0), "No error information");
    assert_null(err_symbol(0));
    assert_null(err_symbol(99999));
    assert_non_null(err_text(99999));
}

static const struct {
    uint64_t offset, size;
    bool fits;
} parts[] = {
    {0, 0, true},           {0, 10, true},          {10, 0, true},  {3, 7, true},
    {3, 8, false},          {11, 0, false},         {0, 11, false}, {UINT64_MAX, 1, false},
    {1, UINT64_MAX, false}, {UINT64_MAX, 2, false}, {10, 1, false}, {UINT64_MAX, UINT64_MAX, false},
};

static void a_part_of_a_span_lies_inside_it(void **state)
{
    (void)state;
    const unsigned char bytes[10] = "abcdefghi";
    struct span span = {bytes, sizeof bytes};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        struct span part = {0};
        assert_int_equal(span_at(span, parts[i].offset, parts[i].size, &part), parts[i].fits);
        if (!parts[i].fits)
            continue;
        assert_ptr_equal(part.data, bytes + parts[i].offset);
        assert_int_equal(part.size, parts[i].size);
    }
}

static void a_text_ends_inside_its_span(void **state)
{
    (void)state;
    const unsigned char bytes[] = {'a', 'b', 0, 'c', 'd'};
    struct span span = {bytes, sizeof bytes};
    assert_string_equal(span_text(span, 0), "ab");
    assert_string_equal(span_text(span, 1), "b");
    assert_string_equal(span_text(span, 2), "");
    assert_null(span_text(span, 3));
    assert_null(span_text(span, 5));
    assert_null(span_text(span, UINT64_MAX));
    assert_null(span_text((struct span){NULL, 0}, 0));
}

static void a_vector_grows_and_keeps_its_order(void **state)
{
    (void)state;
    struct VEC(uint64_t) numbers = {0};
    for (uint64_t i = 0; i < 10000; i++)
        *vec_push(&numbers) = i * i;
    assert_int_equal(numbers.count, 10000);
    assert_true(numbers.room >= numbers.count);
    for (uint64_t i = 0; i < 10000; i++)
        assert_int_equal(numbers.at[i], i * i);
    vec_free(&numbers);
    assert_null(numbers.at);
    assert_int_equal(numbers.count + numbers.room, 0);
    *vec_push(&numbers) = 1;
    vec_free(&numbers);
}

static void a_hash_depends_on_every_byte_and_the_length(void **state)
{
    (void)state;
    unsigned char bytes[64] = {0};
    for (size_t length = 1; length <= sizeof bytes; length++) {
        uint64_t plain = hash_bytes(bytes, length);
        assert_int_equal(plain, hash_bytes(bytes, length));
        assert_true(plain != hash_bytes(bytes, length - 1));
        for (size_t i = 0; i < length; i++) {
            bytes[i] = 1;
            assert_true(plain != hash_bytes(bytes, length));
            bytes[i] = 0;
        }
    }
}

static int by_value(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void a_hundred_thousand_names_do_not_collide(void **state)
{
    (void)state;
    enum { NAMES = 100000 };
    struct arena arena = {0};
    uint64_t *hashes = arena_array(&arena, NAMES, sizeof *hashes);
    size_t low[256] = {0};
    for (size_t i = 0; i < NAMES; i++) {
        char *name = arena_format(&arena, "/usr/lib/lib%zu.so", i);
        hashes[i] = hash_bytes(name, strlen(name));
        low[hashes[i] & 255]++;
    }
    qsort(hashes, NAMES, sizeof *hashes, by_value);
    for (size_t i = 1; i < NAMES; i++)
        assert_true(hashes[i - 1] != hashes[i]);
    for (size_t i = 0; i < 256; i++) /* 390 are expected; 8 standard deviations */
        assert_in_range(low[i], 230, 550);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arena_memory_is_zeroed_aligned_and_apart),
        cmocka_unit_test(an_arena_is_usable_after_it_was_freed),
        cmocka_unit_test(arena_texts_are_copies_with_an_end),
        cmocka_unit_test(the_first_error_is_kept),
        cmocka_unit_test(a_long_sentence_is_cut),
        cmocka_unit_test(errno_texts_are_the_c_librarys),
        cmocka_unit_test(a_part_of_a_span_lies_inside_it),
        cmocka_unit_test(a_text_ends_inside_its_span),
        cmocka_unit_test(a_vector_grows_and_keeps_its_order),
        cmocka_unit_test(a_hash_depends_on_every_byte_and_the_length),
        cmocka_unit_test(a_hundred_thousand_names_do_not_collide),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
