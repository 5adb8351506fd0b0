/* What the process spends at most on input that nobody vouches for. One table has every limit that
 * may be changed; what a kernel or a loader limits itself (links, nested scripts) stands with its
 * replay and cannot be changed. */
#ifndef WILLRUN_BASE_LIMITS_H
#define WILLRUN_BASE_LIMITS_H

#include <stdint.h>

#include "base/err.h"

enum limit {
    LIMIT_MEMORY,
    LIMIT_ENTRIES,
    LIMIT_NAMES,
    LIMIT_EXPANSION,
    LIMIT_LAYERS,
    LIMIT_MANIFESTS,
    LIMIT_JSON,
    LIMIT_JSON_VALUES,
    LIMIT_DOCKERFILE,
    LIMIT_VARIABLES,
    LIMIT_COUNT
};

/* In the limit's unit: its default, or what limit_set() made of it. */
uint64_t limit_of(enum limit limit);

/* A limit of bytes as text, in the largest unit of which it is whole: "256 MiB". */
struct limit_text {
    char text[32];
};
struct limit_text limit_bytes(enum limit limit);

/* " (--limit NAME=N)": the end of a sentence that tells of a limit which was reached. */
const char *limit_hint(enum limit limit);

/* "NAME=SIZE", SIZE a whole number with K, M, G or T (powers of 1,024) behind it or nothing. Of the
 * process: not while another thread reads. WILLRUN_EUSAGE where it is no limit. */
bool limit_set(const char *text, struct err *err);

#endif
