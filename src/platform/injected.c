#include "platform/injected.h"

#include <stddef.h>
#include <string.h>

bool injected_by_host(const char *name)
{
    static const char *const stems[] = {
#define HOST_LIBRARY(stem) stem,
#include "host-libraries.def"
#undef HOST_LIBRARY
    };
    for (size_t i = 0; i < sizeof stems / sizeof *stems; i++) {
        size_t length = strlen(stems[i]);
        if (strncmp(name, stems[i], length) == 0 && strncmp(name + length, ".so", 3) == 0)
            return true;
    }
    return false;
}
