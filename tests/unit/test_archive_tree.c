/* The tree that layers add up to, held to a slow model while it is changed at random. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "source/archive_tree.h"

static uint32_t add(struct archive_tree *tree, const char *path, enum node_type type)
{
    struct err err = {0};
    const char *name;
    size_t length;
    int error = 0;
    uint32_t dir = tree_parent(tree, path, &name, &length, &error, &err);
    uint32_t id = dir != ENTRY_NONE ? tree_put(tree, dir, name, length, type, &err) : ENTRY_NONE;
    assert_int_equal(err.code, WILLRUN_OK);
    if (id != ENTRY_NONE && type == NODE_FILE)
        tree_at(tree, id)->value = tree_add_content(tree, (struct range){0}, 0);
    return id;
}

static void add_link(struct archive_tree *tree, const char *path, const char *target)
{
    struct err err = {0};
    uint32_t id = add(tree, path, NODE_LINK), text;
    assert_true(tree_keep_text(tree, target, strlen(target), &text, &err));
    tree_at(tree, id)->value = text;
}

static bool has(const struct archive_tree *tree, const char *path)
{
    int error;
    return tree_lookup(tree, path, true, false, &error) != ENTRY_NONE;
}

static void test_links(void **state)
{
    struct archive_tree tree;
    int error = 0;
    (void)state;
    tree_init(&tree);
    add_link(&tree, "lib", "usr/lib");
    add(&tree, "usr/lib", NODE_DIR);
    add(&tree, "lib/a", NODE_FILE);
    assert_true(has(&tree, "usr/lib/a"));
    add_link(&tree, "up", "../../..");
    add(&tree, "up/b", NODE_FILE);
    assert_true(has(&tree, "b"));
    add_link(&tree, "x", "y");
    add_link(&tree, "y", "x");
    assert_int_equal(tree_lookup(&tree, "x/z", true, false, &error), ENTRY_NONE);
    assert_int_equal(error, ELOOP);
    assert_int_equal(tree_lookup(&tree, "b/c", true, false, &error), ENTRY_NONE);
    assert_int_equal(error, ENOTDIR);
    assert_int_equal(tree_lookup(&tree, "c", true, false, &error), ENTRY_NONE);
    assert_int_equal(error, ENOENT);
    tree_free(&tree);
}

static void test_layers(void **state)
{
    struct archive_tree tree;
    int error;
    (void)state;
    tree_init(&tree);
    add(&tree, "d/old", NODE_FILE);
    add(&tree, "e/old", NODE_FILE);
    tree_end_layer(&tree);
    add(&tree, "d/new", NODE_FILE);
    tree_hide_below(&tree, tree_lookup(&tree, "d", true, false, &error));
    tree_hide(&tree, tree_lookup(&tree, "e", true, false, &error));
    assert_false(has(&tree, "d/old"));
    assert_false(has(&tree, "e"));
    /* a hard link sees it still */
    assert_int_not_equal(tree_lookup(&tree, "e/old", false, true, &error), ENTRY_NONE);
    tree_end_layer(&tree);
    assert_int_equal(tree_lookup(&tree, "e/old", false, true, &error), ENTRY_NONE);
    assert_true(has(&tree, "d/new"));
    tree_free(&tree);
}

/* Which of the paths 0 to 7, 0/0 to 7/7 and 0/0/0 to 7/7/7 there are. */
enum { WIDE = 8, PATHS = WIDE + WIDE * WIDE + WIDE * WIDE * WIDE };

static void path_of(int number, char path[16])
{
    if (number < WIDE)
        snprintf(path, 16, "%d", number);
    else if (number < WIDE + WIDE * WIDE)
        snprintf(path, 16, "%d/%d", (number - WIDE) / WIDE, (number - WIDE) % WIDE);
    else {
        int rest = number - WIDE - WIDE * WIDE;
        snprintf(path, 16, "%d/%d/%d", rest / WIDE / WIDE, rest / WIDE % WIDE, rest % WIDE);
    }
}

static bool is_below(const char *path, const char *dir)
{
    size_t length = strlen(dir);
    return strncmp(path, dir, length) == 0 && path[length] == '/';
}

static void model_remove(enum node_type *model, const char *path, bool itself)
{
    for (int i = 0; i < PATHS; i++) {
        char other[16];
        path_of(i, other);
        if (is_below(other, path) || (itself && strcmp(other, path) == 0))
            model[i] = NODE_NONE;
    }
}

static void model_add(enum node_type *model, int number, enum node_type type)
{
    char path[16], other[16];
    path_of(number, path);
    for (int i = 0; i < PATHS; i++) {
        path_of(i, other);
        if (is_below(path, other) && model[i] == NODE_FILE)
            return; /* a file is in the way */
    }
    for (int i = 0; i < PATHS; i++) {
        path_of(i, other);
        if (is_below(path, other))
            model[i] = NODE_DIR;
    }
    if (type == NODE_FILE)
        model_remove(model, path, false);
    model[number] = type;
}

static void test_random(void **state)
{
    struct archive_tree tree;
    enum node_type model[PATHS] = {NODE_NONE};
    unsigned seed = 1;
    (void)state;
    tree_init(&tree);
    for (int step = 0; step < 20000; step++) {
        char path[16];
        int number = rand_r(&seed) % PATHS, error;
        path_of(number, path);
        if (rand_r(&seed) % 3 != 0) {
            enum node_type type = rand_r(&seed) % 2 != 0 ? NODE_FILE : NODE_DIR;
            add(&tree, path, type);
            model_add(model, number, type);
        } else if (has(&tree, path)) {
            tree_remove(&tree, tree_lookup(&tree, path, true, false, &error));
            model_remove(model, path, true);
        }
        if (step % 97 == 0)
            for (int i = 0; i < PATHS; i++) {
                path_of(i, path);
                uint32_t id = tree_lookup(&tree, path, true, false, &error);
                assert_int_equal(id != ENTRY_NONE ? tree_at(&tree, id)->type : NODE_NONE, model[i]);
            }
    }
    assert_true(tree.entries.count <= PATHS + 1); /* places are used again */
    tree_free(&tree);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_layers),
        cmocka_unit_test(test_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
