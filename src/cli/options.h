/* The command line: one table, from which parsing and help are made. */
#ifndef WILLRUN_CLI_OPTIONS_H
#define WILLRUN_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"

/* One of the words that an option takes. */
struct choice {
    const char *name; /* NULL ends a list */
    int value;
};

enum when { WHEN_AUTO, WHEN_ALWAYS, WHEN_NEVER };
enum fail_on { FAIL_ON_FAILS, FAIL_ON_DEGRADED, FAIL_ON_NEVER };

/* Texts in the order in which they were given; borrowed. */
struct text_list VEC(const char *);

/* Something that was said, and who said it. */
struct setting {
    const struct option *option;
    const char *value;
    const char *origin; /* "FILE:LINE", a variable's name, or "the command line" */
};

/* What was asked for. Texts are NULL and numbers 0 where nothing was said. */
struct options {
    const char *dockerfile, *target, *context;
    const char *root, *platform, *user, *workdir, *host, *why, *origin, *date, *to, *on, *output,
        *config, *cache;
    struct text_list build_args;
    struct text_list env, stages, copies, absent, extras, bases;
    struct text_list ignored, baselines, limits;
    const char *roots, *shard;
    struct text_list root_list; /* of the file `roots`: those of the shard */
    const struct config *file;  /* whose acceptances hold, too; NULL: none */
    struct text_list paths;     /* operands */
    struct VEC(
        struct setting) settings; /* all of them, in order: of two of one option the last holds */
    const struct choice *cpu, *format, *fail_on, *color, *progress;
    unsigned threads, exit_status, cache_size;
    bool all_platforms, all, list, partial, packages, quiet, verbose, no_sandbox, help;
};

enum option_kind {
    OPTION_FLAG,   /* bool */
    OPTION_TEXT,   /* const char *, the last one counts */
    OPTION_LIST,   /* struct text_list */
    OPTION_CHOICE, /* const struct choice * */
    OPTION_NUMBER, /* unsigned, from 1 to NUMBER_MOST */
};

enum { NUMBER_MOST = 4096 };

struct option {
    char letter;          /* 0: none */
    const char *name;     /* behind -- */
    const char *argument; /* what its value is called; NULL for a flag */
    enum option_kind kind;
    size_t field; /* of struct options, bytes */
    const struct choice *choices;
    unsigned commands; /* bits: who has it */
    const char *help;
};

extern const struct option option_table[];
extern const size_t option_count;

/* Nothing said yet; options_free() ends it. */
void options_begin(struct options *options);

/* Set the option called `name` of a command; a flag takes true or false. `value` and `origin` are
 * borrowed. False with one sentence in `problem`: what is wrong and, where it can be guessed, what
 * was meant. */
bool options_set(struct options *options, unsigned command, const char *name, const char *value,
                 const char *origin, char *problem, size_t problem_size);

/* Read `count` arguments behind the command's name into `options`. False as options_set(). */
bool options_parse(struct options *options, unsigned command, int count, char *const *arguments,
                   char *problem, size_t problem_size);

/* Set in `options` what is set in `given`, behind what is there, and add its operands. */
void options_apply(struct options *options, const struct options *given);
void options_free(struct options *options);

#endif
