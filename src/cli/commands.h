/* The commands: names, who runs them, and what their help says. */
#ifndef WILLRUN_CLI_COMMANDS_H
#define WILLRUN_CLI_COMMANDS_H

#include <stddef.h>

struct options;

/* Each runs with parsed options and returns the exit status. */
int cmd_check(const struct options *options);
int cmd_config(const struct options *options);
int cmd_tree(const struct options *options);
int cmd_snapshot(const struct options *options);
int cmd_bases(const struct options *options);
int cmd_plan(const struct options *options);
int cmd_bundle(const struct options *options);
int cmd_diff(const struct options *options);
int cmd_inspect(const struct options *options);
int cmd_explain(const struct options *options);

/* One bit a command, for the options table. */
enum {
    FOR_CHECK = 1,
    FOR_TREE = 2,
    FOR_SNAPSHOT = 4,
    FOR_BASES = 8,
    FOR_DIFF = 16,
    FOR_BUNDLE = 32,
    FOR_PLAN = 64,
    FOR_INSPECT = 128,
    FOR_EXPLAIN = 256,
    FOR_CONFIG = 512,
};

struct example {
    const char *says;
    const char *command;
};

struct command {
    const char *name;
    unsigned bit;
    int (*run)(const struct options *options);
    const char *summary;            /* a line of `willrun --help` */
    const char *operands;           /* behind the options in the usage line */
    const char *text;               /* a paragraph */
    const char *statuses;           /* what exit status 0 and 1 mean */
    const struct example *examples; /* ended by NULL */
};

extern const struct command commands[];
extern const size_t command_count;

#endif
