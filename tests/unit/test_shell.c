/* What a shell's text surely starts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "check/shell.h"

/* The words with blanks between; "none" where no command can be told. */
static const char *words(const struct shell_command *command, struct arena *arena)
{
    const char *text = command->arguments ? "$@" : "";
    for (size_t i = 0; command->argv != NULL && command->argv[i] != NULL; i++)
        text = arena_format(arena, "%s%s%s", text, i != 0 ? " " : "", command->argv[i]);
    return text;
}

struct example {
    const char *text, *command;
};

static void hold(const struct example *examples, size_t count,
                 bool (*read)(const char *, struct arena *, struct shell_command *))
{
    for (size_t i = 0; i < count; i++) {
        struct arena arena = {0};
        struct shell_command command;
        bool told = read(examples[i].text, &arena, &command);
        assert_string_equal(told ? words(&command, &arena) : "none", examples[i].command);
        arena_free(&arena);
    }
}

static void test_first_program(void **state)
{
    static const struct example examples[] = {
        {"server", "server"},
        {"  server --port 80 ", "server --port 80"},
        {"exec /app/server", "/app/server"},
        {"A=b C=d server", "server"},
        {"A=b; server", "server"},
        {"cd /app && ./server", "/app/./server"},
        {"cd /app; cd lib; bin/x", "/app/lib/bin/x"},
        {"cd /app && server", "server"},
        {"set -e\nexport X=y\nserver", "server"},
        {"'/a b/c' \"d e\" f\\ g", "/a b/c d e f g"},
        {"server $PORT x", "server"},
        {"server > /dev/null", "server"},
        {"server | tee log", "server"},
        {"# a comment\nserver # another", "server"},
        {"cd \"$HOME\" && ./server", "none"},
        {"$SERVER", "none"},
        {"\"${SERVER}\" x", "none"},
        {"`which server`", "none"},
        {"./*.sh", "none"},
        {"if true; then server; fi", "none"},
        {"[ -x a ] && a", "none"},
        {"(server)", "none"},
        {"exec \"$@\"", "none"},
        {"true || server", "none"},
        {"set -e & server", "none"},
        {"", "none"},
        {"   \n\n", "none"},
        {"A=b", "none"},
        {"\"unended", "unended"},
        {"ends\\", "ends\\"},
    };
    (void)state;
    hold(examples, sizeof examples / sizeof *examples, shell_first_program);
}

static void test_first_exec(void **state)
{
    static const struct example examples[] = {
        {"#!/bin/sh\nexec \"$@\"\n", "$@"},
        {"exec $@", "$@"},
        {"\texec server \"$@\"", "server"},
        {"if x; then\n  exec gosu web server\nfi\nexec \"$@\"", "gosu web server"},
        {"exec 3>&1\nexec server", "server"},
        {"exec >log\nexec server", "server"},
        {"exec\nexec server", "server"},
        {"# exec a\nexec b", "b"},
        {"execute a", "none"},
        {"exec \"$SERVER\"", "none"},
        {"exec -a name server", "none"},
        {"server", "none"},
        {"", "none"},
    };
    (void)state;
    hold(examples, sizeof examples / sizeof *examples, shell_first_exec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_first_program),
        cmocka_unit_test(test_first_exec),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
