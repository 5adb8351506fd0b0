/* Of what is not finished nothing is left. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/unfinished.h"
#include "temp_tree.h"

enum { FILES = 3 };

static void all_but_what_is_finished_goes(void **state)
{
    struct temp temp;
    char paths[FILES][600];
    struct unfinished files[FILES];
    (void)state;
    temp_make(&temp);
    for (size_t i = 0; i < FILES; i++) {
        char name[] = "file0";
        name[4] = (char)('0' + i);
        snprintf(paths[i], sizeof paths[i], "%s/%s", temp.path, name);
        files[i] = (struct unfinished){.top = paths[i]};
        unfinished_begin(&files[i]);
        temp_add(temp.fd, &(struct made){'f', name, "text", 0, 0, 0});
    }
    unfinished_end(&files[1]);
    unfinished_remove_all();
    assert_int_not_equal(access(paths[0], F_OK), 0);
    assert_int_equal(access(paths[1], F_OK), 0);
    assert_int_not_equal(access(paths[2], F_OK), 0);
    temp_add(temp.fd, &(struct made){'f', "file0", "text", 0, 0, 0});
    unfinished_remove_all(); /* its end was that, too */
    assert_int_equal(access(paths[0], F_OK), 0);
    temp_remove(&temp);
}

static void a_folder_goes_with_what_is_in_it(void **state)
{
    static const char *const below[] = {"/", "/a", "/a/b", "/a/b/file", "/a/not-yet", "/link"};
    static const struct made tree[] = {
        {'d', "top", NULL, 0, 0, 0},           {'d', "top/a", NULL, 0, 0, 0},
        {'d', "top/a/b", NULL, 0, 0, 0},       {'f', "top/a/b/file", "text", 0, 0, 0},
        {'l', "top/link", "../kept", 0, 0, 0}, {'f', "kept", "text", 0600, 0, 0}};
    struct temp temp;
    struct stat status;
    char path[600];
    (void)state;
    temp_make(&temp);
    for (size_t i = 0; i < sizeof tree / sizeof *tree; i++)
        temp_add(temp.fd, &tree[i]);
    assert_int_equal(fchmodat(temp.fd, "top/a/b", 0500, 0), 0);
    assert_int_equal(fchmodat(temp.fd, "top/a", 0, 0), 0);
    snprintf(path, sizeof path, "%s/top", temp.path);
    const struct unfinished folder = {path, below, sizeof below / sizeof *below};
    unfinished_begin(&folder);
    unfinished_remove(&folder);
    assert_int_not_equal(access(path, F_OK), 0);
    /* what a link leads to is not touched */
    assert_int_equal(fstatat(temp.fd, "kept", &status, 0), 0);
    assert_int_equal(status.st_mode & 07777, 0600);
    temp_remove(&temp);
}

static void more_than_are_known_do_no_harm(void **state)
{
    enum { MANY = 40 };
    struct unfinished many[MANY];
    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        many[i] = (struct unfinished){.top = "/no/such/file"};
        unfinished_begin(&many[i]);
    }
    for (size_t i = 0; i < MANY; i++)
        unfinished_end(&many[i]);
    unfinished_remove_all();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_but_what_is_finished_goes),
        cmocka_unit_test(a_folder_goes_with_what_is_in_it),
        cmocka_unit_test(more_than_are_known_do_no_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
