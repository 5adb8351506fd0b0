/* The matcher of COPY's patterns does what filepath.Match of Go does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "root/glob.h"

static const struct {
    const char *pattern, *name;
    enum glob found;
} cases[] = {
    {"abc", "abc", GLOB_YES},
    {"*", "abc", GLOB_YES},
    {"*c", "abc", GLOB_YES},
    {"a*", "a", GLOB_YES},
    {"a*", "abc", GLOB_YES},
    {"a*", "ab/c", GLOB_NO},
    {"a*/b", "abc/b", GLOB_YES},
    {"a*/b", "a/c/b", GLOB_NO},
    {"a*b*c*d*e*/f", "axbxcxdxe/f", GLOB_YES},
    {"a*b*c*d*e*/f", "axbxcxdxexxx/f", GLOB_YES},
    {"a*b*c*d*e*/f", "axbxcxdxe/xxx/f", GLOB_NO},
    {"a*b*c*d*e*/f", "axbxcxdxexxx/fff", GLOB_NO},
    {"a*b?c*x", "abxbbxdbxebxczzx", GLOB_YES},
    {"a*b?c*x", "abxbbxdbxebxczzy", GLOB_NO},
    {"ab[c]", "abc", GLOB_YES},
    {"ab[b-d]", "abc", GLOB_YES},
    {"ab[e-g]", "abc", GLOB_NO},
    {"ab[^c]", "abc", GLOB_NO},
    {"ab[^b-d]", "abc", GLOB_NO},
    {"ab[^e-g]", "abc", GLOB_YES},
    {"a\\*b", "a*b", GLOB_YES},
    {"a\\*b", "ab", GLOB_NO},
    {"a?b", "a\u263Ab", GLOB_YES},
    {"a[^a]b", "a\u263Ab", GLOB_YES},
    {"a???b", "a\u263Ab", GLOB_NO},
    {"a[^a][^a][^a]b", "a\u263Ab", GLOB_NO},
    {"[a-\u03B6]*", "\u03B1", GLOB_YES},
    {"*[a-\u03B6]", "A", GLOB_NO},
    {"a?b", "a/b", GLOB_NO},
    {"a*b", "a/b", GLOB_NO},
    {"[\\]a]", "]", GLOB_YES},
    {"[\\-]", "-", GLOB_YES},
    {"[x\\-]", "x", GLOB_YES},
    {"[x\\-]", "-", GLOB_YES},
    {"[x\\-]", "z", GLOB_NO},
    {"[\\-x]", "x", GLOB_YES},
    {"[\\-x]", "-", GLOB_YES},
    {"[\\-x]", "a", GLOB_NO},
    {"[]a]", "]", GLOB_BAD},
    {"[-]", "-", GLOB_BAD},
    {"[x-]", "x", GLOB_BAD},
    {"[x-]", "-", GLOB_BAD},
    {"[x-]", "z", GLOB_BAD},
    {"[-x]", "x", GLOB_BAD},
    {"[-x]", "-", GLOB_BAD},
    {"[-x]", "a", GLOB_BAD},
    {"\\", "a", GLOB_BAD},
    {"[a-b-c]", "a", GLOB_BAD},
    {"[", "a", GLOB_BAD},
    {"[^", "a", GLOB_BAD},
    {"[^bc", "a", GLOB_BAD},
    {"a[", "a", GLOB_BAD},
    {"a[", "ab", GLOB_BAD},
    {"a[", "x", GLOB_BAD},
    {"a/b[", "x", GLOB_BAD},
    {"*x", "xxx", GLOB_YES},
    /* beyond that table */
    {"", "", GLOB_YES},
    {"", "a", GLOB_NO},
    {"*", "", GLOB_YES},
    {"**", "ab", GLOB_YES},
    {"*", ".hidden", GLOB_YES},
    {"a[/]b", "a/b", GLOB_YES},
    {"a[^x]b", "a/b", GLOB_YES},
    {"arr[[]0].txt", "arr[0].txt", GLOB_YES},
    {"lib*.so*", "libz.so.1.2", GLOB_YES},
    {"*.so", "a.so.1", GLOB_NO},
    {"[*]", "*", GLOB_YES},
    {"[\\^]", "^", GLOB_YES},
    {"[a^]", "^", GLOB_YES},
    {"a\\", "a", GLOB_BAD},
    {"x*[", "a", GLOB_BAD},
    {"?", "\xFF", GLOB_YES},
    {"[\xFF]", "\xFF", GLOB_BAD},
    {"\xFF", "\xFF", GLOB_YES},
    {"??", "\xE2\x98", GLOB_YES},
    {"?", "\xE2\x98", GLOB_NO},
    {"?", "\xED\xA0\x80", GLOB_NO},
    {"???", "\xED\xA0\x80", GLOB_YES},
    {"?", "\xC0\x80", GLOB_NO},
    {"?", "\xF4\x90\x80\x80", GLOB_NO},
    {"?", "\xF0\x9F\x98\x80", GLOB_YES},
    {"[\uFFFD]", "\xFF", GLOB_YES},
};

static void names_match_as_in_go(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        enum glob found = glob_match(cases[i].pattern, cases[i].name);
        if (found != cases[i].found)
            fail_msg("%s against %s: %d", cases[i].pattern, cases[i].name, found);
    }
}

static void stars_cost_no_more_than_their_product(void **state)
{
    enum { STARS = 200, LENGTH = 20000 };
    (void)state;
    char *pattern = calloc(2 * STARS + 2, 1), *name = calloc(LENGTH + 1, 1);
    assert_true(pattern != NULL && name != NULL);
    for (size_t i = 0; i < STARS; i++)
        memcpy(pattern + 2 * i, "*a", 2);
    pattern[2 * STARS] = 'b';
    memset(name, 'a', LENGTH);
    assert_int_equal(glob_match(pattern, name), GLOB_NO);
    free(pattern);
    free(name);
}

static void a_pattern_is_valid_or_not_whatever_the_name(void **state)
{
    static const char *const good[] = {"", "a", "*", "[a]", "\\[", "a*[b-c]?", "[^a]"};
    static const char *const bad[] = {"[", "a*[", "\\", "[]", "*[a", "[a-]", "?\\"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        assert_true(glob_is_valid(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(glob_is_valid(bad[i]));
}

static void wildcards_are_those_without_a_backslash(void **state)
{
    (void)state;
    assert_true(glob_has_wildcard("a*", 2));
    assert_true(glob_has_wildcard("?", 1));
    assert_true(glob_has_wildcard("a[b", 3));
    assert_true(glob_has_wildcard("\\\\*", 3));
    assert_false(glob_has_wildcard("a\\*", 3));
    assert_false(glob_has_wildcard("a]b", 3));
    assert_false(glob_has_wildcard("a*", 1));
    assert_false(glob_has_wildcard("a\\", 2));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_match_as_in_go),
        cmocka_unit_test(stars_cost_no_more_than_their_product),
        cmocka_unit_test(a_pattern_is_valid_or_not_whatever_the_name),
        cmocka_unit_test(wildcards_are_those_without_a_backslash),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
