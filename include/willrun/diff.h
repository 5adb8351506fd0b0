/**
 * @file
 * What changes for subjects when their root changes. Plain structures, owned by
 * the diff they hang on, valid until willrun_diff_free(). NULL means "none".
 */
#ifndef WILLRUN_DIFF_H
#define WILLRUN_DIFF_H

#include <stdbool.h>
#include <stddef.h>

#include "willrun/result.h"

/** How a subject fares in the new root beside the old one; the gravest first. */
enum willrun_change_kind {
    WILLRUN_BREAKS, /**< it starts to fail */
    WILLRUN_WORSE,  /**< it starts to be degraded, or unknown */
    WILLRUN_MENDS,  /**< it failed, and works now */
    WILLRUN_BETTER, /**< it was degraded or unknown, and is less so, or failed, and that is unknown
                       now */
    WILLRUN_OTHERWISE, /**< it fails still, for another reason */
    WILLRUN_VANISHES,  /**< the new root has it not */
    WILLRUN_APPEARS,   /**< the old root has it not */
    WILLRUN_CHANGE_KINDS,
};

/** Subjects of a library that are named. */
enum { WILLRUN_USERS_NAMED = 8 };

struct willrun_change {
    enum willrun_change_kind kind;
    const char *path;
    const struct willrun_subject *before, *after; /**< NULL: not there */
};

/** A library that some subject loads, in either root. */
struct willrun_library {
    const char *name;                 /**< as it is needed: "libssl.so.3" */
    const char *path_before, *path;   /**< NULL: not found */
    const char *before, *after;       /**< versions; NULL: not known, or not there */
    const char *const *versions_gone; /**< symbol versions that only the old one defines */
    size_t versions_gone_count;
    const char *const *users; /**< subjects that need it, a few */
    size_t user_count;        /**< of all; of the new root where it is needed there */
    bool needed;              /**< in the new root */
};

struct willrun_diff {
    const struct willrun_result *before, *after;
    const struct willrun_change *changes; /**< by kind, then by path */
    size_t change_count;
    size_t counts[WILLRUN_CHANGE_KINDS];
    size_t same;                             /**< subjects whose verdict and reason stay */
    const struct willrun_library *libraries; /**< those that change, by name */
    size_t library_count;
};

#endif
