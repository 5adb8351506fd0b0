/* What the reader's terminal can show. */
#ifndef WILLRUN_CLI_TERMINAL_H
#define WILLRUN_CLI_TERMINAL_H

#include "cli/options.h"
#include "willrun/willrun.h"

/* The style for a text that goes to the file descriptor `fd`. */
struct willrun_style terminal_style(const struct options *options, int fd);

#endif
