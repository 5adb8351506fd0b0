/* --help, made from the tables of commands and options. */
#ifndef WILLRUN_CLI_HELP_H
#define WILLRUN_CLI_HELP_H

#include <stdio.h>

#include "cli/commands.h"

void help_program(FILE *out);
void help_command(const struct command *command, FILE *out);

#endif
