/* The Markdown that the manual's pages are written in, block by block: a title, headings,
 * paragraphs, items and literal lines; in them `code` and **strong** words. */
#ifndef WILLRUN_REPORT_PROSE_H
#define WILLRUN_REPORT_PROSE_H

#include <stdbool.h>
#include <stddef.h>

enum prose_kind { PROSE_TITLE, PROSE_HEADING, PROSE_PARAGRAPH, PROSE_ITEM, PROSE_LITERAL };

/* A part of the text; nothing is copied. Lines of a paragraph or an item but the first may be
 * indented; those of a literal block all are, by PROSE_INDENT. */
struct prose_block {
    enum prose_kind kind;
    const char *text;
    size_t length; /* without the newline at its end */
};
enum { PROSE_INDENT = 4 };

/* The block at `*at`, which moves behind it; false: the text is at its end. */
bool prose_next(const char **at, struct prose_block *block);

enum prose_mark { PROSE_PLAIN, PROSE_CODE, PROSE_STRONG };

/* A run of one kind, in which no mark is left; blanks and newlines are as they stand. */
struct prose_run {
    enum prose_mark mark;
    const char *text;
    size_t length;
};

/* The run at `*at`, which moves behind it; false: it is at `end`. */
bool prose_run(const char **at, const char *end, struct prose_run *run);

/* The next line of a block, without its newline; `*at` moves behind it. */
bool prose_line(const char **at, const char *end, struct prose_run *line);

/* The sentence below a page's title. */
struct prose_block prose_summary(const char *page);

#endif
