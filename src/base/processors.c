#include "base/processors.h"

#include <sched.h>

size_t processors(void)
{
    cpu_set_t cpus;
    if (sched_getaffinity(0, sizeof cpus, &cpus) == 0 && CPU_COUNT(&cpus) > 0)
        return (size_t)CPU_COUNT(&cpus);
    return 1;
}
