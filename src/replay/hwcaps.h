/* Subfolders of library folders that a CPU may use, best first: glibc-hwcaps (2.33 and
 * later, sysdeps/MACHINE/dl-hwcaps_subdirs.c), and before 2.37 the older ones, "tls" and
 * combinations of it with platform and capabilities (elf/dl-hwcaps.c). */
#ifndef WILLRUN_REPLAY_HWCAPS_H
#define WILLRUN_REPLAY_HWCAPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum {
    HWCAPS_LEVELS = 8,  /* most names of one machine below glibc-hwcaps */
    HWCAPS_FOLDERS = 16 /* most subfolders of one folder, with the folder itself */
};

/* The CPU for which subfolders are chosen. */
struct cpu {
    uint16_t machine;
    int level;      /* of x86-64; other machines are taken for the least of theirs */
    unsigned minor; /* of "2.36": the release that chooses */
};

/* Names below glibc-hwcaps that `cpu` may use, or (`usable` false) that a better CPU of
 * the machine uses, best first. */
size_t hwcaps_levels(const struct cpu *cpu, bool usable, const char *names[HWCAPS_LEVELS]);

/* Rank of a name below glibc-hwcaps: 1 is the best; 0: not usable. */
unsigned hwcaps_rank(const struct cpu *cpu, const char *name);

/* Every subfolder, as "glibc-hwcaps/x86-64-v2/" or "tls/x86_64/", in the order in which
 * it is tried; the last is "". Into `folders`; allocated in `arena`. */
size_t hwcaps_folders(const struct cpu *cpu, const char *platform, struct arena *arena,
                      const char *folders[HWCAPS_FOLDERS]);

/* May the CPU use an entry of ld.so.cache that has these bits of older subfolders? */
bool hwcaps_old_bits(const struct cpu *cpu, uint64_t bits);

#endif
