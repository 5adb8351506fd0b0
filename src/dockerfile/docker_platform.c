#include "dockerfile/docker_platform.h"

#include <string.h>

#include "base/text.h"

/* Names that mean the same (containerd/platforms, database.go). NULL: any variant. */
static const struct alias {
    const char *architecture, *variant;
    const char *same_architecture, *same_variant;
} aliases[] = {
    {"i386", NULL, "386", ""},      {"x86_64", "", "amd64", ""},  {"x86-64", "", "amd64", ""},
    {"amd64", "v1", "amd64", ""},   {"aarch64", "", "arm64", ""}, {"aarch64", "8", "arm64", ""},
    {"aarch64", "v8", "arm64", ""}, {"arm64", "8", "arm64", ""},  {"arm64", "v8", "arm64", ""},
    {"armhf", "", "arm", "v7"},     {"armel", "", "arm", "v6"},   {"arm", "", "arm", "v7"},
    {"arm", "7", "arm", "v7"},      {"arm", "5", "arm", "v5"},    {"arm", "6", "arm", "v6"},
    {"arm", "8", "arm", "v8"},
};

static const char *const systems[] = {"aix",    "darwin",  "dragonfly", "freebsd", "linux",
                                      "netbsd", "openbsd", "solaris",   "windows"};

static bool is_system(const char *name)
{
    for (size_t i = 0; i < sizeof systems / sizeof *systems; i++)
        if (strcmp(systems[i], name) == 0)
            return true;
    return false;
}

static void normalize(struct docker_platform *platform)
{
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++) {
        const struct alias *alias = &aliases[i];
        if (strcmp(alias->architecture, platform->architecture) != 0 ||
            (alias->variant != NULL && strcmp(alias->variant, platform->variant) != 0))
            continue;
        platform->architecture = alias->same_architecture;
        platform->variant = alias->same_variant;
        return;
    }
}

/* The next part up to a slash; false: it has no characters, or others than names have. */
static bool take_part(const char **at, const char **part, struct arena *arena)
{
    size_t length = strspn(*at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789_.-");
    *part = text_lower(arena, *at, length);
    *at += length;
    return length != 0 && (**at == '\0' || **at == '/');
}

bool docker_platform_parse(const char *text, struct docker_platform *platform, struct arena *arena,
                           struct err *err)
{
    const char *parts[3] = {"", "", ""};
    const char *at = text;
    size_t count = 0;
    bool more = true;
    while (more && count < 3 && take_part(&at, &parts[count], arena)) {
        count++;
        more = *at == '/';
        at += more;
    }
    if (count == 0 || more || *at != '\0')
        return err_set(err, WILLRUN_EINPUT,
                       "\"%s\": a platform is OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT", text);
    *platform = (struct docker_platform){NULL, parts[0], parts[1], parts[2]};
    if (count == 1 && is_system(parts[0]))
        return err_set(err, WILLRUN_EINPUT, "\"%s\": the architecture is missing", text);
    if (count == 1)
        *platform = (struct docker_platform){NULL, "linux", parts[0], ""};
    normalize(platform);
    /* what was written in full stays so, and v7 is what arm means */
    if (count == 3 && strcmp(platform->architecture, "arm64") == 0 && *platform->variant == '\0')
        platform->variant = "v8";
    if (count < 3 && strcmp(platform->architecture, "arm") == 0 &&
        strcmp(platform->variant, "v7") == 0)
        platform->variant = "";
    platform->text = arena_format(arena, *platform->variant != '\0' ? "%s/%s/%s" : "%s/%s",
                                  platform->os, platform->architecture, platform->variant);
    return true;
}
