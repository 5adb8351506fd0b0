/* A source of files that lie in memory, such as those of an archive inside the root. */
#ifndef WILLRUN_SOURCE_MEMBERS_H
#define WILLRUN_SOURCE_MEMBERS_H

#include "source/source.h"

struct members;

/* None yet. `name`: as a source is called. */
struct members *members_new(const char *name);

/* One more regular file, executable; its bytes are copied. `..` in its path ends at the top. False
 * with a sentence where it cannot be kept. */
bool members_add(struct members *members, const char *path, struct span bytes, struct err *err);

/* The source of them, which takes the place of `members`. */
struct source *members_open(struct members *members);

#endif
