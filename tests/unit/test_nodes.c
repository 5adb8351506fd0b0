/* Nodes of a root: facts, listings, contents, refusals. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "root/root.h"
#include "temp_tree.h"

struct bench {
    struct temp temp;
};

static struct source *open_source(const struct bench *bench)
{
    struct err err = {0};
    struct source *source = source_open_dir(bench->temp.path, &err);
    assert_non_null(source);
    return source;
}

static struct root *open_root(const struct bench *bench)
{
    return root_new(open_source(bench));
}

static const struct node *find(struct root *root, const char *path)
{
    int error;
    return root_lookup(root, NULL, path, NULL, LOOKUP_FOLLOW, &error);
}

static const struct made small[] = {
    {'d', "b", NULL, 0, 0, 0},
    {'f', "a", "first", 0, 0, 0},
    {'f', "b/c", "second", 0, 0, 0},
    {'l', "b/to-a", "../a", 0, 0, 0},
    {'l', "b/to-bin", "/bin/x", 0, 0, 0},
    {'d', "empty", NULL, 0, 0, 0},
};

static int setup(void **state)
{
    struct bench *bench = must_alloc(sizeof *bench);
    *bench = (struct bench){0};
    temp_make(&bench->temp);
    temp_fill(bench->temp.fd, small, sizeof small / sizeof *small);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    temp_remove(&bench->temp);
    free(bench);
    return 0;
}

static void a_node_has_its_path_and_facts(void **state)
{
    struct root *root = open_root(*state);
    struct arena arena = {0};
    const struct node *top = root_top(root), *c = find(root, "//b/../b/./c");
    assert_ptr_equal(top->parent, top);
    assert_string_equal(top->name, "");
    assert_string_equal(node_path(top, &arena), "/");
    assert_string_equal(node_path(c, &arena), "/b/c");
    assert_string_equal(c->name, "c");
    assert_int_equal(c->size, 6);
    assert_int_equal(c->mode, 0644);
    assert_ptr_equal(c->parent, find(root, "b"));
    assert_ptr_equal(c->parent->parent, top);
    assert_ptr_equal(find(root, "b/to-a"), find(root, "a"));
    assert_int_equal(c->parent->content, 0);
    arena_free(&arena);
    root_free(root);
}

static void hard_links_are_one_content(void **state)
{
    struct bench *bench = *state;
    assert_int_equal(linkat(bench->temp.fd, "a", bench->temp.fd, "b/same", 0), 0);
    struct root *root = open_root(bench);
    uint32_t a = find(root, "/a")->content, c = find(root, "/b/c")->content;
    assert_int_equal(a, 1);
    assert_int_equal(c, 2);
    assert_int_equal(find(root, "/b/same")->content, a);
    root_free(root);
}

static void a_listing_is_sorted_and_final(void **state)
{
    static const char *const names[] = {"c", "to-a", "to-bin"};
    struct bench *bench = *state;
    struct root *root = open_root(bench);
    struct arena arena = {0};
    const struct node **nodes;
    size_t count;
    assert_null(find(root, "/b/none"));
    const struct node *c = find(root, "/b/c");
    for (int round = 0; round < 2; round++) {
        assert_int_equal(root_list(root, find(root, "/b"), &arena, &nodes, &count), 0);
        assert_int_equal(count, 3);
        for (size_t i = 0; i < count; i++)
            assert_string_equal(nodes[i]->name, names[i]);
        assert_ptr_equal(nodes[0], c);
    }
    temp_file(bench->temp.fd, "b/late", "", 0); /* a miss asks the disk no more */
    assert_null(find(root, "/b/late"));
    assert_int_equal(root_list(root, find(root, "/empty"), &arena, &nodes, &count), 0);
    assert_int_equal(count, 0);
    assert_int_equal(root_list(root, c, &arena, &nodes, &count), ENOTDIR);
    arena_free(&arena);
    root_free(root);
}

static void what_was_seen_stays(void **state)
{
    struct bench *bench = *state;
    struct root *root = open_root(bench);
    assert_null(find(root, "/b/late"));
    const struct node *a = find(root, "/a");
    temp_file(bench->temp.fd, "b/late", "", 0);
    assert_int_equal(unlinkat(bench->temp.fd, "a", 0), 0);
    assert_null(find(root, "/b/late"));
    assert_null(find(root, "//b//late"));
    assert_ptr_equal(find(root, "/b/../a"), a);
    struct file_bytes bytes;
    assert_int_equal(root_bytes(root, a, &bytes), ENOENT);
    root_free(root);
}

static void bytes_are_a_files_alone(void **state)
{
    struct root *root = open_root(*state);
    struct file_bytes bytes;
    assert_int_equal(root_bytes(root, find(root, "/b/c"), &bytes), 0);
    assert_int_equal(bytes.span.size, 6);
    assert_memory_equal(bytes.span.data, "second", 6);
    file_bytes_release(&bytes);
    assert_int_equal(root_bytes(root, find(root, "/b"), &bytes), EISDIR);
    root_free(root);
}

