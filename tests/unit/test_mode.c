/* --chmod of COPY: numbers, and changes as chmod(1) makes them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "root/mode.h"

static void numbers_are_octal(void **state)
{
    static const char *const bad[] = {"8", "10000", "79", "0x1ff", "7777777777777777777777", "7 "};
    int number;
    (void)state;
    assert_true(mode_parse("755", &number));
    assert_int_equal(number, 0755);
    assert_true(mode_parse("07777", &number));
    assert_int_equal(number, 07777);
    assert_true(mode_parse("0", &number));
    assert_int_equal(number, 0);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(mode_parse(bad[i], &number));
}

static void what_is_no_change_is_refused(void **state)
{
    static const char *const bad[] = {"",    "u",    "x",     "u+x,",  ",u+x", "u+q",
                                      "b+x", "+x x", "u++x,", "u+x;g", "-1",   "u+7"};
    int number;
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        if (mode_parse(bad[i], &number))
            fail_msg("%s is taken", bad[i]);
}

static const struct {
    const char *text;
    unsigned from;
    bool folder;
    unsigned to;
} changes[] = {
    {"+x", 0644, false, 0755},       {"u+x", 0644, false, 0744},      {"a+x", 0644, false, 0755},
    {"go-rwx", 0755, false, 0700},   {"u=rwx,go=rx", 0, false, 0755}, {"go=", 0777, false, 0700},
    {"=", 0777, false, 0},           {"=r", 0777, false, 0444},       {"a=rX", 0644, false, 0444},
    {"a=rX", 0744, false, 0555},     {"a=rX", 0600, true, 0555},      {"+X", 0644, false, 0644},
    {"+X", 0645, false, 0755},       {"-X", 0755, false, 0644},       {"u+s", 0755, false, 04755},
    {"g+s", 0755, false, 02755},     {"+s", 0755, false, 06755},      {"o+s", 0755, false, 0755},
    {"+t", 0755, true, 01755},       {"a+t", 0755, true, 01755},      {"o+t", 0755, true, 0755},
    {"u-s", 06755, false, 02755},    {"u=rx", 04755, false, 0555},    {"g=u", 0740, false, 0770},
    {"o=g", 0750, false, 0755},      {"go=u-w", 0700, false, 0755},   {"g+u", 0710, false, 0770},
    {"o-u", 0757, false, 0750},      {"u=g,g=o", 0751, false, 0511},  {"u+rw-x", 0111, false, 0611},
    {"ug+w,o-r", 0444, false, 0660}, {"-w", 0666, false, 0444},       {"u=g", 0750, false, 0550},
    {"u+x,a+X", 0644, false, 0744},  {"u+x,a+X", 0644, true, 0755},   {"+rt", 01000, true, 01444},
};

static void changes_are_made_in_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        int number;
        assert_true(mode_parse(changes[i].text, &number));
        assert_int_equal(number, -1);
        unsigned mode = mode_change(changes[i].text, changes[i].from, changes[i].folder);
        if (mode != changes[i].to)
            fail_msg("%s of %04o: %04o, not %04o", changes[i].text, changes[i].from, mode,
                     changes[i].to);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_octal),
        cmocka_unit_test(what_is_no_change_is_refused),
        cmocka_unit_test(changes_are_made_in_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
