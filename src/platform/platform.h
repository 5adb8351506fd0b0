/* The table of machines: what Docker calls them, what ELF calls them, what
 * their kernels run, and where their loaders lie. */
#ifndef WILLRUN_PLATFORM_PLATFORM_H
#define WILLRUN_PLATFORM_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "elf/elf_facts.h"

struct platform {
    const char *name;         /* "linux/arm/v7" */
    const char *arch;         /* what people say: "arm", "x86-64" */
    uint16_t machine;         /* EM_ */
    bool wide, big;           /* ELF class and byte order */
    const char *glibc_interp; /* "/lib/ld-linux-armhf.so.3"; NULL: none known */
    const char *musl_interp;  /* "/lib/ld-musl-armhf.so.1"; NULL: none known */
    const char *triplet;      /* Debian's multiarch name, "arm-linux-gnueabihf" */
    const char *at_platform;  /* AT_PLATFORM of the least CPU, "v7l"; for $PLATFORM */
};

/* All rows; the end has a NULL name. */
extern const struct platform platforms[];

/* The platform of an ELF file by machine, class, byte order and ABI flags
 * (arm float ABI, …); NULL for a machine that Docker has no name for. */
const struct platform *platform_of_elf(const struct elf_facts *elf);

/* The row for "linux/arm64", "linux/arm64/v8", "arm64", "x86_64", …; NULL: none. */
const struct platform *platform_by_name(const char *name);

/* The x86-64 level that a name says, 3 of "linux/amd64/v3"; 0: it says none. */
int platform_cpu_level(const char *name);

/* Does a kernel of `host` execute programs of this file's machine and ABI
 * (itself, or by its compat layer)? By elf_check_arch of arch/.../elf.h. */
bool platform_runs(const struct platform *host, const struct elf_facts *elf);

/* Which handler of a `host` kernel takes this file: `host` itself, or the row of
 * its compat layer; NULL: none. An ELF interpreter is taken by the handler of
 * its program alone. */
const struct platform *platform_handler(const struct platform *host, const struct elf_facts *elf);

/* elf_check_arch of the handler for `row` alone, without any compat layer. */
bool platform_accepts(const struct platform *row, const struct elf_facts *elf);

/* "x86-64", "arm64", "PowerPC (32-bit)"… for a sentence; never NULL. */
const char *platform_machine_name(uint16_t machine, bool wide, bool big);

#endif