static void a_relative_path_needs_a_folder_to_start_from(void **state)
{
    struct root *root = open_root(*state);
    int error;
    assert_null(root_lookup(root, find(root, "/a"), "x", NULL, LOOKUP_FOLLOW, &error));
    assert_int_equal(error, ENOTDIR);
    assert_ptr_equal(root_lookup(root, find(root, "/a"), "/b", NULL, LOOKUP_FOLLOW, &error),
                     find(root, "b"));
    assert_int_equal(error, 0);
    root_free(root);
}

/* ---- a source that refuses, and one that no kernel would make ---- */

static void fake_look(struct source *source, const char *path, struct arena *arena,
                      struct node_info *info)
{
    (void)source, (void)arena;
    *info = (struct node_info){.type = NODE_NONE, .mode = 0755};
    if (*path == 0 || strcmp(path, "d") == 0)
        info->type = NODE_DIR;
    else if (strcmp(path, "d/bad") == 0)
        info->error = EIO;
    else if (strcmp(path, "d/locked") == 0)
        info->error = EACCES;
    else if (strcmp(path, "d/nowhere") == 0)
        info->type = NODE_LINK, info->target = "";
    else if (strncmp(path, "d/f", 3) == 0)
        info->type = NODE_FILE;
}

static int fake_list(struct source *source, const char *path, struct arena *arena,
                     source_found *found, void *context)
{
    (void)source, (void)path, (void)arena, (void)found, (void)context;
    return EIO;
}

static void fake_close(struct source *source)
{
    (void)source;
}

static const struct source_ops fake_ops = {
    .look = fake_look, .list = fake_list, .close = fake_close};

static void the_disks_own_refusal_is_told(void **state)
{
    (void)state;
    struct source source = {.ops = &fake_ops, .name = "fake"};
    struct root *root = root_new(&source);
    const struct cred cred = {0};
    size_t before = root_refused().count;
    const char *path;
    int error;
    assert_null(root_lookup(root, NULL, "/none", &cred, LOOKUP_FOLLOW, &error));
    assert_int_equal(root_refused().count, before);
    assert_int_equal(root_trouble(root, &path), 0);
    assert_null(path);
    assert_null(root_lookup(root, NULL, "/d/bad/x", &cred, LOOKUP_FOLLOW, &error));
    assert_int_equal(error, EIO);
    assert_int_equal(root_refused().count, before + 1);
    assert_int_equal(root_refused().error, EIO);
    assert_string_equal(root_refused().path, "/d/bad");
    assert_null(root_lookup(root, NULL, "/d/locked", &cred, LOOKUP_FOLLOW, &error));
    assert_int_equal(error, EACCES);
    assert_int_equal(root_refused().count, before + 2);
    assert_string_equal(root_refused().path, "/d/locked");
    assert_int_equal(root_trouble(root, &path), EIO);
    assert_string_equal(path, "/d/bad"); /* the first one */
    root_free(root);
}

static void a_folder_that_cannot_be_listed_is_an_error(void **state)
{
    (void)state;
    struct source source = {.ops = &fake_ops, .name = "fake"};
    struct root *root = root_new(&source);
    struct arena arena = {0};
    const struct node **nodes;
    const char *path;
    size_t count;
    assert_int_equal(root_list(root, find(root, "/d"), &arena, &nodes, &count), EIO);
    assert_int_equal(root_trouble(root, &path), EIO);
    assert_string_equal(path, "/d");
    assert_int_equal(root_sift(root, find(root, "/d"), NULL, &arena, &nodes, &count), EIO);
    root_free(root);
}

/* symlink(2) makes none; fs/namei.c (pick_link) stays in the folder of one. */
static void an_empty_link_is_its_own_folder(void **state)
{
    (void)state;
    struct source source = {.ops = &fake_ops, .name = "fake"};
    struct root *root = root_new(&source);
    assert_ptr_equal(find(root, "/d/nowhere"), find(root, "/d"));
    assert_ptr_equal(find(root, "/d/nowhere/f"), find(root, "/d/f"));
    assert_int_not_equal(find(root, "/d/f1")->content, find(root, "/d/f2")->content);
    root_free(root);
}

int main(void)
{
#define IN_TREE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        IN_TREE(a_node_has_its_path_and_facts),
        IN_TREE(hard_links_are_one_content),
        IN_TREE(a_listing_is_sorted_and_final),
        IN_TREE(what_was_seen_stays),
        IN_TREE(bytes_are_a_files_alone),
        IN_TREE(a_relative_path_needs_a_folder_to_start_from),
        cmocka_unit_test(the_disks_own_refusal_is_told),
        cmocka_unit_test(a_folder_that_cannot_be_listed_is_an_error),
        cmocka_unit_test(an_empty_link_is_its_own_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
