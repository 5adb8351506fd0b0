/* Files of data/ that the program itself carries, so that it serves where nothing is installed.
 * Only a build for that has any. */
#ifndef WILLRUN_BASE_EMBEDDED_H
#define WILLRUN_BASE_EMBEDDED_H

#include "base/span.h"

/* The bytes of the file called `name`; of none where it is not carried. */
struct span embedded_find(const char *name);

/* The same as an open file; -1 with errno where it is not carried. */
int embedded_open(const char *name);

#endif
