/* Which package of a root put a library there, by the root's own package database. */
#ifndef WILLRUN_VERDICT_OWNERS_H
#define WILLRUN_VERDICT_OWNERS_H

#include "verdict/advice.h"

struct owners;

/* Read the database of dpkg or apk in the root of `facts`; empty where it has none. */
struct owners *owners_read(struct facts *facts);
void owners_free(struct owners *owners);

/* The package that has a library of this name at the absolute `path`; NULL: none. /usr/lib and
 * /lib are the same. */
const char *owners_find(const struct owners *owners, const char *path);

/* What installs the packages of the database. */
enum installer owners_installer(const struct owners *owners);

#endif
