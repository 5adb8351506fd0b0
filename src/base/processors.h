#ifndef WILLRUN_BASE_PROCESSORS_H
#define WILLRUN_BASE_PROCESSORS_H

#include <stddef.h>

/* Processors that this process may use; at least 1. */
size_t processors(void);

#endif
