/* Where the report goes: standard output, or a file that is written whole or not at all. */
#ifndef WILLRUN_CLI_OUTPUT_H
#define WILLRUN_CLI_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/span.h"
#include "base/unfinished.h"
#include "base/vec.h"

struct output {
    FILE *stream;                 /* to write to */
    int fd;                       /* below it */
    int error;                    /* errno of the first write that failed; 0: none */
    char *path;                   /* for messages and for the rename; NULL: standard output */
    char *temporary;              /* the file beside `path`; NULL: written in place */
    struct unfinished unfinished; /* `temporary` */
    bool copies;                  /* what is written is kept in `copy`, too */
    struct VEC(char) copy;
};

/* `path` NULL or "-": standard output. Something that is no regular file (a
 * terminal, a fifo, /dev/stdout) is written in place. Complains and returns
 * false where it cannot be written. `output` stays where it is until it is kept
 * or dropped. */
bool output_open(struct output *output, const char *path);

/* Finish: the file gets its name. Complains and returns false where not all was
 * written; then there is no file, or still the old one. */
bool output_keep(struct output *output);

/* From here on keep what is written, as `copy`; and what came of it since. */
void output_copy(struct output *output);
struct span output_copied(struct output *output);

/* Leave no trace. */
void output_drop(struct output *output);

#endif
