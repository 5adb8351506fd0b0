/* Parts that the reports for people share. */
#ifndef WILLRUN_REPORT_TEXT_PARTS_H
#define WILLRUN_REPORT_TEXT_PARTS_H

#include "report/screen.h"

/* "root alpine: linux/amd64, musl 1.2.5, /lib/ld-musl-x86_64.so.1" and an empty line. */
void text_target(const struct screen *screen, const struct willrun_target *target);

/* The findings of `subject` as far as the style wants them: many of one rule as
 * a few and their count. `search` adds to a missing library where it was looked for. */
void text_findings(const struct screen *screen, const struct willrun_subject *subject, bool search);

/* Does the style show this finding of the subject? */
bool text_shows(const struct screen *screen, const struct willrun_subject *subject,
                const struct willrun_finding *finding);

/* What was considered for `object`, one path a line; at most `most` lines (0: all). */
void text_trail(const struct screen *screen, const struct willrun_object *object, size_t most);

/* How every object of that name was found (--why). Returns how many there are. */
size_t text_why(const struct screen *screen, const struct willrun_subject *subject);

/* The object called `name` that was not found; NULL: there is none. */
const struct willrun_object *missing_object(const struct willrun_subject *subject,
                                            const char *name);

/* The part of a path behind its last slash. */
const char *last_part(const char *path);

#endif
