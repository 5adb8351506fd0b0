/* What a Java virtual machine adds to the words of dlerror. */
#ifndef WILLRUN_CHECK_HOST_JAVA_H
#define WILLRUN_CHECK_HOST_JAVA_H

#include "check/host.h"

/* HotSpot looks itself at the header of what dlopen refused (os_linux.cpp, os::dll_load), and says
 * so where it is for another machine: the cause, in `arena`, for the library at `path`; "": none.
 */
const char *host_java_cause(const struct target *target, const struct host *host, const char *path,
                            struct arena *arena);

#endif
