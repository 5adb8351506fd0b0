/* Profiles: tars as `willrun snapshot` writes them. They are read as any other
 * tar; this is what they have besides. */
#ifndef WILLRUN_SOURCE_PROFILE_H
#define WILLRUN_SOURCE_PROFILE_H

#include "base/arena.h"

/* The first member tells where it came from, and is no file of the root. */
#define PROFILE_MEMBER ".willrun-profile.json"

/* The extended attribute of a file of which only the name is known, and its value. */
#define PROFILE_CONTENT "user.willrun.content"
#define PROFILE_UNKNOWN "unknown"

/* What the first member of the tar in `fd`, which it closes, tells of its origin, a JSON text in
 * `arena`; NULL where it is no profile. */
const char *profile_origin(int fd, struct arena *arena);

#endif
