/* Copies laid over a root: what they share with the stage, and what is told of them. The rules of
 * COPY are held to a real build in tests/source/copy_cases.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "root/copy.h"
#include "temp_tree.h"

#define TEN "0123456789"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

struct bench {
    struct temp stage, target;
    struct root *from, *to;
    struct arena arena;
    struct err err;
};

static const struct made stage_made[] = {
    {'d', "src", NULL, 0, 0, 0},         {'f', "src/a", "first", 0, 0, 0},
    {'d', "src/deep", NULL, 0700, 0, 0}, {'f', "src/deep/b", "second", 0600, 0, 0},
    {'l', "src/to-a", "a", 0, 0, 0},     {'s', "src/socket", NULL, 0, 0, 0},
    {'l', "named", "src/a", 0, 0, 0},
};
static const struct made target_made[] = {
    {'d', "dst", NULL, 0, 0, 0},
    {'f', "dst/old", "old", 0, 0, 0},
    {'f', "file", "file", 0, 0, 0},
    {'d', "other", NULL, 0, 0, 0},
    {'d', "other/a", NULL, 0, 0, 0},
    {'d', "another", NULL, 0, 0, 0},
    {'f', "another/deep", "in the way", 0, 0, 0},
    {'l', "to-dst", "/dst", 0, 0, 0},
    {'l', "to-gone", "dst/../gone/./further", 0, 0, 0},
    {'l', "to-back", "gone/../dst", 0, 0, 0},
    {'l', "loop", "loop", 0, 0, 0},
};

static struct root *open_root(const struct temp *temp)
{
    struct err err = {0};
    struct source *source = source_open_dir(temp->path, &err);
    assert_non_null(source);
    return root_new(source);
}

static int setup(void **state)
{
    struct bench *bench = must_alloc(sizeof *bench);
    *bench = (struct bench){0};
    temp_make(&bench->stage);
    temp_make(&bench->target);
    temp_fill(bench->stage.fd, stage_made, sizeof stage_made / sizeof *stage_made);
    temp_fill(bench->target.fd, target_made, sizeof target_made / sizeof *target_made);
    bench->from = open_root(&bench->stage);
    bench->to = open_root(&bench->target);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    root_free(bench->to);
    root_free(bench->from);
    temp_remove(&bench->stage);
    temp_remove(&bench->target);
    arena_free(&bench->arena);
    free(bench);
    return 0;
}

static bool copy(struct bench *bench, const char *source, const char *to)
{
    const struct copy wanted = {
        .from = bench->from, .stage = "b", .source = source, .to = to, .mode = -1};
    return root_copy(bench->to, &wanted, &bench->err);
}

static const struct node *find(struct root *root, const char *path)
{
    int error;
    return root_lookup(root, NULL, path, NULL, LOOKUP_NOFOLLOW, &error);
}

static void says(struct root *root, const char *path, const char *text)
{
    struct file_bytes bytes;
    const struct node *node = find(root, path);
    assert_non_null(node);
    assert_int_equal(root_bytes(root, node, &bytes), 0);
    assert_int_equal(bytes.span.size, strlen(text));
    assert_memory_equal(bytes.span.data, text, strlen(text));
    file_bytes_release(&bytes);
}

static void a_copied_folder_is_filled_when_it_is_asked(void **state)
{
    struct bench *bench = *state;
    const struct node **nodes;
    size_t count;
    assert_true(copy(bench, "/", "/all"));
    assert_int_equal(mknodat(bench->stage.fd, "src/late", S_IFREG | 0644, 0), 0);
    says(bench->to, "/all/src/deep/b", "second");
    assert_string_equal(node_path(find(bench->to, "/all/src/deep/b"), &bench->arena),
                        "/all/src/deep/b");
    assert_int_equal(
        root_list(bench->to, find(bench->to, "/all/src"), &bench->arena, &nodes, &count), 0);
    assert_int_equal(count, 5); /* and what came after the copy, before it was asked */
    assert_string_equal(nodes[2]->name, "late");
    assert_string_equal(find(bench->to, "/all/src/to-a")->target, "a");
    assert_null(find(bench->to, "/all/src/none"));
}

static void a_folder_merges_name_by_name(void **state)
{
    struct bench *bench = *state;
    const struct node **nodes;
    size_t count;
    assert_true(copy(bench, "/src", "/dst"));
    assert_int_equal(root_list(bench->to, find(bench->to, "/dst"), &bench->arena, &nodes, &count),
                     0);
    assert_int_equal(count, 5);
    says(bench->to, "/dst/old", "old");
    says(bench->to, "/dst/a", "first");
    says(bench->to, "/dst/socket", ""); /* copied as an empty file */
    assert_int_equal(find(bench->to, "/dst/deep")->mode, 0700);
}

