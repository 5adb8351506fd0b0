/* Of the builds of an addon that a tree has for several platforms, those that its package would
 * load in the target: the others are no subjects. */
#ifndef WILLRUN_CHECK_CHOICES_H
#define WILLRUN_CHECK_CHOICES_H

#include "check/checking.h"

/* Take from checking->asked the files of node_modules that are never loaded in the target, but for
 * those that were named; checking->passed_over tells how many. Where a package has nothing that
 * would be loaded, one of its files stays and tells of it (asked.no_choice). */
void choices_make(struct checking *checking);

#endif
