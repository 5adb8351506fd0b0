/* The tables that explain reads: every row can be reached, and names what exists. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "explain/line.h"
#include "explain/matcher.h"
#include "explain/pattern.h"
#include "explain/signs.h"
#include "explain/symbols.h"
#include "verdict/rules.h"

static const char *const samples[] = {[CAPTURE_OBJECT] = "libx.so.1",
                                      [CAPTURE_NEEDED_BY] = "/srv/x",
                                      [CAPTURE_SYMBOL] = "some_symbol",
                                      [CAPTURE_VERSION] = "GLIBC_2.99",
                                      [CAPTURE_INTERPRETER] = "/lib/ld",
                                      [CAPTURE_PATH] = "/srv/prog",
                                      [CAPTURE_PLATFORM] = "linux/arm64",
                                      [CAPTURE_ERROR] = "Invalid argument",
                                      [CAPTURE_STATUS] = "127",
                                      [CAPTURE_NUMBER] = "7",
                                      [CAPTURE_WORD] = "so",
                                      [CAPTURE_ANY] = "so far"};

/* The form with a word for each capture. */
static void write_example(const char *form, char *out)
{
    while (*form != 0) {
        size_t end = strcspn(form, "}"), name = *form == '{' ? strcspn(form + 1, ":}") : 0;
        enum capture capture =
            *form == '{' && form[end] == '}' ? capture_by_name(form + 1, name) : CAPTURE_NONE;
        if (capture == CAPTURE_NONE) {
            *out++ = *form++;
            continue;
        }
        const char *part = form + 1 + name + (form[1 + name] == ':');
        int length = (int)(form + end - part);
        bool suffix = length > 0 && *part == '*';
        out += sprintf(out, "%.*s%s%.*s", suffix ? 0 : length, part, samples[capture],
                       suffix ? length - 1 : 0, part + suffix);
        form += end + 1;
    }
    *out = 0;
}

static void every_form_is_found_in_its_own_example(void **state)
{
    (void)state;
    struct matcher *matcher = matcher_new();
    struct patterns patterns = {0};
    struct arena texts = {0};
    patterns_make(&texts, &patterns);
    for (size_t i = 0; i < patterns.count; i++) {
        const struct pattern *pattern = &patterns.at[i];
        char example[1024];
        struct arena arena = {0};
        struct readings readings = {0};
        struct line line;
        bool found = false;
        write_example(pattern->text, example);
        line_read(example, strlen(example), 1, &arena, &line);
        matcher_read(matcher, &line, &arena, &readings);
        for (size_t k = 0; k < readings.count; k++)
            found |= readings.at[k].form == pattern->form;
        if (!found)
            fail_msg("\"%s\" is not found in \"%s\"", pattern->text, example);
        vec_free(&readings);
        arena_free(&arena);
    }
    vec_free(&patterns);
    arena_free(&texts);
    matcher_free(matcher);
}

static bool is_rule(const char *name)
{
    for (size_t i = 0; i < rule_count(); i++)
        if (strcmp(rule_row((enum rule)i)->name, name) == 0)
            return true;
    return false;
}

static void causes_name_rules_that_exist(void **state)
{
    static const char *const rules[] = {
#define RULE_CAUSE(rule, part, cause) rule,
#include "rule-causes.def"
#undef RULE_CAUSE
    };
    (void)state;
    for (enum cause_id id = CAUSE_NONE + 1; id < CAUSE_COUNT; id++)
        if (cause_row(id)->rule != NULL && !is_rule(cause_row(id)->rule))
            fail_msg("there is no rule %s", cause_row(id)->rule);
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (!is_rule(rules[i]))
            fail_msg("there is no rule %s", rules[i]);
}

static void symbols_are_told_apart(void **state)
{
    (void)state;
    assert_true(symbol_is_glibc_only("fcntl64"));
    assert_true(symbol_is_glibc_only("__fprintf_chk"));
    assert_false(symbol_is_glibc_only("malloc"));
    assert_false(symbol_is_glibc_only("statx"));
    assert_string_equal(symbol_late_musl("statx"), "1.2.5");
    assert_string_equal(symbol_late_libstdcxx("_ZSt28__throw_bad_array_new_lengthv"),
                        "GLIBCXX_3.4.29");
    assert_null(symbol_late_libstdcxx("_ZSt17__throw_bad_allocv"));
    assert_true(symbol_is_libstdcxx("_ZSt17__throw_bad_allocv"));
    assert_false(symbol_is_libstdcxx("set_curterm"));
}

static void sonames_are_told_apart(void **state)
{
    (void)state;
    assert_true(soname_is_old("libssl.so.1.1"));
    assert_true(soname_is_old("libffi.so.6"));
    assert_true(soname_is_old("libicuuc.so.52"));
    assert_false(soname_is_old("libffi.so.8"));
    assert_true(soname_is_old("libboost_regex.so.1.65.1"));
    assert_true(soname_is_old("libprotobuf.so.23.4.0"));    /* as Arch calls them */
    assert_false(soname_is_old("libonnxruntime.so.1.8.1")); /* none before trixie */
    assert_false(soname_is_old("libofnobody.so.3"));
    assert_true(soname_is_old("libcublas.so.12"));
    assert_false(soname_is_old("libcudnn.so.9"));
    assert_true(soname_is_old("libhunspell-1.3.so.0")); /* 1.7 is there */
    assert_false(soname_is_old("libbz2.so.1"));         /* Debian calls it libbz2.so.1.0 */
    assert_true(soname_is_of_no_release("libboost_regex.so.1.66.0"));
    assert_false(soname_is_of_no_release("libboost_regex.so.1.65.1")); /* bionic */
    assert_false(
        soname_is_of_no_release("libboost_regex.so.1.40.0")); /* before all that is known */
    assert_false(soname_is_of_no_release("libboost_regex.so.1.99.0"));
    assert_false(soname_is_of_no_release("libopencv_core.so.1.66.0"));
    assert_true(soname_is_of_no_package("libofnobody.so.3"));
    assert_true(soname_is_of_no_package("libsquash0.8.so.0.8.0"));
    assert_false(soname_is_of_no_package("libcurl.so"));
    assert_false(soname_is_of_no_package("libcuda.so.1"));
    assert_false(soname_is_of_no_package("libnspr4.so"));
    assert_true(soname_is_glibc_only("ld-linux-aarch64.so.1"));
    assert_false(soname_is_glibc_only("libc.so.6")); /* musl takes itself for it */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_found_in_its_own_example),
        cmocka_unit_test(causes_name_rules_that_exist),
        cmocka_unit_test(symbols_are_told_apart),
        cmocka_unit_test(sonames_are_told_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
