/* Archives in which there are binaries, read where they lie. */
#ifndef WILLRUN_INSPECT_ARCHIVE_H
#define WILLRUN_INSPECT_ARCHIVE_H

#include "base/vec.h"
#include "inspect/describe.h"

struct inspected_list VEC(struct willrun_inspected);

struct gathering {
    struct arena *arena; /* of all texts */
    struct inspected_list files;
    struct VEC(const char *) troubles; /* sentences */
};

/* Does the file begin as an archive that archive_gather reads? */
bool archive_is(struct span head);

/* … as a zip archive? */
bool archive_is_zip(struct span head);

/* Describe one file; where it was not `named`, only if it is a program or a shared object. */
void gather_file(const struct place *place, struct span bytes, bool named,
                 struct gathering *gathering);

/* Describe every ELF file in the archive called `name`, and in those in it. */
void archive_gather(const char *name, struct span archive, struct gathering *gathering);

#endif
