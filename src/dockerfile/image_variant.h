/* Other images of the same program and version: node:20-slim and node:20-alpine of node:20. */
#ifndef WILLRUN_DOCKERFILE_IMAGE_VARIANT_H
#define WILLRUN_DOCKERFILE_IMAGE_VARIANT_H

#include "dockerfile/image_base.h"

struct variant_wish {
    enum willrun_libc libc;   /* musl or glibc */
    const char *least, *most; /* glibc's version, both included; NULL: any */
    bool slim;                /* without compilers, where there is one */
};

/* One that has been published (data/image-variants.def) and stands on what is wished for; NULL:
 * none that is known. The text is in `arena`. */
const char *image_variant(const char *image, const struct variant_wish *wish, struct arena *arena);

/* Are both images of one repository? */
bool image_is_alike(const char *image, const char *other, struct arena *arena);

#endif
