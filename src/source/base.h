/* base:NAME, the profiles that ship: which file a name means, and where it lies. */
#ifndef WILLRUN_SOURCE_BASE_H
#define WILLRUN_SOURCE_BASE_H

#include "base/arena.h"
#include "source/source.h"

/* A row of data/bases.def. */
struct base {
    const char *file;  /* "debian-12-slim"; the profile is FILE_ARCH.tar.zst */
    const char *names; /* that users know, apart by blanks; the first is shown */
    const char *made_of;
};

/* All rows; the end has a NULL file. */
extern const struct base bases[];

/* An image of which the table of distributions knows versions alone. */
struct distribution {
    const char *family, *image;
    const char *aliases;                  /* apart by blanks; "": none */
    const char *glibc, *glibcxx, *cxxabi; /* NULL: not known */
    int cpu_level;                        /* x86-64 level that its amd64 packages need */
    bool advised;                         /* fixes name it */
    bool rolling;                         /* it had these versions, and has them or later ones */
    const char *from; /* where the versions stand, and when they were looked up */
};

/* All rows of data/distributions.def; the end has a NULL family. */
extern const struct distribution distributions[];

/* The profile that `name` (without "base:") means; NULL: none. */
const struct base *base_by_name(const char *name);

/* Its versions, where there is no profile; NULL: not known either. */
const struct distribution *distribution_by_name(const char *name);

/* Machines that profiles are made for, as in the files' names; ended by NULL. */
extern const char *const base_arches[];

/* A descriptor of the profile, which is the caller's, and its path, in `arena`; -1 where it is not
 * installed. */
int base_open(const struct base *base, const char *arch, struct arena *arena, const char **path);
bool base_is_there(const struct base *base, const char *arch);

/* The folders that data is looked for in, by their order: said by the environment (WILLRUN_DATA);
 * beside the program as it is installed (bin/ and share/willrun/) or built (build/PRESET/ and
 * data/); where it was to be installed. "": there is none at that place; NULL: that was all. */
const char *base_data_folder(size_t index, struct arena *arena);

/* Those in which profiles are looked for, parted by ", ". */
const char *base_folders(struct arena *arena);

/* The platform of base:NAME where none is asked for: that of this machine, as
 * `docker run` takes it. */
const char *base_platform(void);

/* "base:NAME" for a platform ("linux/arm64"; NULL: that of this machine). Of an
 * image whose versions alone are known the source is empty. */
struct source *source_open_base(const char *name, const char *platform, struct err *err);

#endif
