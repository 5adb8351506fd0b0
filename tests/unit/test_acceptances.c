/* Which findings are accepted: by rules, paths, objects and days, and by earlier reports. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "temp_tree.h"
#include "verdict/acceptances.h"
#include "verdict/rules.h"

static const struct {
    const char *rule, *expires;
    const char *wrong; /* what is said of it; NULL: it is taken */
} said[] = {
    {"library-missing", NULL, NULL},
    {"library-*", "2026-12-31", NULL},
    {"[lv]*", "2024-02-29", NULL},
    {NULL, NULL, "an acceptance: no rule is called \"\""},
    {"", NULL, "an acceptance: no rule is called \"\""},
    {"library", NULL, "no rule is called \"library\": expected a name such as library-missing"},
    {"*", "2026-2-3", "\"2026-2-3\" is no day: expected YYYY-MM-DD"},
    {"*", "2026/12/31", "is no day"},
    {"*", "2026-13-01", "is no day"},
    {"*", "2026-02-29", "is no day"},
    {"*", "2026-02- 3", "is no day"},
    {"*", "today     ", "is no day"},
};

static void what_is_said_is_judged(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        struct acceptances *acceptances = acceptances_new();
        struct err err = {0};
        const struct willrun_acceptance one = {.rule = said[i].rule, .expires = said[i].expires};
        bool taken = acceptances_add(acceptances, &one, &err);
        acceptances_free(acceptances);
        if (taken != (said[i].wrong == NULL) || (!taken && strstr(err.text, said[i].wrong) == NULL))
            fail_msg("%zu: %s", i, taken ? "taken" : err.text);
    }
}

/* ---- what fits ---- */

static struct willrun_finding finding(enum rule rule, const char *object, const char *symbol,
                                      const char *version)
{
    return (struct willrun_finding){.rule = rule_row(rule)->name,
                                    .severity = rule_row(rule)->severity,
                                    .object = object,
                                    .symbol = symbol,
                                    .version = version};
}

static const struct {
    const char *rule, *path, *object, *expires;
    bool fits; /* library-missing of libown.so.1, of /bin/app */
} patterns[] = {
    {"library-missing", NULL, NULL, NULL, true},
    {"library-*", "/bin/*", "libown.so.*", NULL, true},
    {"library-missing", NULL, NULL, "2999-12-31", true},
    {"library-missing", NULL, NULL, "2020-01-31", false},
    {"version-missing", NULL, NULL, NULL, false},
    {"library-missing", "/sbin/*", NULL, NULL, false},
    {"library-missing", NULL, "libother.so.*", NULL, false},
};

static void patterns_are_matched(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        struct acceptances *acceptances = acceptances_new();
        struct arena arena = {0};
        struct err err = {0};
        struct willrun_result result = {0};
        struct willrun_finding findings[] = {
            finding(RULE_LIBRARY_MISSING, "libown.so.1", NULL, NULL)};
        struct willrun_subject subject = {
            .path = "/bin/app", .verdict = WILLRUN_FAILS, .findings = findings, .finding_count = 1};
        const struct willrun_acceptance one = {.rule = patterns[i].rule,
                                               .path = patterns[i].path,
                                               .object = patterns[i].object,
                                               .expires = patterns[i].expires,
                                               .reason = "known",
                                               .origin = "here"};
        assert_true(acceptances_add(acceptances, &one, &err));
        acceptances_apply(acceptances, &arena, &subject);
        assert_int_equal(subject.accepted, patterns[i].fits);
        assert_int_equal(subject.findings[0].accepted != NULL, patterns[i].fits);
        acceptances_used(acceptances, &arena, &result);
        bool expired = patterns[i].expires != NULL && !patterns[i].fits;
        assert_int_equal(result.acceptances[0].expired, expired);
        assert_int_equal(result.acceptances[0].count, patterns[i].fits || expired);
        if (patterns[i].fits)
            assert_string_equal(subject.findings[0].accepted->reason, "known");
        acceptances_free(acceptances);
        arena_free(&arena);
    }
}

