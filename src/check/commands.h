/* What a container of an image starts. */
#ifndef WILLRUN_CHECK_COMMANDS_H
#define WILLRUN_CHECK_COMMANDS_H

#include "check/subject.h"
#include "check/walk.h"

/* Append the commands that ENTRYPOINT, CMD and HEALTHCHECK name, those that their
 * shell form begins with, and those that a script among them hands over to with
 * its first `exec`. A command that cannot be told without running something is
 * left out. */
void commands_of_image(const struct target *target, const struct image_facts *image,
                       struct arena *arena, struct asked_list *list);

/* The same commands, NULL at the end, in `arena`. */
const char *const *commands_started(const struct target *target, const struct image_facts *image,
                                    struct arena *arena);

#endif
