/* Which kind of source a name means. */
#include <string.h>

#include "source/base.h"
#include "source/source.h"

static bool has_prefix(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

static bool has_suffix(const char *name, const char *suffix)
{
    size_t length = strlen(name), size = strlen(suffix);
    return length >= size && strcmp(name + length - size, suffix) == 0;
}

struct source *source_open(const char *name, const char *platform, struct err *err)
{
    if (has_prefix(name, "base:"))
        return source_open_base(name, platform, err);
    if (strcmp(name, "scratch") == 0)
        return source_open_empty(name);
    if (has_suffix(name, ".tar.zst"))
        return source_open_profile(name, name, err);
    return source_open_dir(has_prefix(name, "dir:") ? name + 4 : name, err);
}
