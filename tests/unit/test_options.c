/* The option table and its parser. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "willrun/willrun.h"

static struct options options;
static char problem[512];

#define PARSE(command, ...)                                                                        \
    parse(command, (char *[]){"", __VA_ARGS__},                                                    \
          sizeof((char *[]){"", __VA_ARGS__}) / sizeof(char *))

static bool parse(unsigned command, char **arguments, size_t count)
{
    options_free(&options);
    problem[0] = 0;
    options_begin(&options);
    return options_parse(&options, command, (int)count - 1, arguments + 1, problem, sizeof problem);
}

static int end(void **state)
{
    (void)state;
    options_free(&options);
    return 0;
}

static void values_come_with_an_equals_sign_or_as_the_next_argument(void **state)
{
    (void)state;
    assert_true(PARSE(FOR_CHECK, "--root=a=b", "--user", "www:80"));
    assert_string_equal(options.root, "a=b");
    assert_string_equal(options.user, "www:80");
    assert_true(PARSE(FOR_CHECK, "-oreport", "-j4"));
    assert_string_equal(options.output, "report");
    assert_int_equal(options.threads, 4);
    assert_true(PARSE(FOR_CHECK, "-o", "report", "-j", "4096"));
    assert_string_equal(options.output, "report");
    assert_int_equal(options.threads, 4096);
}

static void options_stand_before_and_behind_operands(void **state)
{
    (void)state;
    assert_true(PARSE(FOR_CHECK, "a", "--root", "r", "b", "-qv", "c"));
    assert_int_equal(options.paths.count, 3);
    assert_string_equal(options.paths.at[2], "c");
    assert_true(options.quiet);
    assert_true(options.verbose);
}

static void two_dashes_end_the_options(void **state)
{
    (void)state;
    assert_true(PARSE(FOR_CHECK, "--all", "--", "--root", "-q", "--"));
    assert_true(options.all);
    assert_int_equal(options.paths.count, 3);
    assert_string_equal(options.paths.at[0], "--root");
    assert_string_equal(options.paths.at[2], "--");
    assert_null(options.root);
}

static void a_value_may_begin_with_a_dash(void **state)
{
    (void)state;
    assert_true(PARSE(FOR_CHECK, "--env", "-x=1", "-"));
    assert_string_equal(options.env.at[0], "-x=1");
    assert_string_equal(options.paths.at[0], "-");
}

static void lists_grow_and_other_values_are_replaced(void **state)
{
    (void)state;
    assert_true(PARSE(FOR_TREE, "--env", "A=1", "--env=B=2", "--root", "a", "--root", "b"));
    assert_int_equal(options.env.count, 2);
    assert_string_equal(options.env.at[1], "B=2");
    assert_string_equal(options.root, "b");
}

static void what_was_not_said_has_its_default(void **state)
{
    (void)state;
    options_begin(&options);
    assert_true(options_parse(&options, FOR_CHECK, 0, NULL, problem, sizeof problem));
    assert_int_equal(options.format->value, WILLRUN_FORMAT_TEXT);
    assert_int_equal(options.fail_on->value, FAIL_ON_FAILS);
    assert_int_equal(options.color->value, WHEN_AUTO);
    assert_null(options.root);
    assert_null(options.cpu);
    assert_int_equal(options.threads, 0);
}

static void a_command_takes_its_own_formats_only(void **state)
{
    (void)state;
    assert_true(PARSE(FOR_CHECK, "--format", "jsonl"));
    assert_int_equal(options.format->value, WILLRUN_FORMAT_JSONL);
    assert_false(PARSE(FOR_TREE, "--format", "jsonl"));
    assert_string_equal(problem,
                        "--format takes text, json, dot, mermaid or html, not \"jsonl\"; did you "
                        "mean json?");
    assert_true(PARSE(FOR_TREE, "--format=dot"));
    assert_false(PARSE(FOR_CHECK, "--format=dockerfile"));
    assert_false(PARSE(FOR_TREE, "--all"));
}

static void what_is_wrong_is_said(void **state)
{
    (void)state;
    assert_false(PARSE(FOR_CHECK, "--rot", "x"));
    assert_string_equal(problem, "unknown option --rot; did you mean --root?");
    assert_false(PARSE(FOR_CHECK, "--fial-on=never"));
    assert_string_equal(problem, "unknown option --fial-on; did you mean --fail-on?");
    assert_false(PARSE(FOR_CHECK, "--plat=x"));
    assert_string_equal(problem, "unknown option --plat; did you mean --platform?");
    assert_false(PARSE(FOR_CHECK, "--bananas"));
    assert_string_equal(problem, "unknown option --bananas");
    assert_false(PARSE(FOR_CHECK, "-qx"));
    assert_string_equal(problem, "unknown option -x");
    assert_false(PARSE(FOR_CHECK, "--root"));
    assert_string_equal(problem, "--root needs a value: SOURCE");
    assert_false(PARSE(FOR_CHECK, "--root="));
    assert_string_equal(problem, "--root takes SOURCE, not an empty text");
    assert_false(PARSE(FOR_CHECK, "--all=yes"));
    assert_string_equal(problem, "--all takes no value");
    assert_false(PARSE(FOR_CHECK, "--cpu", "x86-64-v5"));
    assert_false(PARSE(FOR_CHECK, "-o"));
    assert_string_equal(problem, "--output needs a value: FILE");
}

static void numbers_are_numbers(void **state)
{
    (void)state;
    static char *const bad[] = {"0", "", "-1", "1x", " 1", "4097", "99999999999999999999"};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_false(PARSE(FOR_CHECK, "-j", bad[i]));
}

/* What other commands take is unknown to this one. */
static void options_of_other_commands_are_unknown(void **state)
{
    (void)state;
    static char *const others[] = {"--to", "--on", "--origin"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_false(PARSE(FOR_CHECK, others[i], "x"));
        assert_int_equal(strncmp(problem, "unknown option", 14), 0);
    }
}

