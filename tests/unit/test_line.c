/* Lines of logs made plain: what terminals, collectors and other programs put around a message. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "explain/line.h"

static const struct {
    const char *raw, *text, *shown; /* shown NULL: the same as `raw` */
} lines[] = {
    {"app: not found", "app: not found", NULL},
    {"  app  not\tfound \r\n", "app not found", "app not found"},
    {"", "", NULL},
    {"\r\n", "", ""},
    {"run\r: not found", "run^M: not found", "run^M: not found"},
    {"app : not found", "app: not found", NULL},
    {"app :not found", "app :not found", NULL},
    {"a\x01z\x7f", "a z", "a z"},
    /* terminals */
    {"\x1b[1;31mapp\x1b[0m: gone", "app: gone", "app: gone"},
    {"\x1b]0;title\aapp: gone", "app: gone", "app: gone"},
    {"\x1b(app: gone", "app: gone", "app: gone"},
    {"app: gone\x1b[", "app: gone", "app: gone"},
    {"app: gone\x1b]0;", "app: gone", "app: gone"},
    {"app: gone\x1b", "app: gone", "app: gone"},
    /* quotes, and other marks */
    {"exec \"app\": `gone`", "exec 'app': 'gone'", NULL},
    {"‘app’ “app” «app» „app´", "'app' 'app' 'app' 'app'", NULL},
    {"\xef\xbb\xbf"
     "app: gone",
     "app: gone", "app: gone"},
    {"app\xc2\xa0gone：x", "app gone:x", "app gone:x"},
    {"app: \xc3\xa9t\xc3\xa9", "app: \xc3\xa9t\xc3\xa9", NULL},
    {"exec \\\"app\\\" \\'x\\'", "exec 'app' 'x'", NULL},
    {"exec \\\\\\\"app\\\\\\\"", "exec 'app'", NULL},
    {"one\\ntwo\\tthree\\n", "one two three", NULL},
    {"bash\\r: gone", "bash\\r: gone", NULL},
    {"$'\\n'", "$'\\n'", NULL},
    {"C:\\", "C:\\", NULL},
    /* JSON */
    {"{\"log\":\"app: gone\\n\",\"stream\":\"stderr\"}", "app: gone", "app: gone"},
    {"{\"level\":\"error\",\"msg\":\"app: gone\"}", "app: gone", "app: gone"},
    {"{ \"MESSAGE\" : \"app: gone\" }", "app: gone", "app: gone"},
    {"{\"msg\":\"start\",\"error\":\"app: gone\"}", "start: app: gone", "start: app: gone"},
    {"{\"msg\":\"app: gone\",\"error\":\"app: gone\"}", "app: gone", "app: gone"},
    {"{\"err\":\"app: gone\"} x", "app: gone", "app: gone"},
    {"node-1 {\"message\":\"app: gone\"}", "app: gone", "app: gone"},
    {"{\"msg\":5}", "{'msg':5}", NULL},
    {"{\"msg\":", "{'msg':", NULL},
    {"{app}", "{app}", NULL},
    {"app {", "app {", NULL},
    /* what stands before a message is not shown */
    {"web-1  | app: gone", "web-1 | app: gone", "app: gone"},
    {"web-1 | 10:20:30 app: gone", "web-1 | 10:20:30 app: gone", "app: gone"},
    {"Nov 20 10:00:00 host unit[7]: app: gone", "Nov 20 10:00:00 host unit[7]: app: gone",
     "app: gone"},
    {"Nov 20 of that year: gone", "Nov 20 of that year: gone", NULL},
    {"November]: gone", "November]: gone", NULL},
    {"2026-11-20T10:00:00.5Z stderr F app: gone", "2026-11-20T10:00:00.5Z stderr F app: gone",
     "app: gone"},
    {"[2026/11/26 10:20:30] ERROR app: gone", "[2026/11/26 10:20:30] ERROR app: gone", "app: gone"},
    {"#12 0.329 app: gone", "#12 0.329 app: gone", "app: gone"},
    {"#no app: gone", "#no app: gone", NULL},
    {"[pod/web/app] app: gone", "[pod/web/app] app: gone", "app: gone"},
    {"[pod] app: gone", "[pod] app: gone", NULL},
    {"[pod/web app: gone", "[pod/web app: gone", NULL},
    {"12 app: gone", "12 app: gone", NULL},
    {"a | b | c", "a | b | c", "c"},
    {"one two | three", "one two | three", NULL},
};

static void lines_are_made_plain(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        struct arena arena = {0};
        struct line line;
        const char *raw = lines[i].raw;
        line_read(raw, strlen(raw), 7, &arena, &line);
        char text[256];
        snprintf(text, sizeof text, "%s\n", lines[i].text);
        print_message("%zu: %s\n", i, raw);
        assert_string_equal(line.text, text);
        assert_int_equal(line.length, strlen(text));
        assert_string_equal(line_shown(&line, &arena),
                            lines[i].shown != NULL ? lines[i].shown : raw);
        arena_free(&arena);
    }
}

static const struct {
    const char *text;
    size_t lead;
} leads[] = {
    {"app: gone", 0},
    {"   app", 3},
    {"# app", 2},
    {"  ## app", 5},
    {"> > app", 2},
    {"#app", 0},
    {"#", 0},
    {"web-1 | app", 8},
    {"web-1  | app", 9},
    {"# web-1 | app", 10},
    {"| app", 0},
    {"web-1 |app", 0},
    {"", 0},
    {"\tapp", 1},
};

static void broken_lines_begin_behind_their_lead(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof leads / sizeof *leads; i++)
        if (line_lead(leads[i].text, strlen(leads[i].text)) != leads[i].lead)
            fail_msg("\"%s\": %zu", leads[i].text, line_lead(leads[i].text, strlen(leads[i].text)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_made_plain),
        cmocka_unit_test(broken_lines_begin_behind_their_lead),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
