/* The lines that matter in a message or a log. */
#ifndef WILLRUN_EXPLAIN_SCAN_H
#define WILLRUN_EXPLAIN_SCAN_H

#include "explain/matcher.h"

/**
 * Find the messages in `text`, any bytes, and the one nearest to the root of the failure.
 *
 * @param readings what was found, one a line, in order; at most a few hundred
 * @return an index into `readings`; their count where nothing was recognised.
 */
size_t scan_text(struct matcher *matcher, const char *text, size_t size, struct arena *arena,
                 struct readings *readings);

#endif