static void a_very_long_argument_is_no_trouble(void **state)
{
    (void)state;
    static char text[100001];
    memset(text, 'x', sizeof text - 1);
    text[0] = text[1] = '-';
    assert_false(PARSE(FOR_CHECK, text));
    assert_false(PARSE(FOR_CHECK, "--format", text));
    assert_true(strlen(problem) < sizeof problem);
}

static void the_table_is_consistent(void **state)
{
    (void)state;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        assert_int_equal(option->argument == NULL, option->kind == OPTION_FLAG);
        assert_int_equal(option->choices != NULL, option->kind == OPTION_CHOICE);
        assert_true(strlen(option->help) > 0);
        for (size_t j = 0; j < i; j++) {
            if ((option_table[j].commands & option->commands) == 0)
                continue;
            assert_string_not_equal(option_table[j].name, option->name);
            assert_true(option->letter == 0 || option->letter != option_table[j].letter);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(values_come_with_an_equals_sign_or_as_the_next_argument, end),
        cmocka_unit_test_teardown(options_stand_before_and_behind_operands, end),
        cmocka_unit_test_teardown(two_dashes_end_the_options, end),
        cmocka_unit_test_teardown(a_value_may_begin_with_a_dash, end),
        cmocka_unit_test_teardown(lists_grow_and_other_values_are_replaced, end),
        cmocka_unit_test_teardown(what_was_not_said_has_its_default, end),
        cmocka_unit_test_teardown(a_command_takes_its_own_formats_only, end),
        cmocka_unit_test_teardown(what_is_wrong_is_said, end),
        cmocka_unit_test_teardown(numbers_are_numbers, end),
        cmocka_unit_test_teardown(options_of_other_commands_are_unknown, end),
        cmocka_unit_test_teardown(a_very_long_argument_is_no_trouble, end),
        cmocka_unit_test_teardown(the_table_is_consistent, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
