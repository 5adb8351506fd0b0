/* glibc-hwcaps: the subfolders that a CPU may use, best first (glibc ≥ 2.33,
 * sysdeps/x86_64/dl-hwcaps_subdirs.c). */
#ifndef WILLRUN_REPLAY_HWCAPS_H
#define WILLRUN_REPLAY_HWCAPS_H

#include <stddef.h>
#include <stdint.h>

/* Names usable on `machine` at `cpu_level`, best first, into `names` (room for 4). */
size_t hwcaps_names(uint16_t machine, int cpu_level, const char *names[4]);

/* Rank of `name` among them: 1 is the best; 0: not usable. */
unsigned hwcaps_rank(uint16_t machine, int cpu_level, const char *name);

#endif
