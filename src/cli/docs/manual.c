#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "cli/docs/docs.h"

enum { COMMANDS_MOST = 64 };

void mdoc_put(const char *text, size_t length, FILE *out)
{
    bool starts_line = true;
    for (size_t i = 0; i < length; i++) {
        if (starts_line && (text[i] == '.' || text[i] == '\''))
            fputs("\\&", out);
        if (text[i] == '\\')
            fputs("\\e", out);
        else if (text[i] == '-')
            fputs("\\-", out);
        else if (text[i] == ' ' && i != 0 && text[i - 1] == '.') /* a sentence begins a line */
            putc('\n', out);
        else
            putc(text[i], out);
        starts_line = text[i] == '\n';
    }
}

static void put(FILE *out, const char *text)
{
    mdoc_put(text, strlen(text), out);
}

static void put_line(FILE *out, const char *text)
{
    put(out, text);
    putc('\n', out);
}

/* "check" as a page's title has it. */
static void put_title(FILE *out, const char *date, const char *command)
{
    fprintf(out, ".Dd %s\n.Dt WILLRUN", date);
    if (command != NULL)
        putc('-', out);
    for (; command != NULL && *command != 0; command++)
        putc(toupper((unsigned char)*command), out);
    fputs(" 1\n.Os\n.Sh NAME\n", out);
}

static void put_option(FILE *out, const struct option *option)
{
    fputs(".It ", out);
    if (option->letter != 0)
        fprintf(out, "Fl %c , ", option->letter);
    fprintf(out, "Fl \\-%s", option->name);
    if (option->argument != NULL)
        fprintf(out, " Ar %s", option->argument);
    putc('\n', out);
    put(out, option->help);
    fputs(option->choices != NULL ? ".\n" : "\n", out);
    const struct choice *choice = option->choices;
    if (choice == NULL)
        return;
    fputs("One of\n", out);
    for (; choice->name != NULL; choice++)
        fprintf(out, ".Cm %s %s\n", choice->name, choice[1].name != NULL ? "," : ".");
}

static void put_options(FILE *out, const struct command *command)
{
    fputs("The options are:\n.Bl -tag -width Ds\n", out);
    for (size_t i = 0; i < option_count; i++)
        if ((option_table[i].commands & command->bit) != 0)
            put_option(out, &option_table[i]);
    fputs(".El\n", out);
}

static void put_examples(FILE *out, const struct command *command)
{
    fputs(".Sh EXAMPLES\n", out);
    for (const struct example *example = command->examples; example->command != NULL; example++) {
        if (example->says != NULL && example != command->examples)
            fputs(".Pp\n", out);
        if (example->says != NULL)
            put_line(out, example->says);
        fputs(".Pp\n.Dl ", out);
        for (const char *at = example->command; *at != 0; at++) {
            if (at[0] == '\\' && at[1] == '\n') { /* one line goes on */
                at += 1 + strspn(at + 2, " ");
                continue;
            }
            const char letter[2] = {*at, 0};
            if (*at == '\'') /* which troff would print as a closing quotation mark */
                fputs("\\(aq", out);
            else
                put(out, letter);
        }
        putc('\n', out);
    }
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const struct command *)a)->name, ((const struct command *)b)->name);
}

/* Sorted by section, then by name. */
static void put_also(FILE *out, const char *command)
{
    struct command sorted[COMMANDS_MOST];
    size_t count = command_count < COMMANDS_MOST ? command_count : COMMANDS_MOST;
    memcpy(sorted, commands, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, by_name);
    fputs(".Sh SEE ALSO\n", out);
    if (command != NULL)
        fputs(".Xr willrun 1 ,\n", out);
    for (size_t i = 0; i < count; i++)
        if (command == NULL || strcmp(sorted[i].name, command) != 0)
            fprintf(out, ".Xr willrun-%s 1 ,\n", sorted[i].name);
    fputs(".Xr execve 2 ,\n.Xr willrun-rules 7 ,\n.Xr ld.so 8\n", out);
}

void manual_command(const struct command *command, const char *date, FILE *out)
{
    put_title(out, date, command->name);
    fprintf(out, ".Nm willrun-%s\n.Nd ", command->name);
    put_line(out, command->summary);
    fprintf(out, ".Sh SYNOPSIS\n.Nm willrun %s\n.Op Ar options\n", command->name);
    if (*command->operands != 0) {
        fputs(".Ar ", out);
        put_line(out, command->operands);
    }
    fputs(".Sh DESCRIPTION\n", out);
    put_line(out, command->text);
    fputs(".Pp\n", out);
    put_options(out, command);
    fputs(".Sh EXIT STATUS\n", out);
    put_line(out, command->statuses);
    fputs(".Pp\n2: wrong usage, unreadable input, or a PATH that does not exist.\n", out);
    put_examples(out, command);
    put_also(out, command->name);
}

void manual_program(const char *date, FILE *out)
{
    put_title(out, date, NULL);
    fputs(
        ".Nm willrun\n.Nd tell whether binaries will run in a root filesystem\n"
        ".Sh SYNOPSIS\n.Nm\n.Ar command\n.Op Ar options\n.Op Ar path ...\n"
        ".Sh DESCRIPTION\n"
        ".Nm\nreplays, on the facts that the files tell, what the kernel and the dynamic loaders\n"
        "of glibc and musl would do with them, and prints the words that they would print.\n"
        "Nothing of the root is executed.\n.Pp\nThe commands are:\n"
        ".Bl -tag -width Ds\n",
        out);
    for (size_t i = 0; i < command_count; i++) {
        fprintf(out, ".It Cm %s\n", commands[i].name);
        put(out, commands[i].summary);
        fprintf(out, ".\nSee\n.Xr willrun-%s 1 .\n", commands[i].name);
    }
    fputs(
        ".El\n.Sh ENVIRONMENT\n.Bl -tag -width Ds\n"
        ".It Ev WILLRUN_DATA\nThe folder that has bases/, the profiles of base images.\n"
        ".It Ev NO_COLOR , CLICOLOR_FORCE\nLeave colours out, or use them though the output is no "
        "terminal.\n"
        ".It Ev SOURCE_DATE_EPOCH\nThe time of all that\n.Cm bundle\nwrites, in seconds since "
        "1970.\n"
        ".It Ev GITHUB_STEP_SUMMARY\nWhere\n.Cm check Fl \\-format Cm github\nadds a summary.\n"
        ".El\n.Sh EXIT STATUS\n0: every subject meets\n.Fl \\-fail-on ;\n1: at least one does "
        "not;\n2: wrong usage, or unreadable input.\n",
        out);
    put_also(out, NULL);
}