static void origins_are_told_of_what_was_copied(void **state)
{
    struct bench *bench = *state;
    const char *stage = NULL, *path = NULL;
    assert_true(copy(bench, "/named", "/p/q/"));
    assert_true(node_origin(find(bench->to, "/p/q/named"), &bench->arena, &stage, &path));
    assert_string_equal(stage, "b");
    assert_string_equal(path, "/src/a");
    assert_false(node_origin(find(bench->to, "/p/q"), &bench->arena, &stage, &path));
    assert_false(node_origin(find(bench->to, "/file"), &bench->arena, &stage, &path));
    assert_int_equal(node_copy(find(bench->to, "/p/q/named")), 1);
    assert_int_equal(node_copy(find(bench->to, "/p/q")), 0);
}

static void arrivals_are_what_a_copy_brought_and_none_replaced(void **state)
{
    struct bench *bench = *state;
    size_t place = 0;
    assert_true(copy(bench, "/src", "/dst"));
    assert_true(copy(bench, "/src/deep/b", "/dst/a"));
    assert_int_equal(root_copy_count(bench->to), 2);
    static const char *const names[] = {"deep", "socket", "to-a"}; /* a is the second one's */
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_string_equal(root_arrival(bench->to, 1, &place)->name, names[i]);
    assert_null(root_arrival(bench->to, 1, &place));
    place = 0;
    assert_ptr_equal(root_arrival(bench->to, 2, &place), find(bench->to, "/dst/a"));
    assert_null(root_arrival(bench->to, 2, &place));
}

static void two_copies_of_a_file_are_two_files(void **state)
{
    struct bench *bench = *state;
    assert_true(copy(bench, "/src/a", "/one"));
    assert_true(copy(bench, "/src/a", "/two"));
    assert_int_not_equal(find(bench->to, "/one")->content, find(bench->to, "/two")->content);
}

static void names_are_found_again_after_a_copy(void **state)
{
    struct bench *bench = *state;
    int error;
    assert_null(root_lookup(bench->to, NULL, "/new/a", NULL, LOOKUP_FOLLOW, &error));
    assert_true(copy(bench, "/src/a", "/new/"));
    assert_non_null(root_lookup(bench->to, NULL, "/new/a", NULL, LOOKUP_FOLLOW, &error));
    assert_true(copy(bench, "/src/deep/b", "/new/a"));
    says(bench->to, "/new/a", "second");
}

static void a_copy_of_a_copy_comes_from_the_first(void **state)
{
    struct bench *bench = *state;
    struct root *third = root_over(bench->to);
    const char *stage = NULL, *path = NULL;
    assert_true(copy(bench, "/src", "/dst"));
    says(third, "/dst/deep/b", "second");
    const struct copy wanted = {
        .from = bench->to, .stage = "c", .source = "/dst/deep", .to = "/file.d", .mode = 0640};
    assert_true(root_copy(third, &wanted, &bench->err));
    says(third, "/file.d/b", "second");
    assert_int_equal(find(third, "/file.d/b")->mode, 0640);
    assert_null(find(bench->to, "/file.d"));
    assert_true(node_origin(find(third, "/file.d/b"), &bench->arena, &stage, &path));
    assert_string_equal(stage, "c");
    assert_string_equal(path, "/dst/deep/b");
    root_free(third);
}

struct copied {
    const char *source, *to;
    const char *path, *text; /* what is there then; NULL: it must fail */
};

static void assert_copies(struct bench *bench, const struct copied *cases, size_t count,
                          bool replaces)
{
    for (size_t i = 0; i < count; i++) {
        const struct copy wanted = {.from = bench->from,
                                    .source = cases[i].source,
                                    .to = cases[i].to,
                                    .replaces = replaces,
                                    .mode = -1};
        assert_int_equal(root_copy(bench->to, &wanted, &bench->err), cases[i].path != NULL);
        if (cases[i].path != NULL)
            says(bench->to, cases[i].path, cases[i].text);
    }
}

static void links_lead_to_where_a_copy_goes(void **state)
{
    static const struct copied cases[] = {
        {"/src/a", "/to-dst", "/dst/a", "first"},
        {"/src/a", "/to-dst/", "/dst/a", "first"},
        {"/src/a", "/to-dst/b", "/dst/b", "first"},
        {"/src/a", "/to-back/c", "/dst/c", "first"},
        {"/src/a", "/to-gone/d", "/gone/further/d", "first"},
        {"/src/to-a", "/to-gone/", "/gone/further/to-a", "first"},
        {"/src/deep", "/to-dst/e", "/dst/e/b", "second"},
        {"/src/deep/*", "/dst/f/", "/dst/f/b", "second"},
        {"/src/*[bx]", "/dst/g/", NULL, NULL},
        {"/src/[^x]*/b", "/dst/h/", "/dst/h/b", "second"},
        {"/src/a", "/dst/i/.", "/dst/i/a", "first"},
        {"/src/a", ".", "/a", "first"},
        {"/src/a", "", "/a", "first"},
    };
    assert_copies(*state, cases, sizeof cases / sizeof *cases, false);
}

