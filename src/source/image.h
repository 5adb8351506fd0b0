/* The configuration of an image, in Docker's form and OCI's (config.md). */
#ifndef WILLRUN_SOURCE_IMAGE_H
#define WILLRUN_SOURCE_IMAGE_H

#include "source/layers.h"

struct image_config {
    struct image_facts image;
    const char *const *diff_ids; /* of the layers, the lowest first; ends with NULL */
    size_t diff_id_count;
};

/* Read it from `part`, texts in `arena`. */
bool image_config_read(const struct parts *parts, const struct part *part, struct arena *arena,
                       struct image_config *config, struct err *err);

/* How well the platform `has` serves one who wants `wanted`, both as
 * "os/arch[/variant]": 0 not at all, more is better. */
unsigned platform_fits(const char *has, const char *wanted);

/* An image whose manifest was read, as a source named `name`; `layers` have no
 * diff_id yet. NULL with a sentence. */
struct source *image_open(const struct parts *parts, const struct part *config,
                          struct layer *layers, size_t layer_count, const char *name,
                          struct err *err);

#endif