static void a_subject_is_accepted_with_all_that_decides(void **state)
{
    (void)state;
    struct acceptances *acceptances = acceptances_new();
    struct arena arena = {0};
    struct err err = {0};
    struct willrun_finding findings[] = {finding(RULE_LIBRARY_MISSING, "liba.so", NULL, NULL),
                                         finding(RULE_LIBRARY_MISSING, "libb.so", NULL, NULL),
                                         finding(RULE_VERSION_IGNORED, NULL, NULL, NULL)};
    struct willrun_subject subject = {
        .path = "/app", .verdict = WILLRUN_FAILS, .findings = findings, .finding_count = 3};
    struct willrun_finding nothing = finding(RULE_LIBRARY_MISSING, NULL, NULL, NULL);
    assert_true(acceptances_add(
        acceptances, &(struct willrun_acceptance){.rule = "*", .object = "liba.so"}, &err));
    acceptances_apply(acceptances, &arena, &subject);
    assert_false(subject.accepted);
    assert_non_null(subject.findings[0].accepted);
    assert_null(subject.findings[1].accepted);
    assert_ptr_equal(acceptances_mark(acceptances, &arena, "/app", &nothing, 1), &nothing);
    assert_true(acceptances_add(
        acceptances, &(struct willrun_acceptance){.rule = "*", .object = "libb.so"}, &err));
    acceptances_apply(acceptances, &arena, &subject);
    assert_true(subject.accepted);
    subject = (struct willrun_subject){
        .path = "/app", .verdict = WILLRUN_RUNS, .findings = findings, .finding_count = 2};
    acceptances_apply(acceptances, &arena, &subject);
    assert_false(subject.accepted); /* it runs: nothing is to be accepted */
    acceptances_apply(NULL, &arena, &subject);
    acceptances_free(acceptances);
    arena_free(&arena);
}

/* ---- earlier reports ---- */

#define REPORT(inner) "{\"schema\": \"willrun/check/1\", " inner "}"
#define FINDING(object)                                                                            \
    "\"findings\": [{\"rule\": \"library-missing\", \"object\": \"" object "\"}]"
static const struct {
    const char *text, *wrong; /* NULL: it is read, and knows liba.so of /app */
} reports[] = {
    {REPORT("\"targets\": [{\"subjects\": [{\"path\": \"/app\", " FINDING("liba.so") "}]}]"), NULL},
    {REPORT("\"targets\": []") "\r\n\t " REPORT(
         "\"subject\": {\"path\": \"/app\", " FINDING("liba.so") "}") "\n\n",
     NULL},
    {REPORT("\"subject\": {\"path\": \"/app\", " FINDING("libz.so") "}")
         REPORT("\"subject\": {\"path\": \"/app\", " FINDING("liba.so") "}"),
     NULL},
    {"", "line 1: "},
    {"{", "line 1: "},
    {"[1]", "is no report of a check"},
    {"{\"schema\": 5}", "is no report of a check"},
    {"{\"schema\": \"willrun/tree/1\"}", "is no report of a check"},
    {REPORT("\"targets\": []") "\nrest", "line "},
};

static void reports_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof reports / sizeof *reports; i++) {
        struct temp temp;
        struct acceptances *acceptances = acceptances_new();
        struct arena arena = {0};
        struct err err = {0};
        char path[600];
        struct willrun_finding findings[] = {finding(RULE_LIBRARY_MISSING, "liba.so", NULL, NULL)};
        temp_make(&temp);
        temp_file(temp.fd, "none.json", "{\"schema\": \"willrun/check/1\"}", 29);
        temp_file(temp.fd, "report.json", reports[i].text, strlen(reports[i].text));
        snprintf(path, sizeof path, "%s/none.json", temp.path);
        assert_true(acceptances_add_baseline(acceptances, path, &err));
        snprintf(path, sizeof path, "%s/report.json", temp.path);
        bool read = acceptances_add_baseline(acceptances, path, &err);
        if (read != (reports[i].wrong == NULL) ||
            (!read && strstr(err.text, reports[i].wrong) == NULL))
            fail_msg("%zu: %s", i, err.text);
        if (read) {
            assert_non_null(acceptances_mark(acceptances, &arena, "/app", findings, 1)->accepted);
            assert_null(acceptances_mark(acceptances, &arena, "/other", findings, 1)->accepted);
        }
        acceptances_free(acceptances);
        arena_free(&arena);
        temp_remove(&temp);
    }
}

static void what_is_no_file_is_told(void **state)
{
    (void)state;
    struct acceptances *acceptances = acceptances_new();
    struct err err = {0};
    assert_false(acceptances_add_baseline(acceptances, "/nowhere/report.json", &err));
    assert_string_equal(err.text, "the baseline /nowhere/report.json: No such file or directory");
    err = (struct err){0};
    assert_false(acceptances_add_baseline(acceptances, "/", &err));
    assert_non_null(strstr(err.text, "the baseline /"));
    acceptances_free(acceptances);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_said_is_judged),
        cmocka_unit_test(patterns_are_matched),
        cmocka_unit_test(a_subject_is_accepted_with_all_that_decides),
        cmocka_unit_test(reports_are_read),
        cmocka_unit_test(what_is_no_file_is_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
