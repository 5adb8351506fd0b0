/* The lines of a Dockerfile: comments, parser directives, continued lines, heredocs. */
#ifndef WILLRUN_DOCKERFILE_LINES_H
#define WILLRUN_DOCKERFILE_LINES_H

#include "base/vec.h"
#include "dockerfile/dockerfile.h"

/* A part of an instruction that stands on one line of the file. */
struct piece {
    size_t at;         /* offset in the instruction */
    size_t from;       /* offset in the file */
    size_t line_begin; /* offset in the file of the line's first character */
    size_t line;       /* its number */
};

/* An instruction on one line: continued lines are joined. */
struct logical_line {
    const char *text; /* NUL-terminated; has no other NUL */
    size_t size;
    struct piece *pieces; /* at least one */
    size_t piece_count;
    size_t last; /* number of the last line, without heredocs */
    size_t end;  /* offset in the file of that line's end */
    const char **comments;
    size_t comment_count;
    struct {
        size_t from, column; /* a place in a line, from which the next is counted */
    } * counted;
};

/* A part of an instruction's text. */
struct slice {
    struct logical_line *line;
    size_t begin, end; /* in line->text */
};

/* How far the file is read. */
struct lines {
    struct dockerfile *file;
    size_t at;            /* offset of the line that comes next */
    size_t number;        /* of the line that was read last */
    bool directives_over; /* no directive can come any more */
    unsigned seen;        /* directives, as bits */
    struct VEC(struct directive) directives;
    struct VEC(struct dockerfile_warning) warnings;
};

enum taken { TAKEN_LINE, TAKEN_END, TAKEN_ERROR };

/* The next instruction. */
enum taken lines_take(struct lines *lines, struct logical_line *line, struct err *err);

/* The lines of a heredoc whose name and kind are known; `word` is where it is asked for. */
bool lines_take_heredoc(struct lines *lines, struct slice word, struct heredoc *heredoc,
                        struct err *err);

void lines_free(struct lines *lines);

/* Where the line begins: before the keyword where lines come first that have nothing but an escape.
 * Where it ends, without its heredocs. */
struct text_place lines_begin(const struct lines *lines, const struct logical_line *line);
struct text_place lines_end(const struct lines *lines, const struct logical_line *line);

/* The bytes of the line, with those of the heredocs that were taken behind it. */
struct span lines_source(const struct lines *lines, const struct logical_line *line, bool heredocs);

/* Where it begins in the file. */
size_t slice_offset(struct slice slice);

struct text_place slice_place(const struct dockerfile *file, struct slice slice);
struct text_range slice_range(const struct dockerfile *file, struct slice slice);

/* The text, NUL-terminated. */
const char *slice_text(struct dockerfile *file, struct slice slice);

/* Without the white space at both ends. */
struct slice slice_trim(struct slice slice);

/* How many bytes of `text`, which is NUL-terminated, are a white-space character (Unicode's
 * White_Space); 0: none. */
size_t space_length(const char *text);

#endif
