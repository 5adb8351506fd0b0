/* What an answer rests on: everything outside of the program that was asked while it was made, and
 * what came of it. Where the same questions are answered the same, the same program gives the same
 * answer again, and it need not be made again.
 *
 * A question is a name's facts, a folder's list, where a path leads, or a variable's value. Of a
 * regular file the facts stand for its bytes, which are not read again: (device, inode, type, mode,
 * owner, size, mtime, ctime). That is sound because
 *  - ctime changes with whatever changes a file, and no call sets it (inode(7)); a file that takes
 *    another's name brings its own inode and ctime;
 *  - a change within the clock's tick in which a file was read would leave its ctime as it was
 * (what git calls racily clean): of a file whose ctime is not yet older than RACY seconds, or is in
 * the future, nothing is kept;
 *  - it is asked of filesystems alone that keep such times themselves: not of images with made-up
 *    times (squashfs, erofs, iso9660), of networks, whose attributes may be old, of FUSE, nor of
 *    tmpfs, which sets no time where a mapping is written to. Where a ctime has no nanoseconds (an
 *    overlay over such an image, ext4 as mke2fs -d fills it), nothing is kept either; but a file
 *    that is named, and not large, is then known by its bytes.
 * What is left is a program that goes on writing to a page through a mapping that it already wrote
 * to before the file was read for the first time, and that the kernel has not written back since.
 *
 * Of a folder times do not count: its list is asked for again, each name with its facts; of a link
 * its target counts.
 *
 * One answer at a time is witnessed, for the whole process. */
#ifndef WILLRUN_SOURCE_WITNESS_H
#define WILLRUN_SOURCE_WITNESS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

#include "base/sha256.h"
#include "base/span.h"

enum witness_kind {
    WITNESS_TOP = 't',     /* a folder: LOOK and LIST that follow are of paths in it */
    WITNESS_LOOK = 'k',    /* facts of one name there */
    WITNESS_LIST = 'l',    /* its list */
    WITNESS_FILE = 'f',    /* facts of a path of this machine, links followed */
    WITNESS_BYTES = 'b',   /* the same, and its bytes: where its facts do not stand for them */
    WITNESS_REAL = 'r',    /* where a path leads: realpath(3) */
    WITNESS_VARIABLE = 'v' /* of the environment */
};

/* From now on all is noted. */
void witness_begin(void);

/* Nothing is noted any more. The notes, of malloc, for witness_holds(); NULL with the reason in
 * `*why` where what was asked does not hold for later. */
unsigned char *witness_end(size_t *size, const char **why);

/* Is everything answered as it was noted? By `threads` at once. Not while something is witnessed.
 */
bool witness_holds(struct span notes, unsigned threads);

/* ---- for those who ask ---- */

/* Each does nothing where nothing is witnessed. */
void witness_file(const char *path);
void witness_file_in(const char *folder, const char *path); /* NULL, "": none */
void witness_real(const char *path);
void witness_variable(const char *name);
void witness_refuse(const char *why); /* what was asked has another answer each time */

/* A folder that is a source; a number for the two below, -1 where nothing is witnessed. */
int witness_folder(const char *top);
bool witness_on(void);

/* `hash` is over what witness_tell() told of the name or of all names. */
void witness_found(int folder, enum witness_kind kind, const char *path, struct sha256 *hash);

/* What came of a look at `name`: `error`, or its stat() and of a link its target. `dir` has the
 * name, for what must be known of its filesystem. */
void witness_tell(struct sha256 *hash, int dir, const char *name, const struct stat *facts,
                  int error, const char *target);

#endif
