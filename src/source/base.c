#include "source/base.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/embedded.h"
#include "base/text.h"
#include "base/vec.h"
#include "source/source_open.h"
#include "source/witness.h"

const struct base bases[] = {
#define BASE(file, names, made_of) {file, names, made_of},
#include "bases.def"
#undef BASE
    {NULL, NULL, NULL}};

const struct distribution distributions[] = {
#define DISTRIBUTION(family, image, aliases, glibc, glibcxx, cxxabi, cpu, advised, rolling, from)  \
    {family, image, aliases, glibc, glibcxx, cxxabi, cpu, advised, rolling, from},
#include "distributions.def"
#undef DISTRIBUTION
    {.family = NULL}};

const char *const base_arches[] = {"amd64", "arm64", NULL};

/* ---- names ---- */

/* What an image name may carry that says nothing of its libraries. */
static const char *skip_registry(const char *name)
{
    static const char *const prefixes[] = {"docker.io/", "index.docker.io/", "library/",
                                           "registry.access.redhat.com/", "public.ecr.aws/"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            name += strlen(prefixes[i]);
    return name;
}

static bool ends_with(const char *text, size_t length, const char *end)
{
    size_t size = strlen(end);
    return length >= size && strncmp(text + length - size, end, size) == 0;
}

/* Without the digest, and without a tag that says nothing of its libraries. */
static size_t plain_length(const char *name)
{
    static const char *const tags[] = {":nonroot", ":latest"};
    const char *digest = strchr(name, '@');
    size_t length = digest != NULL ? (size_t)(digest - name) : strlen(name);
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++)
        if (ends_with(name, length, tags[i]))
            return length - strlen(tags[i]);
    return length;
}

/* The place of the last ".NUMBER" of the tag in `name`, as in 3.20.1 and in
 * 12.5-slim; its length in *length. NULL: there is none. */
static char *minor_of(char *name, size_t *length)
{
    char *tag = strrchr(name, ':'), *found = NULL;
    for (char *dot = tag != NULL ? strchr(tag, '.') : NULL; dot != NULL;
         dot = strchr(dot + 1, '.')) {
        size_t digits = strspn(dot + 1, "0123456789");
        if (digits == 0 || (dot[1 + digits] != 0 && strchr(".-", dot[1 + digits]) == NULL))
            continue;
        found = dot;
        *length = digits + 1;
    }
    return found;
}

/* Does the name move from one release to the next, as alpine:3 does among the names of alpine:3.24?
 * Another alpine:3.N is then no point release of the row. */
static bool moves(const char *words, const char *name, size_t length)
{
    for (const char *at = words; *at != 0; at += strcspn(at, " "), at += *at == ' ')
        if (strncmp(at, name, length) == 0 && at[length] == '.')
            return true;
    return false;
}

/* Which rows a name finds: `point` where a number was cut of it. */
typedef const void *find_row(const char *name, size_t length, bool point);

static bool is_named(const char *words, const char *name, size_t length, bool point)
{
    return text_has_word(words, name, length) && !(point && moves(words, name, length));
}

/* The row of a name, or of the release that a point release belongs to. */
static const void *find_name(const char *given, find_row *find)
{
    char name[256];
    const char *start = skip_registry(given);
    const void *row = find(start, strcspn(start, "@"), false);
    size_t length = plain_length(start);
    if (row == NULL)
        row = find(start, length, false);
    if (row != NULL || length >= sizeof name)
        return row;
    memcpy(name, start, length);
    name[length] = 0;
    size_t size;
    for (char *minor; row == NULL && (minor = minor_of(name, &size)) != NULL;) {
        memmove(minor, minor + size, strlen(minor + size) + 1);
        row = find(name, strlen(name), true);
    }
    return row;
}

static const void *find_base(const char *name, size_t length, bool point)
{
    for (const struct base *base = bases; base->file != NULL; base++)
        if (is_named(base->names, name, length, point) || text_has_word(base->file, name, length))
            return base;
    return NULL;
}

static const void *find_distribution(const char *name, size_t length, bool point)
{
    for (const struct distribution *row = distributions; row->family != NULL; row++)
        if (is_named(row->image, name, length, point) ||
            is_named(row->aliases, name, length, point))
            return row;
    return NULL;
}

const struct base *base_by_name(const char *name)
{
    return find_name(name, find_base);
}

