/* A Dockerfile, as BuildKit reads it: instructions and stages, each with the text and the place
 * that it was made from. Nothing is expanded here (scope.h) or run. */
#ifndef WILLRUN_DOCKERFILE_DOCKERFILE_H
#define WILLRUN_DOCKERFILE_DOCKERFILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

/* A place in the file: both from 1; columns count characters. Line 0: nowhere. */
struct text_place {
    size_t line, column;
};

struct text_range {
    struct text_place begin, end; /* `end`: behind the last character */
};

/* `# escape=` and its like, which count only at the top of the file. */
struct directive {
    const char *name; /* lower case: "syntax", "escape" or "check" */
    const char *value;
    struct text_range range;
};

enum instruction_kind {
#define INSTRUCTION(id, shape, count, order, expands) INSTRUCTION_##id,
#include "dockerfile/instructions.def"
#undef INSTRUCTION
    INSTRUCTION_COUNT
};

/* `--name=value`. */
struct flag {
    const char *name;  /* without the dashes */
    const char *value; /* quotes and escapes are gone, variables are not; NULL: no `=` */
    struct text_range range;
};

/* `<<EOF` and the lines that follow. */
struct heredoc {
    const char *name;
    unsigned descriptor;     /* of `3<<EOF`; 0 where none is written */
    bool expand;             /* the name is not quoted: variables in the content are replaced */
    bool chomp;              /* `<<-`: leading tabs go (heredoc_text) */
    struct span content;     /* as in the file, line ends and tabs, too; without the last line */
    struct text_range range; /* of the content and of the line that ends it */
};

/* One argument, as BuildKit's parser leaves it: quotes, escapes and variables are in it, but for
 * the JSON form, whose strings are decoded. */
struct argument {
    const char *text;
    const struct heredoc *heredoc; /* of COPY and ADD: a source that is one; else NULL */
    struct text_range range;
};

/* Of ARG, ENV and LABEL: name=value. */
struct pair {
    const char *name;
    const char *value; /* NULL: ARG without a value */
    bool spaced;       /* the old form, ENV name value */
    struct text_range range;
};

struct instruction {
    enum instruction_kind kind;
    const char *name;    /* upper case: "COPY" */
    const char *keyword; /* as it is written */
    const char *line; /* the whole of it on one line: continued lines are joined, comments gone */
    bool json;        /* the arguments came in JSON form: exec form where it is a command */

    struct flag *flags;
    size_t flag_count;

    /* ADD, COPY: sources, and last the destination. CMD, ENTRYPOINT, RUN, SHELL: the strings of the
     * JSON form; else one argument, the whole command for a shell (none: no text at all).
     * EXPOSE, VOLUME: each one. FROM: base, and where named "AS" and the name as it is written.
     * HEALTHCHECK: "NONE" or "CMD" as it is written, and the command as above. MAINTAINER,
     * STOPSIGNAL, USER, WORKDIR: one. ARG, ENV, LABEL, ONBUILD: none. */
    struct argument *args;
    size_t arg_count;

    struct pair *pairs; /* ARG, ENV, LABEL */
    size_t pair_count;

    struct heredoc *heredocs; /* ADD, COPY, RUN in shell form; of ONBUILD: the trigger's, too */
    size_t heredoc_count;

    struct instruction *trigger; /* ONBUILD; its flags and arguments are not judged until a build
                                    starts from the image, as BuildKit has it; else NULL */

    const char **comments; /* the lines of comment right above, without the `#` */
    size_t comment_count;

    size_t stage; /* index of the stage that it is of; SIZE_MAX: an ARG above the first FROM */
    struct span source;      /* the lines of the file as they are, heredocs included */
    struct text_range range; /* from the first line to the end of the last, as `source` */
    struct text_range keyword_range;
};

struct build_stage {
    const char *name;            /* lower case; NULL: none is given */
    const struct argument *base; /* of FROM: an image, an earlier stage, or `scratch` */
    const char *platform;        /* of --platform; NULL: none is given */
    const struct instruction *from;
    struct instruction *instructions; /* those behind `from`, up to the next FROM */
    size_t instruction_count;
};

struct dockerfile_warning {
    const char *text; /* one sentence */
    struct text_place place;
};

struct dockerfile {
    const char *name; /* as messages call it */
    struct span text; /* the whole file */
    char escape;      /* `\` or `` ` `` */

    struct directive *directives;
    size_t directive_count;

    struct instruction *instructions; /* all, in the file's order */
    size_t instruction_count;
    size_t global_count; /* how many of them, all ARG, stand above the first FROM */

    struct build_stage *stages; /* at least one */
    size_t stage_count;

    struct dockerfile_warning *warnings;
    size_t warning_count;

    struct arena arena; /* owns all of the above */
};

/**
 * Read a Dockerfile. `text` is not needed afterwards.
 *
 * Like BuildKit's parser: first each line is split, then each instruction is judged, so that the
 * first error of the first kind is told before any of the second.
 *
 * @return for dockerfile_free; NULL with WILLRUN_EINPUT: "NAME:LINE:COLUMN: what is wrong".
 */
struct dockerfile *dockerfile_read(const char *name, struct span text, struct err *err);

/* The same of the file at `path`, `-` being the standard input. */
struct dockerfile *dockerfile_open(const char *path, struct err *err);

void dockerfile_free(struct dockerfile *file);

/* Fill `err` with WILLRUN_EINPUT and "NAME:LINE:COLUMN: " before the sentence. Returns false. */
bool dockerfile_fail(const struct dockerfile *file, struct text_place place, struct err *err,
                     const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The last stage of that name (case does not matter) among the first `count`; SIZE_MAX: none. */
size_t dockerfile_stage_named(const struct dockerfile *file, const char *name, size_t count);

/* The flag of that name, the last where there are more; NULL: not given. */
const struct flag *instruction_flag(const struct instruction *instruction, const char *name);

/* Is a flag that needs no value given and not "false"? */
bool instruction_flag_on(const struct instruction *instruction, const char *name);

/* The content of a heredoc, chomped where it asks for it. */
struct span heredoc_text(const struct heredoc *heredoc, struct arena *arena);

/* Line `number` of the file without its end; empty where there is none. */
struct span dockerfile_line(const struct dockerfile *file, size_t number);

/* Are the variables in the arguments of such an instruction replaced by the builder? */
bool instruction_expands(enum instruction_kind kind);

/**
 * What an ONBUILD leaves to a stage that starts from this one's image: its trigger, judged like an
 * instruction that stands in that stage.
 */
bool instruction_judge(const struct dockerfile *file, struct instruction *instruction,
                       struct err *err);

#endif
