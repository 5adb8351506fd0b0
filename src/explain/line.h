/* A line of a log made plain: colours, escapes, JSON and prefixes taken away. */
#ifndef WILLRUN_EXPLAIN_LINE_H
#define WILLRUN_EXPLAIN_LINE_H

#include "explain/matcher.h"

/* Make `raw`, a line of a log or a part of a long one, plain. Of a JSON object its message is the
 * line. Texts are in `arena`. */
void line_read(const char *raw, size_t size, size_t number, struct arena *arena, struct line *line);

/* What is shown of the line: as it was written, but for what stands before the message. */
const char *line_shown(const struct line *line, struct arena *arena);

/* Bytes at the beginning of the line at `text` that stand before each line of a text: blanks, the
 * mark of a comment or of a quotation, the name that compose puts there. */
size_t line_lead(const char *text, size_t size);

#endif
