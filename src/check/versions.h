/* An image of which only versions are known: what can be said without its files. */
#ifndef WILLRUN_CHECK_VERSIONS_H
#define WILLRUN_CHECK_VERSIONS_H

#include "file/file_facts.h"
#include "source/base.h"
#include "verdict/findings.h"

/* Is this a library of glibc itself? Every image with that glibc has it. */
bool versions_of_glibc(const char *soname);

/* Does the image's own content decide how `file` starts? Of what needs nothing
 * of an image, or a libc that it does not have, the empty root decides. */
bool versions_decide(const struct file_facts *file);

/* What the versions of `image` say of `file` at `path`: errors where they are
 * too low, a note where a library of the image decides. */
void versions_judge(const struct distribution *image, const struct file_facts *file,
                    const char *path, int cpu_level, struct findings *findings);

#endif
