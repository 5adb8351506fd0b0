/* The wheel that a file of site-packages came in (PEP 427, PEP 600, PEP 656; the .dist-info folder
 * of the binary distribution format). */
#ifndef WILLRUN_CHECK_WHEEL_H
#define WILLRUN_CHECK_WHEEL_H

#include "check/subject.h"

struct wheel {
    const char *name, *version; /* "psycopg2_binary", "2.9.9" */
    const char *const *tags;    /* "cp311-cp311-manylinux_2_17_x86_64" */
    size_t tag_count;
};

/* Find the wheel of the file at `path`; false: none that is recorded. */
bool wheel_find(struct facts *facts, const char *path, struct arena *arena, struct wheel *wheel);

/* What a wheel's tags are held to. */
struct wheel_target {
    unsigned minor; /* of Python 3 */
    bool threaded;
    enum willrun_libc libc;
    const char *libc_version; /* NULL: not known */
    const char *machine;      /* as in tags, "x86_64"; NULL: not known */
};

/* Is there a tag that fits the target, as pip chooses them? */
bool wheel_fits(const struct wheel *wheel, const struct wheel_target *target);

/* pip's name of the platform that a target takes wheels for: "musllinux_1_2_x86_64"; NULL where it
 * is not known. */
const char *wheel_platform(const struct wheel_target *target, struct arena *arena);

#endif
