/* Users as Docker's USER names them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "check/user.h"
#include "temp_tree.h"

static const struct made people[] = {
    {.type = 'd', .path = "etc"},
    {.type = 'f',
     .path = "etc/passwd",
     .text = "root:x:0:0:root:/root:/bin/sh\n\nann:x:1000:1001::/home/ann:/bin/sh\n7:x:70:71::/:\n"
             "short\ntwin:x:1000:9::/:\nodd:x:one:-2::/:\n"},
    {.type = 'f',
     .path = "etc/group",
     .text = "root:x:0:\nstaff:x:50:bob,ann\nadm:x:4:annie,anne\nwheel:x:10:ann\nshort\n8:x:80:"},
};

static const struct {
    const char *spec;
    bool found;
    uint32_t uid, gid;
    uint32_t groups[2];
    size_t group_count;
} rows[] = {
    {"root", true, 0, 0, {0}, 0},
    {"ann", true, 1000, 1001, {50, 10}, 2},
    {"1000", true, 1000, 1001, {50, 10}, 2},
    {"ann:staff", true, 1000, 50, {0}, 0},
    {"1000:77", true, 1000, 77, {0}, 0},
    {"ann:", true, 1000, 1001, {50, 10}, 2},
    {":staff", true, 0, 50, {0}, 0},
    {"twin", true, 1000, 9, {0}, 0},
    {"7", true, 7, 0, {0}, 0}, /* a number is never a name */
    {"0:8", true, 0, 8, {0}, 0},
    {"2000", true, 2000, 0, {0}, 0},
    {"short", true, 0, 0, {0}, 0}, /* what is not there is 0 */
    {"odd", true, 0, 0, {0}, 0},
    {"nobody", false, 0, 0, {0}, 0},
    {"ann:nobody", false, 0, 0, {0}, 0},
    {"-1", false, 0, 0, {0}, 0},
    {"99999999999", false, 0, 0, {0}, 0},
};

static void users_are_found_as_docker_finds_them(void **state)
{
    (void)state;
    struct temp temp;
    struct err err = {0};
    temp_make(&temp);
    temp_fill(temp.fd, people, sizeof people / sizeof *people);
    struct root *root = root_new(source_open_dir(temp.path, &err));
    struct facts *facts = facts_new(root, false);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct cred cred;
        err = (struct err){0};
        print_message("%s\n", rows[i].spec);
        assert_int_equal(user_find(facts, rows[i].spec, &arena, &cred, &err),
                         rows[i].found ? USER_FOUND : USER_MISSING);
        assert_int_equal(err.code, rows[i].found ? WILLRUN_OK : WILLRUN_EINPUT);
        if (rows[i].found) {
            assert_int_equal(cred.uid, rows[i].uid);
            assert_int_equal(cred.gid, rows[i].gid);
            assert_int_equal(cred.group_count, rows[i].group_count);
            assert_memory_equal(cred.groups != NULL ? cred.groups : rows[i].groups, rows[i].groups,
                                rows[i].group_count * sizeof(uint32_t));
        }
        arena_free(&arena);
    }
    facts_free(facts);
    root_free(root);
    temp_remove(&temp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(users_are_found_as_docker_finds_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
