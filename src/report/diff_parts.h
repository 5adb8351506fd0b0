/* What the reports of a diff share. */
#ifndef WILLRUN_REPORT_DIFF_PARTS_H
#define WILLRUN_REPORT_DIFF_PARTS_H

#include <stdio.h>

#include "willrun/willrun.h"

/* How a kind of change is called in JSON, and said to people. */
struct change_words {
    const char *name, *says;
    bool listed; /* one by one: the others are counted, but for --verbose */
};

extern const struct change_words change_words[WILLRUN_CHANGE_KINDS];

/* Is it listed one by one? What appears because nobody could look there is, too: it may hide what
 * vanishes. */
bool change_is_listed(const struct willrun_change *change);

/* The finding that makes a subject what it is; NULL: it runs. */
const struct willrun_finding *deciding_finding(const struct willrun_subject *subject);

/* "vanishes", "appears", "1.2.11 -> 1.2.13": what becomes of a library. */
void library_words(const struct willrun_library *library, const char *arrow, char *text,
                   size_t size);

void diff_text(const struct willrun_diff *diff, const struct willrun_style *style, FILE *out);
void diff_json(const struct willrun_diff *diff, FILE *out);
void diff_markdown(const struct willrun_diff *diff, FILE *out);

#endif
