#include "replay/hwcaps.h"

#include <elf.h>
#include <string.h>

size_t hwcaps_names(uint16_t machine, int cpu_level, const char *names[4])
{
    static const char *const x86[] = {"x86-64-v2", "x86-64-v3", "x86-64-v4"};
    size_t count = 0;
    if (machine == EM_X86_64)
        for (int level = cpu_level < 4 ? cpu_level : 4; level >= 2; level--)
            names[count++] = x86[level - 2];
    return count;
}

unsigned hwcaps_rank(uint16_t machine, int cpu_level, const char *name)
{
    const char *names[4];
    size_t count = hwcaps_names(machine, cpu_level, names);
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (unsigned)i + 1;
    return 0;
}
