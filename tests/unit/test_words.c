/* Words of Dockerfiles: what stays of quotes and escapes for each that asks, and what is refused.
 * What BuildKit's own lexer makes of most is in tests/dockerfile/evaluated.json. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "dockerfile/words.h"

/* Which parts of a Dockerfile ask. */
enum asker {
    VALUE,   /* ENV, COPY, …: all is resolved */
    CONTENT, /* of a heredoc: quotes mean nothing */
    FLAG,    /* of an instruction: variables come later */
    QUOTED,  /* the same, quotes stay */
    RAW,     /* quotes and escapes stay */
};

static struct expansion asked(enum asker asker, const struct variables *variables)
{
    return (struct expansion){.variables = asker <= CONTENT ? variables : NULL,
                              .escape = '\\',
                              .raw_quotes = asker >= QUOTED,
                              .raw_escapes = asker == RAW,
                              .plain_quotes = asker == CONTENT,
                              .keep_unset = asker >= FLAG};
}

static const struct {
    enum asker asker;
    const char *text, *expanded;
} rows[] = {
    {VALUE, "a\\", "a"},
    {VALUE, "\"a\\", NULL},
    {VALUE, "\"a\\x\\$\\\\\\\"\"", "a\\x$\\\""},
    {CONTENT, "'$A' \"$A\" \\$A \\'", "'a' \"a\" $A '"},
    {FLAG, "'a b'\"c\\\"d\"e\\ f", "a bc\"de f"},
    {FLAG, "$A${A}", "$A${A}"},
    {FLAG, "${A:-x}${A-x}${A:+x}${A?x}", "${A:-x}${A-x}${A:+x}${A?x}"},
    {FLAG, "${A#x}${A##x}${A%x}${A%%x}", "${A#x}${A##x}${A%x}${A%%x}"},
    {FLAG, "${A/x/y}", "${A/x/y}"},
    {FLAG, "$", "$"},
    {QUOTED, "'a b'\"c\\\"d$A\"e\\ f", "'a b'\"c\"d$A\"e f"},
    {QUOTED, "\"a", NULL},
    {RAW, "\"a\\\"b\\x\"\\ c\\", "\"a\\\"b\\\\x\"\\ c\\"},
    {RAW, "'\\'", "'\\'"},
    /* names */
    {VALUE, "$A_B$A-$A.",
     "under"
     "a-a."},
    {VALUE, "${\xc3\xa4}$\xc3\xa4", "umlautumlaut"},
    {VALUE, "$\xe4\xbd\xa0$\xe3\x80\x86", "hansign"},
    {VALUE, "$\xc3\x97$\xc3\xb7", "$\xc3\x97$\xc3\xb7"}, /* signs of arithmetic */
    {VALUE, "$\xc2\xaa$\xc2\xb5$\xc2\xba", ""},          /* letters of Latin 1 … */
    {VALUE, "$\xc2\xab$\xc2\xa9", "$\xc2\xab$\xc2\xa9"}, /* … and none */
    {VALUE, "$\xe2\x82\xac$\xe2\x80\xa6", "$\xe2\x82\xac$\xe2\x80\xa6"},
    {VALUE, "$\xe3\x80\x81$\xe3\x80\x90", "$\xe3\x80\x81$\xe3\x80\x90"},
    {VALUE, "$\xee\x80\x80$\xef\xb8\x8f", "$\xee\x80\x80$\xef\xb8\x8f"},
    {VALUE, "$\xef\xbc\x81$\xef\xbc\xa1", "$\xef\xbc\x81"}, /* a wide mark, a wide letter */
    {VALUE, "$\xf0\x9f\x98\x80$\xf0\xa0\x80\x80", "$\xf0\x9f\x98\x80"},
    {VALUE, "$\xff", "$\xff"},
    /* what is refused */
    {VALUE, "${", "syntax error: missing '}'"},
    {VALUE, "${A", "syntax error: missing '}'"},
    {VALUE, "${A:", "syntax error: missing '}'"},
    {VALUE, "${A:-", "syntax error: missing '}'"},
    {VALUE, "${A/x", "syntax error: missing '/' in ${}"},
    {VALUE, "${A/x/", "syntax error: missing '}'"},
    {VALUE, "${A/${A/x/y}", NULL},
    {VALUE, "${A/x/'}", NULL},
    {VALUE, "${A/'/x}", NULL},
    {VALUE, "${:x}${}", "syntax error: bad substitution"},
    {VALUE, "${{A}}", "syntax error: bad substitution"},
    {VALUE, "${A^x}", "unsupported modifier (^) in substitution"},
    {VALUE, "${A\"x}", "unsupported modifier (\\\") in substitution"},
    {VALUE, "${A\tx}", "unsupported modifier (\\t) in substitution"},
    {VALUE, "${A\nx}", "unsupported modifier (\\n) in substitution"},
    {VALUE, "${A\rx}", "unsupported modifier (\\r) in substitution"},
    {VALUE, "${A\x01x}", "unsupported modifier (\\x01) in substitution"},
    {VALUE, "${A:^x}", "unsupported modifier (:^) in substitution"},
    {VALUE, "${U?}", "U: is not allowed to be unset"},
    {VALUE, "${U:?}", "U: is not allowed to be unset"},
    {VALUE, "${E:?}", "E: is not allowed to be empty"},
    {VALUE, "${U?gone}", "U: gone"},
    {VALUE, "${A:?x}${E?x}", "a"},
};

