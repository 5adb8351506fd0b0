/* Which kind of source a name means. */
#include <string.h>

#include "source/source.h"

struct source *source_open(const char *name, const char *platform, struct err *err)
{
    (void)platform;
    return source_open_dir(strncmp(name, "dir:", 4) == 0 ? name + 4 : name, err);
}
