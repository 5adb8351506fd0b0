/**
 * @file
 * The rules by which findings are made, and the manual's page of each.
 */
#ifndef WILLRUN_RULE_H
#define WILLRUN_RULE_H

#include "willrun/result.h"

/** All texts live as long as the library. */
struct willrun_rule {
    const char *name;               /**< stable: "interpreter-missing" */
    enum willrun_severity severity; /**< of its findings, where they do not say otherwise */
    /** Markdown: a title, a sentence that says what it is, what it means; then under headings an
     *  example, the message that it leads to (not all have one), the cure, and sources. */
    const char *page;
};

#endif
