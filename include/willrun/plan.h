/**
 * @file
 * Which base images artifacts run on, and the runtime stage for one of them.
 * Plain structures, owned by the plan they hang on, valid until
 * willrun_plan_free(). NULL means "none".
 */
#ifndef WILLRUN_PLAN_H
#define WILLRUN_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "willrun/result.h"

/** What is asked for beside the artifacts, which are the subjects and copies of the context. */
struct willrun_plan_request {
    const char *on; /**< the only base to plan for, an image's name or a source; NULL: any */
    const char *const *bases; /**< "IMAGE=SOURCE": images beside those that ship as profiles */
    size_t base_count;
    bool packages; /**< install packages in place of copying libraries, where the base can and they
                        are the stage's own */
};

/** One base image. */
struct willrun_candidate {
    const char *image;            /**< as FROM names it: "debian:12-slim" */
    const char *source;           /**< what was checked against: "base:debian:12-slim" */
    enum willrun_verdict verdict; /**< the worst of the artifacts', with the copies made */
    bool fits;                    /**< all of them start */
    const char *why;              /**< the finding that decides; NULL: they run */
    const char *fix;              /**< what would mend it */
    enum willrun_libc libc;
    const char *libc_version;
    bool shell;              /**< it has /bin/sh */
    uint64_t estimated_size; /**< of its files and of what is copied, bytes; profiles hold less than
                                the image */
    const char *unread;      /**< a folder whose files it leaves out, for it cannot be read; NULL:
                                there is none */
    const struct willrun_copy_line *copies; /**< from the stages: libraries, and files that are
                                                 looked for later; `to` may be a file or a folder of
                                                 the same name */
    size_t copy_count;
    const char *const *packages; /**< that would bring the same, where the stages know them */
    size_t package_count;
    const char *installer;       /**< "apt-get", "apk"; NULL: it has none */
    const char *const *installs; /**< those of the packages that it can install */
    size_t install_count;
    const char *const *lacks; /**< what they look for when they run, and no stage has */
    size_t lack_count;
};

struct willrun_plan {
    const char *platform;                       /**< "linux/amd64" */
    const struct willrun_candidate *candidates; /**< the best first */
    size_t candidate_count;
    const struct willrun_candidate *chosen; /**< NULL: none fits */
    const char *change;                 /**< the least that would make one fit; NULL: one does */
    const char *dockerfile;             /**< of the chosen one: lines of a runtime stage */
    const struct willrun_result *check; /**< of that stage; of the best one where none fits */
};

#endif
