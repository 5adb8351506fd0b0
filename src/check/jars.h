/* Libraries inside jars, which Java programs unpack when they run, and load. */
#ifndef WILLRUN_CHECK_JARS_H
#define WILLRUN_CHECK_JARS_H

#include "check/checking.h"

/* Is it a jar by its name, and a zip archive? */
bool jar_is(const struct node *node, const struct file_facts *file);

/* In place of each jar that is asked about, its libraries for the target are: /app/a.jar!/b.so. Of
 * builds of one library for several libcs, that for the target's. A jar without any stays. */
void jars_expand(struct checking *checking);

#endif
