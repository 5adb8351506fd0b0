/* .dockerignore leaves out what moby's patternmatcher does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "source/ignore.h"

static const struct {
    const char *pattern, *path;
    bool matches;
} cases[] = {
    {"*", "a", true},
    {"*", "a/b", false},
    {"**", "a/b/c", true},
    {"**/c", "c", true},
    {"**/c", "a/b/c", true},
    {"a/**", "a/b/c", true},
    {"a/**/c", "a/c", true},
    {"a/**/c", "a/b/b/c", true},
    {"*.md", "README.md", true},
    {"*.md", "docs/README.md", false},
    {"**/*.md", "docs/deep/README.md", true},
    {"a?c", "abc", true},
    {"a?c", "a/c", false},
    {"[a-c]x", "bx", true},
    {"[^a-c]x", "bx", false},
    {"[^a-c]x", "dx", true},
    {"\\*x", "*x", true},
    {"\\*x", "ax", false},
    {"[a", "[a", true},
    {"abc", "ab", false},
    {"ab", "abc", false},
};

static void patterns_match_as_theirs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (ignore_matches(cases[i].pattern, cases[i].path) != cases[i].matches)
            fail_msg("%s and %s", cases[i].pattern, cases[i].path);
}

static bool left_out(const char *file, const char *path)
{
    struct arena arena = {0};
    struct ignore ignore = {0};
    ignore_read((struct span){(const unsigned char *)file, strlen(file)}, &arena, &ignore);
    bool out = ignore_leaves_out(&ignore, path);
    vec_free(&ignore);
    arena_free(&arena);
    return out;
}

static void the_last_match_holds(void **state)
{
    (void)state;
    assert_true(left_out("node_modules\n", "node_modules/a/b.js"));
    assert_true(left_out("/dist/\n", "dist/x"));
    assert_true(left_out("  ./a/../b  \r\n", "b"));
    assert_false(left_out("# dist\n\n", "dist"));
    assert_false(left_out("*\n!server\n", "server"));
    assert_true(left_out("!server\n*\n", "server"));
    assert_true(left_out("*\n!server\nserver/x\n", "server/x"));
    assert_true(left_out("\xef\xbb\xbfout\n", "out"));
}

static void a_folder_stays_for_what_is_excepted_in_it(void **state)
{
    struct arena arena = {0};
    struct ignore ignore = {0};
    static const char file[] = "*\n!a/b\n";
    (void)state;
    ignore_read((struct span){(const unsigned char *)file, strlen(file)}, &arena, &ignore);
    assert_true(ignore_may_except(&ignore, "a"));
    assert_false(ignore_may_except(&ignore, "b"));
    assert_false(ignore_may_except(&ignore, "ab"));
    vec_free(&ignore);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_match_as_theirs),
        cmocka_unit_test(the_last_match_holds),
        cmocka_unit_test(a_folder_stays_for_what_is_excepted_in_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
