/* The forms in which images are kept, for source_open. */
#ifndef WILLRUN_SOURCE_FORMATS_H
#define WILLRUN_SOURCE_FORMATS_H

#include "source/parts.h"
#include "source/source_open.h"

/* What is asked of a file or folder with images. */
struct image_choice {
    const char *name;      /* the source's, as it was given */
    const char *reference; /* which image; NULL: the only one */
    const char *platform;  /* NULL: all */
};

/* `docker save`: is it one, by its manifest.json? */
bool docker_archive_is(const struct parts *parts);
bool docker_archive_open(const struct parts *parts, const struct image_choice *choice,
                         struct source_list *list, struct err *err);

/* An OCI image layout (image-layout.md). */
bool oci_layout_is(const struct parts *parts);
bool oci_layout_open(const struct parts *parts, const struct image_choice *choice,
                     struct source_list *list, struct err *err);

/* Does an image that is called `name` answer to `reference`, in one of the ways
 * in which Docker lets one write it? */
bool reference_matches(const char *name, const char *reference);

#endif
