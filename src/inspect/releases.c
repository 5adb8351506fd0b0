#include "inspect/releases.h"

#include <string.h>

#include "inspect/kept.h"
#include "source/base.h"
#include "verdict/advice.h"

/* A release, of either libc. */
struct release {
    const char *image;
    enum willrun_libc libc;
    const char *level, *glibcxx, *cxxabi;
};

static const struct release musl_releases[] = {
#define MUSL_DISTRIBUTION(image, aliases, musl, glibcxx, cxxabi, from)                             \
    {image, WILLRUN_LIBC_MUSL, musl, glibcxx, cxxabi},
#include "musl-distributions.def"
#undef MUSL_DISTRIBUTION
};

static bool reaches(const char *has, const struct willrun_floor *floor)
{
    if (floor->level == NULL)
        return true;
    return has != NULL && version_compare(has, floor->level) >= 0; /* else it is not known */
}

static bool serves(const struct release *release, const struct willrun_inspected *file)
{
    enum willrun_floor_of libc =
        release->libc == WILLRUN_LIBC_GLIBC ? WILLRUN_FLOOR_GLIBC : WILLRUN_FLOOR_MUSL;
    if (file->libc == WILLRUN_LIBC_NONE)
        return true;
    return file->libc == release->libc && reaches(release->level, &file->floors[libc]) &&
           reaches(release->glibcxx, &file->floors[WILLRUN_FLOOR_LIBSTDCXX]) &&
           reaches(release->cxxabi, &file->floors[WILLRUN_FLOOR_CXXABI]);
}

void releases_read(const struct elf_details *details, struct arena *arena,
                   struct willrun_inspected *file)
{
    struct VEC(const char *) images = {0};
    const struct elf_facts *facts = details->facts;
    if (facts->state != ELF_WHOLE || file->private_glibc || file->kind == WILLRUN_KIND_OTHER)
        return; /* nobody's promise covers GLIBC_PRIVATE */
    for (const struct distribution *row = distributions; row->family != NULL; row++) {
        struct release release = {row->image, WILLRUN_LIBC_GLIBC, row->glibc, row->glibcxx,
                                  row->cxxabi};
        if (serves(&release, file))
            *vec_push(&images) = row->image;
    }
    for (size_t i = 0; i < sizeof musl_releases / sizeof *musl_releases; i++)
        if (serves(&musl_releases[i], file))
            *vec_push(&images) = musl_releases[i].image;
    file->runs_on = vec_kept(arena, &images, &file->runs_on_count);
}
