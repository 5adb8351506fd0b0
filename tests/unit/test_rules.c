/* Each rule has a page in data/rules/, and each page a rule. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "report/prose.h"
#include "verdict/rules.h"
#include "willrun/willrun.h"

extern const char rule_pages[];

static void each_rule_has_a_page(void **state)
{
    (void)state;
    for (size_t i = 0; i < rule_count(); i++) {
        struct willrun_rule rule;
        if (!willrun_rule(i, &rule))
            fail_msg("write data/rules/%s.md", rule_row((enum rule)i)->name);
    }
}

static void each_page_has_a_rule(void **state)
{
    (void)state;
    for (const char *name = rule_pages; *name != 0;) {
        struct willrun_rule rule;
        if (!willrun_rule_find(name, &rule))
            fail_msg("data/rules/%s.md is of no rule", name);
        const char *page = name + strlen(name) + 1;
        name = page + strlen(page) + 1;
    }
}

/* A page's parts, in their order; "Message" may be missing. */
static void check_parts(const struct willrun_rule *rule)
{
    static const char *const headings[] = {"Example", "Message", "Cure", "Sources"};
    struct prose_block block;
    const char *at = rule->page;
    assert_true(prose_next(&at, &block));
    assert_int_equal(block.kind, PROSE_TITLE);
    assert_int_equal(block.length, strlen(rule->name));
    assert_memory_equal(block.text, rule->name, block.length);
    assert_true(prose_next(&at, &block));
    assert_int_equal(block.kind, PROSE_PARAGRAPH);
    size_t heading = 0;
    while (prose_next(&at, &block)) {
        if (block.kind != PROSE_HEADING)
            continue;
        if (heading == 1 && strncmp(block.text, "Message", block.length) != 0)
            heading++;
        assert_true(heading < 4);
        assert_int_equal(block.length, strlen(headings[heading]));
        assert_memory_equal(block.text, headings[heading], block.length);
        heading++;
    }
    assert_int_equal(heading, 4);
}

static void each_page_has_its_parts(void **state)
{
    (void)state;
    struct willrun_rule rule;
    for (size_t i = 0; willrun_rule(i, &rule); i++) {
        print_message("%s\n", rule.name);
        check_parts(&rule);
    }
}

static void marks_are_runs(void **state)
{
    (void)state;
    static const char text[] = "a `b` **c d** e` f";
    static const struct {
        enum prose_mark mark;
        const char *text;
    } runs[] = {{PROSE_PLAIN, "a "},
                {PROSE_CODE, "b"},
                {PROSE_PLAIN, " "},
                {PROSE_STRONG, "c d"},
                {PROSE_PLAIN, " e` f"}};
    struct prose_run run;
    const char *at = text;
    for (size_t i = 0; i < sizeof runs / sizeof *runs; i++) {
        assert_true(prose_run(&at, text + strlen(text), &run));
        assert_int_equal(run.mark, runs[i].mark);
        assert_int_equal(run.length, strlen(runs[i].text));
        assert_memory_equal(run.text, runs[i].text, run.length);
    }
    assert_false(prose_run(&at, text + strlen(text), &run));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_rule_has_a_page), cmocka_unit_test(each_page_has_a_rule),
        cmocka_unit_test(each_page_has_its_parts), cmocka_unit_test(marks_are_runs)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
