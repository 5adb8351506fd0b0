/* What an image is made of, as far as its name tells: data/images.def, data/image-tags.def. */
#ifndef WILLRUN_DOCKERFILE_IMAGE_BASE_H
#define WILLRUN_DOCKERFILE_IMAGE_BASE_H

#include <stdbool.h>

#include "base/arena.h"
#include "source/base.h"
#include "willrun/result.h"

struct image_base {
    const char
        *release; /* "debian:12", "alpine:3.20": the distribution under it; NULL: not known */
    const char *profile; /* "debian:12-slim", for base:; NULL: there is none */
    bool exact;          /* the profile is of the image itself … */
    const char *adds;    /* … else what else the image has; NULL: not known */
    const char *absent;  /* files by their names that the image has and the profile has not, apart
                            by blanks; NULL: none */
    bool floats;         /* the name tells no release: it moves to a newer one some day */
    enum willrun_libc libc;
    const struct distribution *versions; /* of the release; NULL: not known */
};

/* A name taken apart. */
struct image_name {
    const char *repository; /* "golang", "gcr.io/distroless/static" */
    const char *tag;        /* "latest" where it says none; "": it is known by its digest alone */
    bool digest;            /* pinned: it never moves */
};

struct image_name image_name_read(const char *image, struct arena *arena);

/* The release that a word of a name or of a tag tells: "debian:12" of "slim-bookworm"; NULL: none
 * does. */
const char *image_release_in(const char *text, struct arena *arena);

/* What `image` is, "node:20-slim"; texts are in `arena`. Of an image that is not known, all is
 * unknown. */
void image_base_find(const char *image, struct arena *arena, struct image_base *base);

/* The day of the table by which tags without a release were told. */
const char *image_base_date(void);

#endif
