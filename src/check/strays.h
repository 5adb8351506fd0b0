/* Scripts that lie in a package of some language and that nothing is known to start. */
#ifndef WILLRUN_CHECK_STRAYS_H
#define WILLRUN_CHECK_STRAYS_H

#include "check/checking.h"

/* Take them from checking->asked, but for those that were named; checking->strays tells how many.
 * Where everything is asked for, they stay. */
void strays_leave_out(struct checking *checking);

#endif
