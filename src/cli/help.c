#include "cli/help.h"

#include <stdbool.h>
#include <string.h>

#include "cli/options.h"

enum { WIDTH = 80, OPTION_COLUMN = 26 };

/* Text folded at WIDTH, further lines at `indent`; a newline at its end. */
static void fold(FILE *out, unsigned column, unsigned indent, const char *text)
{
    bool begins = true;
    unsigned at = column;
    while (*text != 0) {
        size_t length = strcspn(text, " ");
        if (!begins && at + 1 + length > WIDTH) {
            fprintf(out, "\n%*s", (int)indent, "");
            at = indent;
        } else if (!begins) {
            fputc(' ', out);
            at++;
        }
        fwrite(text, 1, length, out);
        at += (unsigned)length;
        text += length + (text[length] == ' ');
        begins = false;
    }
    fputc('\n', out);
}

static void help_option(const struct option *option, FILE *out)
{
    char names[64], text[512];
    int length =
        snprintf(names, sizeof names, "  %c%c%s --%s%s%s", option->letter ? '-' : ' ',
                 option->letter ? option->letter : ' ', option->letter ? "," : " ", option->name,
                 option->argument ? " " : "", option->argument ? option->argument : "");
    fputs(names, out);
    if (length >= OPTION_COLUMN) {
        fputc('\n', out);
        length = 0;
    }
    fprintf(out, "%*s", OPTION_COLUMN - length, "");
    size_t used = (size_t)snprintf(text, sizeof text, "%s", option->help);
    const struct choice *choice = option->choices;
    for (; choice != NULL && choice->name != NULL && used < sizeof text; choice++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s",
                                 choice == option->choices ? " [" : ", ", choice->name);
    if (option->choices != NULL && used < sizeof text)
        snprintf(text + used, sizeof text - used, "]");
    fold(out, OPTION_COLUMN, OPTION_COLUMN, text);
}

void help_command(const struct command *command, FILE *out)
{
    fprintf(out, "Usage: willrun %s [OPTION]... %s\n\n", command->name, command->operands);
    fold(out, 0, 0, command->text);
    fputs("\nOptions:\n", out);
    for (size_t i = 0; i < option_count; i++)
        if ((option_table[i].commands & command->bit) != 0)
            help_option(&option_table[i], out);
    fputs("\nExamples:\n", out);
    for (const struct example *example = command->examples; example->command != NULL; example++) {
        if (example->says != NULL) {
            fputs("  ", out);
            fold(out, 2, 2, example->says);
        }
        fprintf(out, "      %s\n", example->command);
    }
    fputs("\nExit status:\n  ", out);
    fold(out, 2, 2, command->statuses);
    fputs("  2: usage, unreadable input, or a PATH that does not exist\n", out);
}

void help_program(FILE *out)
{
    fputs("willrun tells, before a deploy, whether binaries will run in a root filesystem,\n"
          "and what the kernel and the dynamic loader would say where they do not.\n\n"
          "Usage: willrun COMMAND [OPTION]... PATH...\n"
          "       willrun COMMAND --help\n"
          "       willrun --version\n\nCommands:\n",
          out);
    for (size_t i = 0; i < command_count; i++)
        fprintf(out, "  %-8s  %s\n", commands[i].name, commands[i].summary);
    fputs("\nExamples:\n", out);
    for (size_t i = 0; i < command_count; i++)
        fprintf(out, "  %s\n", commands[i].examples[0].command);
}
