/* What a release of musl knows that others do not: its WHATSNEW, and Alpine's patches. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "file/os_release.h"
#include "replay/musl_parts.h"

/* "1.2.4" as 10204; a part that is not there is 0. */
static unsigned number_of(const char *text)
{
    unsigned part[3] = {0};
    for (size_t i = 0; text != NULL && i < 3; i++) {
        char *end;
        part[i] = (unsigned)strtoul(text, &end, 10);
        text = *end == '.' ? end + 1 : NULL;
    }
    return part[0] * 10000 + part[1] * 100 + part[2];
}

/* Alpine's musl, which its soname tells, had packed relative relocations before musl: all of
 * its 1.2.3, and that 1.2.2 which is in Alpine 3.15 (r9), but not that in 3.14 (r4). Asked of their
 * own loaders. */
static bool is_patched(const struct musl *musl, unsigned release)
{
    enum { PATCHED = 10203, SOME_PATCHED = 10202, FIRST_ALPINE = 31500 };
    static const char soname[] = "libc.musl-";
    if (musl->libc->soname == NULL || strncmp(musl->libc->soname, soname, sizeof soname - 1) != 0)
        return false;
    if (release != SOME_PATCHED)
        return release >= PATCHED;
    struct arena scratch = {0};
    struct os_release system;
    os_release_read(musl->facts, &scratch, &system);
    bool patched = system.id != NULL && strcmp(system.id, "alpine") == 0 &&
                   number_of(system.version_id) >= FIRST_ALPINE;
    arena_free(&scratch);
    return patched;
}

void musl_know_release(struct musl *musl)
{
    enum {
        FIRST_RELR = 10204,
        FIRST_RISCV_DESC = 10205,
        FIRST_LONG_LFS64 = 10206,
        LFS64_BUFFER = 16
    };
    unsigned release = number_of(musl->libc->musl_release);
    musl->has_relr = release >= FIRST_RELR || is_patched(musl, release);
    musl->has_riscv_desc = release >= FIRST_RISCV_DESC;
    musl->lfs64_longest = release >= FIRST_LONG_LFS64 ? SIZE_MAX : LFS64_BUFFER;
}
