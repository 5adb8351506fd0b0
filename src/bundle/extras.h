/* Names for what programs look for once they run. */
#ifndef WILLRUN_BUNDLE_EXTRAS_H
#define WILLRUN_BUNDLE_EXTRAS_H

#include "willrun/bundle.h"

/* The row called `name`; NULL: there is none. */
const struct willrun_bundle_extra *bundle_extra(const char *name);

#endif
