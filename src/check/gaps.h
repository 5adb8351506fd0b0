/* What cannot be told of a stage's files without running something. */
#ifndef WILLRUN_CHECK_GAPS_H
#define WILLRUN_CHECK_GAPS_H

#include <stdbool.h>

#include "dockerfile/dockerfile.h"
#include "root/root.h"

struct built;

enum gap_kind {
    GAP_STAGE,   /* copied from a stage that was not given */
    GAP_IMAGE,   /* an image whose files are not known, or copied from one */
    GAP_ADDS,    /* what an image has beside the distribution under it */
    GAP_RUN,     /* what a RUN makes */
    GAP_CONTEXT, /* not in the build context */
    GAP_REMOTE,  /* ADD of what lies on the network */
    GAP_COPY,    /* a COPY whose rules are not followed */
};

/* What is at or below `path` is not known. */
struct gap {
    enum gap_kind kind;
    const char *path;
    unsigned serial;                 /* what was copied later lies over it */
    const struct instruction *at;    /* in the stage */
    const char *name;                /* the stage or image to give; NULL: none */
    const struct instruction *cause; /* what makes it in that stage; NULL: none … */
    const struct instruction *until; /* … or one of the RUNs from there to this one; NULL: it is */
    const char *only;  /* names of files that it is about, apart by blanks; NULL: all */
    const char *shown; /* the file that would be there, as far as it can be told; NULL: no copy */
    const struct built *from; /* what it is copied from; NULL: no stage or image */
    bool adds;                /* what is there stays as it is: files only come to it */
    bool file;                /* `path` is one file and no folder */
    bool mode_known;          /* what is there has the mode that it shows, whatever is in it */
    const char *folder;       /* where the RUN works; NULL: no RUN */
};

/* Does it take nothing away from what is there? */
bool gap_only_adds(const struct gap *gap);

/* Is `path` at or below `above`? */
bool gap_covers(const char *above, const char *path);

/* Is one of the paths the other, or above it? */
bool paths_overlap(const char *a, const char *b);

/* A new gap at `path`, over all that was copied so far. */
struct gap *built_add_gap(struct built *built, enum gap_kind kind, const char *path,
                          const struct instruction *at);

/* The first gap that may have changed what is at `path`, which came with copy `serial` (0: the
 * root's own); NULL: none. `adds`: or that may have put something there, where nothing is. */
const struct gap *built_gap(const struct built *built, const char *path, unsigned serial,
                            bool adds);

/* A gap that concerns `path` or something below it, which is there (`node`) or not (NULL). */
const struct gap *built_gap_around(const struct built *built, const char *path,
                                   const struct node *node);

#endif