const struct distribution *distribution_by_name(const char *name)
{
    return base_by_name(name) == NULL ? find_name(name, find_distribution) : NULL;
}

/* ---- files ---- */

const char *base_data_folder(size_t index, struct arena *arena)
{
    static const char *const beside[] = {"../share/willrun", "../../data"};
    char program[PATH_MAX];
    if (index == 0) {
        const char *data = getenv("WILLRUN_DATA");
        return data != NULL ? data : "";
    }
    if (index > sizeof beside / sizeof *beside)
        return index == 1 + sizeof beside / sizeof *beside ? WILLRUN_SHARE : NULL;
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length <= 0)
        return "";
    program[length] = 0;
    char *slash = strrchr(program, '/');
    if (slash == NULL)
        return "";
    *slash = 0;
    return arena_format(arena, "%s/%s", program, beside[index - 1]);
}

int base_open(const struct base *base, const char *arch, struct arena *arena, const char **path)
{
    const char *folder, *name = arena_format(arena, "%s_%s.tar.zst", base->file, arch);
    int fd = -1;
    for (size_t i = 0; fd < 0 && (folder = base_data_folder(i, arena)) != NULL; i++) {
        if (*folder == 0)
            continue;
        *path = arena_format(arena, "%s/bases/%s", folder, name);
        witness_file(*path);
        fd = open(*path, O_RDONLY | O_NOCTTY | O_CLOEXEC);
    }
    if (fd >= 0)
        return fd;
    *path = name;
    return embedded_open(name);
}

const char *base_folders(struct arena *arena)
{
    const char *folder, *list = "";
    for (size_t i = 0; (folder = base_data_folder(i, arena)) != NULL; i++)
        if (*folder != 0)
            list = arena_format(arena, "%s%s%s/bases", list, *list != 0 ? ", " : "", folder);
    return list;
}

bool base_is_there(const struct base *base, const char *arch)
{
    struct arena arena = {0};
    const char *path;
    int fd = base_open(base, arch, &arena, &path);
    arena_free(&arena);
    return fd >= 0 && close(fd) == 0;
}

/* ---- the source ---- */

const char *base_platform(void)
{
    struct utsname name;
    bool arm = uname(&name) == 0 && strcmp(name.machine, "aarch64") == 0;
    return arm ? "linux/arm64" : "linux/amd64";
}

/* "arm64" of "linux/arm64/v8". */
static const char *arch_of(const char *platform, struct arena *arena)
{
    const char *slash = strchr(platform, '/');
    const char *arch = slash != NULL ? slash + 1 : platform;
    return arena_copy(arena, arch, strcspn(arch, "/"));
}

static struct source *open_base(const struct base *base, const char *name, const char *platform,
                                struct arena *arena, struct err *err)
{
    if (platform == NULL)
        platform = base_platform();
    const char *arch = arch_of(platform, arena);
    const char *path;
    int fd = base_open(base, arch, arena, &path);
    if (fd >= 0)
        return source_open_tar(fd, path, name, err);
    bool made = false; /* so that it should be there */
    for (size_t i = 0; base_arches[i] != NULL; i++)
        made = made || strcmp(base_arches[i], arch) == 0;
    if (!made)
        err_set(err, WILLRUN_EINPUT,
                "%s has no profile for %s: those are for linux/amd64 and linux/arm64", name,
                platform);
    else
        err_set(err, WILLRUN_EINPUT,
                "the profile %s_%s.tar.zst is not installed: looked in %s; WILLRUN_DATA may name "
                "another folder that has bases/",
                base->file, arch, base_folders(arena));
    return NULL;
}

struct source *source_open_base(const char *name, const char *platform, struct err *err)
{
    const char *image = name + strlen("base:");
    const struct base *base = base_by_name(image);
    struct arena arena = {0};
    struct source *source = NULL;
    if (base != NULL)
        source = open_base(base, name, platform, &arena, err);
    else if (strcmp(image, "scratch") == 0 || distribution_by_name(image) != NULL)
        source = source_open_empty(name);
    else
        err_set(err, WILLRUN_EINPUT,
                "%s is no base image that willrun has a profile of ('willrun bases' lists them); "
                "for any other give its files, as from 'docker export'",
                name);
    arena_free(&arena);
    return source;
}