static void give(struct variables *variables)
{
    static const char *const values[][2] = {{"A", "a"},
                                            {"E", ""},
                                            {"A_B", "under"},
                                            {"\xc3\xa4", "umlaut"},
                                            {"\xe4\xbd\xa0", "han"},
                                            {"\xe3\x80\x86", "sign"}};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        variables_set(variables, values[i][0], values[i][1], true);
}

/* An error is as good as its text; NULL: a quote that is not closed, or a slash. */
static bool is_told(const char *expanded, const char *wanted, const struct err *err)
{
    if (expanded != NULL)
        return wanted != NULL && strcmp(expanded, wanted) == 0;
    const char *said = strstr(err->text, "\": ");
    return said != NULL && (wanted != NULL ? strcmp(said + 3, wanted) == 0
                                           : strstr(said, "looking for matching") != NULL ||
                                                 strstr(said, "missing '/'") != NULL);
}

static void words_are_expanded(void **state)
{
    (void)state;
    struct variables variables = {0};
    size_t wrong = 0;
    give(&variables);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena arena = {0};
        struct err err = {0};
        struct expansion expansion = asked(rows[i].asker, &variables);
        const char *expanded = words_expand(&expansion, rows[i].text, &arena, &err);
        if (!is_told(expanded, rows[i].expanded, &err)) {
            print_error("%s: %s\n", rows[i].text, expanded != NULL ? expanded : err.text);
            wrong++;
        }
        vec_free(&expansion.unset);
        arena_free(&arena);
    }
    vec_free(&variables);
    assert_int_equal(wrong, 0);
}

/* "${A:-" or its like, `depth` times, and as many braces. */
static const char *nested(const char *open, const char *close, size_t depth, struct arena *arena)
{
    struct text text = {0};
    for (size_t i = 0; i < depth; i++)
        text_add(&text, open, strlen(open));
    for (size_t i = 0; i < depth; i++)
        text_add(&text, close, strlen(close));
    const char *kept = text_keep(&text, arena);
    vec_free(&text);
    return kept;
}

static void bounds_are_kept(void **state)
{
    (void)state;
    struct variables variables = {0};
    struct arena arena = {0};
    struct err err = {0};
    struct expansion expansion = asked(VALUE, &variables);
    assert_string_equal(words_expand(&expansion, nested("${U:-", "}", 200, &arena), &arena, &err),
                        "");
    assert_null(words_expand(&expansion, nested("${U:-", "}", 201, &arena), &arena, &err));
    assert_non_null(strstr(err.text, "substitutions are nested too deeply"));
    assert_non_null(strstr(err.text, "failed to process \"${U:-"));
    assert_true(strlen(err.text) < 400); /* the word is cut off */
    variables_set(&variables, "A", nested("a", "", 20000, &arena), true);
    assert_non_null(words_expand(&expansion, nested("$A", "", 13, &arena), &arena, &err));
    for (size_t i = 0; i < 3; i++) {
        static const char *const words[] = {"$A", "\"$A\"", "${U:-$A}"};
        err = (struct err){0};
        assert_null(words_expand(&expansion, nested(words[i], "", 14, &arena), &arena, &err));
        assert_non_null(strstr(err.text, "it expands to more than an environment can hold"));
    }
    vec_free(&expansion.unset);
    vec_free(&variables);
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_expanded),
        cmocka_unit_test(bounds_are_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
