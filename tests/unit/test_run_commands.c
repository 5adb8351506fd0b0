/* The commands of a RUN, read without a shell. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "dockerfile/run_commands.h"

/* Each command as its words in brackets; `@` before one whose output is a word, `?` before one that
 * is not always run, `*` before one with words that are not known, `>` and the file behind one with
 * an output, `!` at the end where something was not followed. */
static const char *read(const char *text, struct arena *arena)
{
    static const char *const exports[] = {"V=1.2", "LIST=a b", NULL};
    struct run_commands commands = {0};
    const char *told = "";
    bool whole = run_commands_read(text, exports, arena, &commands);
    for (size_t i = 0; i < commands.count; i++) {
        const struct run_command *command = &commands.at[i];
        told = arena_format(arena, "%s%s%s%s[", told, command->aside ? "@" : "",
                            command->always ? "" : "?", command->known ? "" : "*");
        for (size_t k = 0; k < command->argc; k++)
            told = arena_format(arena, "%s%s%s", told, k != 0 ? "|" : "", command->argv[k]);
        told = arena_format(arena, "%s]%s%s", told, command->output != NULL ? ">" : "",
                            command->output != NULL ? command->output : "");
    }
    vec_free(&commands);
    return arena_format(arena, "%s%s", told, whole ? "" : "!");
}

static const struct {
    const char *text, *commands;
} cases[] = {
    {"apk add --no-cache curl", "[apk|add|--no-cache|curl]"},
    {"a && b; c\nd", "[a][b][c][d]"},
    {"a \\\n  b", "[a|b]"},
    {"A=b c", "[c]"},
    {"a || b", "[a]?[b]"},
    {"a || b && c; d", "[a]?[b]?[c][d]"},
    {"if a; then b; fi; c", "?[a]?[b][c]"},
    {"for x in 1 2; do a; done; b", "?[a][b]"},
    {"echo 'a b' \"c d\" e\\ f", "[echo|a b|c d|e f]"},
    {"echo $V ${V} \"$V\" '$V'", "[echo|1.2|1.2|1.2|$V]"},
    {"apk add $LIST", "[apk|add|a|b]"},
    {"apk add \"$LIST\"", "[apk|add|a b]"},
    {"rm -rf $NOTHING/x", "*[rm|-rf|/x]"},
    {"a $(b c)", "@?[b|c]*[a|]"},
    {"a \"$(b)\"x", "@?[b]*[a|x]"},
    {"a `b`", "@?[b]*[a|]"},
    {"a \"`b`\" '`c` $(d)'", "@?[b]*[a||`c` $(d)]"},
    {"A=$(b) && c", "@?[b][c]"},
    {"a ${A:-$(b)}", "@?[b]*[a|]"},
    {"a $((1 + (2)))", "*[a|]"},
    {"a $(cd b; rm c) d", "@?*[cd|b]@?*[rm|c]*[a||d]"},
    {"a $(b", "@?[b]*[a|]"},
    {"a $()", "*[a|]"},
    {"$($($($($($($($($(a)))))))))", NULL},
    {"> /a", "[:]>/a"},
    {"a; > /a; b", "[a][:]>/a[b]"},
    {"echo x > /etc/a 2>&1", "[echo|x]>/etc/a"},
    {"echo x >>/etc/a", "[echo|x]>/etc/a"},
    {"a >/dev/null", "[a]"},
    {"(a; b)", "?[a]?[b]!"},
    {"case x in a) b;; esac", NULL},
    {"a # b\nc", "[a][c]"},
    {"", ""},
};

static void commands_are_read_as_a_shell_does(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena arena = {0};
        const char *told = read(cases[i].text, &arena);
        if (cases[i].commands != NULL ? strcmp(told, cases[i].commands) != 0
                                      : told[strlen(told) - 1] != '!')
            fail_msg("%s: %s", cases[i].text, told);
        arena_free(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(commands_are_read_as_a_shell_does)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
