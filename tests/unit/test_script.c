/* Shebang lines by the rules of Linux fs/binfmt_script.c; test_exec.c holds the
 * same parser to the running kernel. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "file/script.h"

struct line {
    const char *text;
    size_t size; /* 0: the text's length */
    int error;
    const char *interpreter, *argument;
    bool crlf;
};

static const struct line lines[] = {
    {"#!/bin/sh\n", 0, 0, "/bin/sh", NULL, false},
    {"#!/bin/sh", 0, 0, "/bin/sh", NULL, false},
    {"#! \t /bin/sh  -e  -u \t\n", 0, 0, "/bin/sh", "-e  -u", false},
    {"#!/bin/sh\t-e\n", 0, 0, "/bin/sh", "-e", false},
    {"#!/bin/sh \n", 0, 0, "/bin/sh", NULL, false},
    {"#!/bin/sh ", 0, 0, "/bin/sh", "", false},
    {"#!/bin/sh\r\n", 0, 0, "/bin/sh\r", NULL, true},
    {"#!/bin/sh -e\r\n", 0, 0, "/bin/sh", "-e\r", true},
    {"#!\n", 0, ENOEXEC, NULL, NULL, false},
    {"#!  \t\n", 0, ENOEXEC, NULL, NULL, false},
    {"#!", 0, 0, "", NULL, false},
    {"#!\0\n", 4, 0, "", NULL, false},
    {"#!/bin/sh\0x\n", 12, 0, "/bin/sh", NULL, false},
    {"#!/bin/sh a\0b\n", 14, 0, "/bin/sh", "a", false},
    {"#!sh\n", 0, 0, "sh", NULL, false},
};

static void lines_are_read_as_the_kernel_reads_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const struct line *line = &lines[i];
        size_t size = line->size != 0 ? line->size : strlen(line->text);
        struct arena arena = {0};
        struct script_facts script;
        print_message("%s\n", line->text);
        script_parse((struct span){(const unsigned char *)line->text, size}, &arena, &script);
        assert_int_equal(script.error, line->error);
        assert_int_equal(script.crlf, line->crlf);
        assert_int_equal(script.interpreter == NULL, line->interpreter == NULL);
        if (line->interpreter != NULL)
            assert_string_equal(script.interpreter, line->interpreter);
        assert_int_equal(script.argument == NULL, line->argument == NULL);
        if (line->argument != NULL)
            assert_string_equal(script.argument, line->argument);
        arena_free(&arena);
    }
}

/* `#!` and `name` times 'a', then `tail`, then 'b' up to 300 bytes. */
static struct script_facts parse_long(size_t name, const char *tail, struct arena *arena)
{
    unsigned char text[300];
    struct script_facts script;
    memset(text, 'b', sizeof text);
    text[0] = '#';
    text[1] = '!';
    memset(text + 2, 'a', name);
    memcpy(text + 2 + name, tail, strlen(tail));
    script_parse((struct span){text, sizeof text}, arena, &script);
    return script;
}

static void a_name_that_is_cut_by_the_buffer_is_refused(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct script_facts script = parse_long(253, "\n", &arena);
    assert_int_equal(script.error, 0); /* the newline is the 256th byte */
    assert_int_equal(strlen(script.interpreter), 253);
    assert_int_equal(parse_long(254, "\n", &arena).error, ENOEXEC);
    assert_int_equal(parse_long(253, " ", &arena).error, 0); /* so may be a blank */
    assert_int_equal(parse_long(254, " ", &arena).error, ENOEXEC);
    arena_free(&arena);
}

static void an_argument_that_is_cut_by_the_buffer_is_taken(void **state)
{
    (void)state;
    struct arena arena = {0};
    struct script_facts script = parse_long(100, " ", &arena);
    assert_int_equal(script.error, 0);
    assert_int_equal(strlen(script.interpreter), 100);
    assert_int_equal(strlen(script.argument), 255 - 103); /* the 256th byte is lost */
    arena_free(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_read_as_the_kernel_reads_them),
        cmocka_unit_test(a_name_that_is_cut_by_the_buffer_is_refused),
        cmocka_unit_test(an_argument_that_is_cut_by_the_buffer_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
