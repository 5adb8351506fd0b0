/* What of a file a profile keeps: as much as willrun would read of it. */
#ifndef WILLRUN_SNAPSHOT_CUT_H
#define WILLRUN_SNAPSHOT_CUT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/vec.h"
#include "root/root.h"
#include "snapshot/tar.h"

/* A file cut down. */
struct cut {
    size_t size;       /* bytes; that of the file, or less where its end does not matter */
    struct span bytes; /* those that stay at their places, zero all others; where the
                        * runs end its end may be missing */
    struct VEC(struct tar_run) runs; /* that may hold others than zeros, in their order; each
                                      * begins and, but for that at the file's end, ends on a
                                      * TAR_BLOCK */
    unsigned char *heap;             /* of `bytes`; NULL: they are borrowed */
};

/* The files of a root that are read whole, by their content ids. */
struct kept_texts VEC(uint32_t);
void kept_texts_find(struct root *root, struct kept_texts *kept);

/* What counts of a file that starts with `head`: all of an ELF file and a script. */
enum file_want cut_wants(struct span head);

/**
 * Cut the regular file `node` down.
 *
 * @param file  its bytes, all or (where cut_wants says no, and it is neither in
 *              `kept` nor executable) the first ones
 * @param size  of the whole file, bytes
 */
void cut_file(const struct node *node, const struct kept_texts *kept, struct span file,
              uint64_t size, struct cut *cut);
void cut_free(struct cut *cut);

/* Is the whole of `node` needed to cut it, whatever it starts with? */
bool cut_wants_node(const struct node *node, const struct kept_texts *kept);

#endif