static void what_replaces_joins_folders_alone(void **state)
{
    static const struct copied cases[] = {
        {"/src/a", "/file", "/file", "first"},
        {"/src", "/dst", "/dst/old", "old"},
        {"/src/deep", "/file", "/file/b", "second"},
        {"/src/a", "/dst", "/dst", "first"},
        {"/src/a", "/loop", "/loop", "first"},
        {"/src/a", "/to-gone", "/to-gone", "first"},
        {"/src", "/other", "/other/a", "first"},
        {"/src", "/another", "/another/deep/b", "second"},
        {"/src/a", "/new", "/new", "first"},
    };
    assert_copies(*state, cases, sizeof cases / sizeof *cases, true);
}

static void patterns_tell_what_they_match(void **state)
{
    static const struct {
        const char *pattern, *matches; /* NULL: an error */
    } cases[] = {
        {"/src/../none", "/none"},
        {"/src/*", "/src/a /src/deep /src/socket /src/to-a"},
        {"/*/?", "/src/a"},
        {"/s[qr]c/[ad]*", "/src/a /src/deep"},
        {"/src/*/*", "/src/deep/b"},
        {"/named/*", NULL},
        {"/none/*", NULL},
        {"/src/\\a", "/src/\\a"}, /* no wildcard */
        {"/src/[", NULL},
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const *paths;
        size_t count;
        char text[256] = "";
        bool ok =
            root_matches(bench->from, cases[i].pattern, &bench->arena, &paths, &count, &bench->err);
        for (size_t k = 0; k < count; k++)
            snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", k != 0 ? " " : "",
                     paths[k]);
        assert_int_equal(ok, cases[i].matches != NULL);
        assert_string_equal(text, ok ? cases[i].matches : "");
    }
}

static void refusals_name_the_copy(void **state)
{
    static const struct {
        const char *source, *to, *text;
    } cases[] = {
        {"/none", "/x",
         "the copy of /none from stage b to /x: /none in the stage: No such file or directory"},
        {"/src", "/file", "cannot copy to non-directory: /file"},
        {"/src", "/other", "cannot replace the directory /other/a with a file"},
        {"/src", "/another", "cannot copy to non-directory: /another/deep"},
        {"/src/a", "/file/x", "mkdir /file: Not a directory"},
        {"/src/a", "/file/x/", "mkdir /file/x: Not a directory"},
        {"/src/a", "/loop/", "mkdir /loop: Too many levels of symbolic links"},
        {"/src/a", "/loop", "/loop: Too many levels of symbolic links"},
        {"/src/a", "/dst/" LONG LONG "/", ": File name too long"},
        {"/none/*", "/x/", "/none/: No such file or directory"},
        {"/src/z*", "/x/", "nothing matches the pattern"},
        {"/src/[", "/x/", "syntax error in the pattern"},
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        bench->err = (struct err){0};
        assert_false(copy(bench, cases[i].source, cases[i].to));
        assert_int_equal(bench->err.code, WILLRUN_EINPUT);
        if (strstr(bench->err.text, cases[i].text) == NULL)
            fail_msg("%s", bench->err.text);
    }
}

static void paths_are_cleaned_as_go_does(void **state)
{
    static const char *const cases[][3] = {
        {"/", "", "/"},          {"/", ".", "/"},          {"/", "a/./b//c/", "/a/b/c"},
        {"/w", "a", "/w/a"},     {"/w/x", "../a", "/w/a"}, {"/w", "../../a", "/a"},
        {"/w", "/a/b/..", "/a"}, {"/w", "/..", "/"},       {"/w", ".", "/w"},
    };
    struct bench *bench = *state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        assert_string_equal(path_clean(cases[i][0], cases[i][1], &bench->arena), cases[i][2]);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(a_copied_folder_is_filled_when_it_is_asked),
        TEST(a_folder_merges_name_by_name),
        TEST(origins_are_told_of_what_was_copied),
        TEST(arrivals_are_what_a_copy_brought_and_none_replaced),
        TEST(two_copies_of_a_file_are_two_files),
        TEST(names_are_found_again_after_a_copy),
        TEST(a_copy_of_a_copy_comes_from_the_first),
        TEST(links_lead_to_where_a_copy_goes),
        TEST(what_replaces_joins_folders_alone),
        TEST(patterns_tell_what_they_match),
        TEST(refusals_name_the_copy),
        TEST(paths_are_cleaned_as_go_does),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
