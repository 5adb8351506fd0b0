/* Libraries that the host puts into a container when it starts. */
#ifndef WILLRUN_PLATFORM_INJECTED_H
#define WILLRUN_PLATFORM_INJECTED_H

#include <stdbool.h>

/* Is "libcuda.so.1" one of them? */
bool injected_by_host(const char *name);

#endif
