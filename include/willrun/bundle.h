/**
 * @file
 * A minimal root filesystem: the subjects and all that they need to start.
 * Plain structures, owned by the bundle they hang on, valid until
 * willrun_bundle_free(). NULL means "none".
 */
#ifndef WILLRUN_BUNDLE_H
#define WILLRUN_BUNDLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "willrun/result.h"

/** What is asked for. */
struct willrun_bundle_request {
    /** A folder that does not exist or is empty, or a file whose name ends in ".tar". Written whole
     *  or not at all. */
    const char *to;
    /** What else of the root goes along: absolute paths (a folder with all in it), or names of
     *  willrun_bundle_extra(). */
    const char *const *extras;
    size_t extra_count;
    bool partial; /**< leave out what is not found, and write subjects that do not run */
    int64_t time; /**< modification time of everything, seconds since 1970 */
};

/** A name for paths that programs look for at run time; `index` from 0, NULL behind the last. */
struct willrun_bundle_extra {
    const char *name;
    const char *paths; /**< parted by blanks; those that the root has are taken */
    const char *why;   /**< who needs them */
};

enum willrun_bundle_type { WILLRUN_BUNDLE_FOLDER, WILLRUN_BUNDLE_FILE, WILLRUN_BUNDLE_LINK };

struct willrun_bundle_entry {
    const char *path; /**< absolute, in the bundle and in the root that it is from */
    enum willrun_bundle_type type;
    const char *target; /**< of a symbolic link */
    uint64_t size;      /**< of a file, bytes */
};

struct willrun_bundle {
    const char *to;
    bool written;                               /**< false: a subject does not run in the root */
    const struct willrun_bundle_entry *entries; /**< by path */
    size_t entry_count;
    uint64_t size; /**< of all files, bytes */
    const struct willrun_result
        *check; /**< of the subjects, in what was written; else in the root */
};

#endif
