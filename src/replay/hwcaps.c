#include "replay/hwcaps.h"

#include <elf.h>
#include <string.h>

enum { FIRST_WITHOUT_OLD = 37 }; /* release of glibc 2 */

/* Best first. `level`: of x86-64, that may use it; 0: none that is the least of its kind. */
static const struct {
    uint16_t machine;
    uint8_t level;
    uint8_t minor; /* first release that looks there */
    const char *name;
} levels[] = {
    {EM_X86_64, 4, 33, "x86-64-v4"}, {EM_X86_64, 3, 33, "x86-64-v3"},
    {EM_X86_64, 2, 33, "x86-64-v2"}, {EM_PPC64, 0, 33, "power10"},
    {EM_PPC64, 0, 33, "power9"},     {EM_S390, 0, 42, "z17"},
    {EM_S390, 0, 34, "z16"},         {EM_S390, 0, 33, "z15"},
    {EM_S390, 0, 33, "z14"},         {EM_S390, 0, 33, "z13"},
};

/* The capability whose name is an older subfolder, and its bit in ld.so.cache. On x86-64
 * a CPU of Intel may have "haswell" for its platform, too; it is taken for another. */
static const struct {
    uint16_t machine;
    const char *name;
    uint64_t bit;
} old_caps[] = {{EM_X86_64, "x86_64", 1 << 1}, {EM_386, "sse2", 1 << 0}};

size_t hwcaps_levels(const struct cpu *cpu, bool usable, const char *names[HWCAPS_LEVELS])
{
    size_t count = 0;
    for (size_t i = 0; i < sizeof levels / sizeof *levels; i++)
        if (levels[i].machine == cpu->machine && levels[i].minor <= cpu->minor &&
            usable == (levels[i].level != 0 && levels[i].level <= cpu->level))
            names[count++] = levels[i].name;
    return count;
}

unsigned hwcaps_rank(const struct cpu *cpu, const char *name)
{
    const char *names[HWCAPS_LEVELS];
    size_t count = hwcaps_levels(cpu, true, names);
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return (unsigned)i + 1;
    return 0;
}

static const char *old_cap(const struct cpu *cpu, uint64_t *bit)
{
    for (size_t i = 0; i < sizeof old_caps / sizeof *old_caps; i++)
        if (old_caps[i].machine == cpu->machine) {
            *bit = old_caps[i].bit;
            return old_caps[i].name;
        }
    *bit = 0;
    return NULL;
}

size_t hwcaps_folders(const struct cpu *cpu, const char *platform, struct arena *arena,
                      const char *folders[HWCAPS_FOLDERS])
{
    const char *names[HWCAPS_LEVELS], *parts[3]; /* the least important first */
    uint64_t bit;
    size_t count = 0, part_count = 0, usable = hwcaps_levels(cpu, true, names);
    for (size_t i = 0; i < usable; i++)
        folders[count++] = arena_format(arena, "glibc-hwcaps/%s/", names[i]);
    if (cpu->minor < FIRST_WITHOUT_OLD) {
        const char *cap = old_cap(cpu, &bit);
        if (cap != NULL)
            parts[part_count++] = cap;
        if (platform != NULL)
            parts[part_count++] = platform;
        parts[part_count++] = "tls";
    }
    for (unsigned set = 1U << part_count; set-- > 1;) {
        const char *folder = "";
        for (size_t i = part_count; i-- > 0;)
            if (set & 1U << i)
                folder = arena_format(arena, "%s%s/", folder, parts[i]);
        folders[count++] = folder;
    }
    folders[count++] = "";
    return count;
}

bool hwcaps_old_bits(const struct cpu *cpu, uint64_t bits)
{
    static const uint64_t tls = (uint64_t)1 << 63;
    uint64_t own;
    old_cap(cpu, &own);
    return cpu->minor < FIRST_WITHOUT_OLD && (bits & ~(tls | own)) == 0;
}
