/**
 * @file
 * What a message of a failure means. Plain structures, owned by the explanation they hang on, valid
 * until willrun_explanation_free(). Strings are UTF-8 where the message is; NULL means "none".
 */
#ifndef WILLRUN_EXPLAIN_H
#define WILLRUN_EXPLAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "willrun/result.h"

/** What is to be explained. */
struct willrun_explain_request {
    const char *text; /**< a message, or a whole log with messages in it; any bytes */
    size_t size;      /**< of `text`, bytes */
    int exit_status;  /**< that a container or a process ended with; -1: not known */
};

/** How sure it is that a cause is the one. */
enum willrun_confidence {
    WILLRUN_POSSIBLE, /**< the words allow it */
    WILLRUN_LIKELY,   /**< the words speak for it */
    WILLRUN_CERTAIN,  /**< the words leave nothing else, or the target's files show it */
};

/** One thing that the message can come from. */
struct willrun_cause {
    const char *cause_class; /**< "interp-missing", "lib-missing", …: willrun_cause_class() */
    enum willrun_confidence confidence;
    const char *subject;         /**< the file, library, symbol or user that the message is about */
    const char *why;             /**< one sentence: what it would be */
    const char *const *evidence; /**< facts that speak for it: of the words, then of the target */
    size_t evidence_count;
    const char *fix;             /**< one sentence with the concrete step */
    const char *const *commands; /**< that show whether it is so, or mend it */
    size_t command_count;
    const char *rule; /**< of willrun_finding.rule; NULL: a check does not look at it */
};

struct willrun_explanation {
    const char *message; /**< the line that decides, without prefixes; NULL: none was recognised */
    size_t line;         /**< its number in the text, from 1; 0: none */
    const char *speaker; /**< who says it: "glibc's loader"; NULL: not known */
    /** What it names. */
    const char *object, *needed_by, *symbol, *version, *interpreter, *path, *platform, *error;
    const struct willrun_cause *causes; /**< the likeliest first */
    size_t cause_count;
    bool decided; /**< the target's files decided which cause it is */
    /** What was found in the target (NULL: no target was given, or nothing in it was named). */
    const struct willrun_result *check;
    const char *next; /**< what to do where nothing decided: one sentence */
};

#endif
