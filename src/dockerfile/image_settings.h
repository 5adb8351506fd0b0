/* What well-known images say of the process: data/image-settings.def. */
#ifndef WILLRUN_DOCKERFILE_IMAGE_SETTINGS_H
#define WILLRUN_DOCKERFILE_IMAGE_SETTINGS_H

#include "dockerfile/evaluate.h"

/* What becomes of CMD. */
enum image_entry {
    ENTRY_ALONE, /* it is started itself: there is no ENTRYPOINT */
    ENTRY_TAKES, /* they are the arguments of ENTRYPOINT, a program */
    ENTRY_HANDS, /* ENTRYPOINT is a script that starts it, or hands it to a program of the image */
};

struct image_settings {
    const char *repository, *words, *user, *workdir, *env, *entrypoint;
    enum image_entry entry;
    const char *users; /* "name:uid:gid" apart by blanks; NULL: none */
};

/* Of `image`; NULL: they are not known. */
const struct image_settings *image_settings_find(const char *image);

/* Put USER, WORKDIR, ENV, and ENTRYPOINT where it is a program, into `config`, which has none yet.
 * Texts are in `arena`. */
void image_settings_apply(const struct image_settings *settings, struct arena *arena,
                          struct stage_config *config);

#endif
