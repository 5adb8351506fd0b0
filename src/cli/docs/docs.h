/* What is made of the tables of commands and options beside --help. */
#ifndef WILLRUN_CLI_DOCS_DOCS_H
#define WILLRUN_CLI_DOCS_DOCS_H

#include <stdio.h>

#include "cli/commands.h"
#include "cli/options.h"

/* Manual pages in mdoc(7): willrun(1), and one a command. `date`: "November 23, 2026". */
void manual_program(const char *date, FILE *out);
void manual_command(const struct command *command, const char *date, FILE *out);

/* willrun-rules(7): the manual of every rule. */
void manual_rules(const char *date, FILE *out);

/* Text in an mdoc page: what begins a request, and backslashes, are no markup. */
void mdoc_put(const char *text, size_t length, FILE *out);

/* Completions of command lines. */
void complete_bash(FILE *out);
void complete_zsh(FILE *out);
void complete_fish(FILE *out);

/* Does the option's value name a file or a folder? */
bool option_takes_path(const struct option *option);

#endif
