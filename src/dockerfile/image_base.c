#include "dockerfile/image_base.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "verdict/advice.h"

/* ---- the tables ---- */

static const struct release_word {
    const char *text, *release;
} words[] =
    {
#define WORD(text, release) {text, release},
#include "images.def"
#undef WORD
        {NULL, NULL}},
  stems[] = {
#define STEM(text, release) {text, release},
#include "images.def"
#undef STEM
      {NULL, NULL}};

static const struct image_row {
    const char *repository, *release, *adds;
} images[] = {
#define IMAGE(repository, release, adds, from) {repository, release, adds},
#include "images.def"
#undef IMAGE
    {NULL, NULL, NULL}};

static const struct absent_row {
    const char *release, *files;
} absent_rows[] = {
#define ABSENT(release, files) {release, files},
#include "images.def"
#undef ABSENT
    {NULL, NULL}};

/* On what the tags stand from a version on: kind "" is neither slim nor alpine. The texts stand in
 * the rows: pointers to them would all be relocated at each start. */
enum { REPOSITORY_SIZE = 32, KIND_SIZE = 8, TAG_SIZE = 24 };
static const struct tag_row {
    char repository[REPOSITORY_SIZE], kind[KIND_SIZE], version[TAG_SIZE], release[TAG_SIZE];
    bool is_name; /* `version` is a name, and there is no kind */
} tags[] = {
#define TAGS(repository, kind, version, release) {repository, kind, version, release, false},
#define TAG(repository, name, release) {repository, "", name, release, true},
#include "image-tags.def"
#include "images.def"
#undef TAGS
#undef TAG
};

#define TAGS(repository, kind, version, release)                                                   \
    _Static_assert(sizeof repository <= REPOSITORY_SIZE && sizeof kind <= KIND_SIZE &&             \
                       sizeof version <= TAG_SIZE && sizeof release <= TAG_SIZE,                   \
                   "a longer row");
#define TAG(repository, name, release) TAGS(repository, "", name, release)
#include "image-tags.def"
#include "images.def"
#undef TAGS
#undef TAG

const char *image_base_date(void)
{
    return IMAGE_TAGS_DATE;
}

/* ---- names ---- */

static const char *skip_hub(const char *name)
{
    static const char *const prefixes[] = {"docker.io/", "index.docker.io/", "library/",
                                           "public.ecr.aws/docker/library/",
                                           "mirror.gcr.io/library/"};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++)
        if (strncmp(name, prefixes[i], strlen(prefixes[i])) == 0)
            name += strlen(prefixes[i]);
    return name;
}

struct image_name image_name_read(const char *image, struct arena *arena)
{
    struct image_name name = {.repository = skip_hub(image)};
    size_t length = strcspn(name.repository, "@");
    name.digest = name.repository[length] == '@';
    name.tag = name.digest ? "" : "latest";
    char *text = arena_copy(arena, name.repository, length);
    char *slash = strrchr(text, '/'), *colon = strchr(slash != NULL ? slash : text, ':');
    if (colon != NULL) {
        *colon = '\0';
        name.tag = colon + 1;
    }
    name.repository = text;
    return name;
}

/* Is `repository` that of a row, or below it where the row ends in a slash? */
static bool is_of(const char *repository, const char *row)
{
    size_t length = strlen(row);
    return row[length - 1] == '/' ? strncmp(repository, row, length) == 0
                                  : strcmp(repository, row) == 0;
}

/* ---- releases ---- */

static bool is_word(char c)
{
    return isalnum((unsigned char)c) || c == '.';
}

static bool is_number(const char *text)
{
    return *text != '\0' && strspn(text, "0123456789.") == strlen(text);
}

static const char *release_of_word(const char *word, struct arena *arena)
{
    for (const struct release_word *row = words; row->text != NULL; row++)
        if (strcmp(word, row->text) == 0)
            return row->release;
    for (const struct release_word *row = stems; row->text != NULL; row++) {
        size_t length = strlen(row->text);
        if (strncmp(word, row->text, length) == 0 && is_number(word + length))
            return arena_format(arena, "%s%s", row->release, word + length);
    }
    return NULL;
}

/* A word and the number behind it are tried as one: alpine-3.20. */
const char *image_release_in(const char *text, struct arena *arena)
{
    const char *last = NULL;
    while (*text != '\0') {
        size_t length = 0;
        while (is_word(text[length]))
            length++;
        char *word = arena_copy(arena, text, length);
        const char *release = release_of_word(word, arena);
        if (release == NULL && last != NULL && is_number(word))
            release = release_of_word(arena_format(arena, "%s%s", last, word), arena);
        if (release != NULL)
            return release;
        last = word;
        text += length + (text[length] != '\0');
    }
    return NULL;
}

/* The part of a tag that is its version: "3.12" of "3.12-slim". */
static char *version_of(const char *tag, struct arena *arena)
{
    size_t length = strspn(tag, "0123456789.");
    return arena_copy(arena, tag, length);
}

/* Is `version`, which ends a line where it is short (1.22 is the newest 1.22.x), at or behind
 * `from`? */
static bool reaches(const char *version, const char *from)
{
    size_t length = strlen(version);
    if (strncmp(version, from, length) == 0 && (from[length] == '.' || from[length] == '\0'))
        return true;
    return version_compare(version, from) >= 0;
}

static const char *release_of_kind(const struct image_name *name, const char *kind,
                                   const char *version)
{
    const char *release = NULL;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        const struct tag_row *row = &tags[i];
        if (!is_of(name->repository, row->repository))
            continue;
        if (row->is_name && strcmp(row->version, name->tag) == 0)
            return row->release;
        if (!row->is_name && *version != '\0' && strcmp(row->kind, kind) == 0 &&
            reaches(version, row->version))
            release = row->release;
    }
    return release;
}

/* By the tables of tags; NULL: not known. */
static const char *release_of_tag(const struct image_name *name, struct arena *arena)
{
    const char *version = version_of(name->tag, arena), *release = NULL;
    if (strstr(name->tag, "alpine") != NULL)
        release = release_of_kind(name, "alpine", version);
    else if (strstr(name->tag, "slim") != NULL)
        release = release_of_kind(name, "slim", version);
    if (release == NULL && strstr(name->tag, "alpine") == NULL)
        release = release_of_kind(name, "", version);
    return release != NULL && strcmp(release, "unknown") != 0 ? release : NULL;
}

/* ---- profiles ---- */

static const char *first_name(const struct base *base, struct arena *arena)
{
    return arena_copy(arena, base->names, strcspn(base->names, " "));
}

/* The profile that serves for the release. Of a release of Alpine that has none, the newest one
 * before it: musl loses no function. */
static const char *profile_of(const char *release, struct arena *arena)
{
    if (base_by_name(release) != NULL)
        return first_name(base_by_name(release), arena);
    if (distribution_by_name(release) != NULL)
        return release;
    if (strncmp(release, "alpine:3.", 9) != 0)
        return NULL;
    enum { NEWEST = 99 }; /* an image's name may have any number, from which to count down */
    unsigned long minor = strtoul(release + 9, NULL, 10);
    for (minor = minor < NEWEST ? minor : NEWEST; minor > 0; minor--) {
        const struct base *base = base_by_name(arena_format(arena, "alpine:3.%lu", minor));
        if (base != NULL)
            return first_name(base, arena);
    }
    return NULL;
}

static bool is_musl(const char *release)
{
    return strncmp(release, "alpine", 6) == 0;
}

static const struct distribution *versions_of(const char *release, struct arena *arena)
{
    for (const struct distribution *row = distributions; row->family != NULL; row++)
        if (strcmp(row->image, release) == 0)
            return row;
    /* debian:12-slim, distroless: by the Debian in the name */
    const char *under = image_release_in(release, arena);
    for (const struct distribution *row = distributions; under != NULL && row->family != NULL;
         row++)
        if (strcmp(row->image, under) == 0)
            return row;
    return NULL;
}

static void set_release(struct image_base *base, const char *release, struct arena *arena)
{
    base->release = release;
    for (const struct absent_row *row = absent_rows; row->release != NULL; row++)
        if (strncmp(release, row->release, strlen(row->release)) == 0)
            base->absent = row->files;
    base->profile = profile_of(release, arena);
    base->libc = is_musl(release) ? WILLRUN_LIBC_MUSL : WILLRUN_LIBC_GLIBC;
    if (base->libc == WILLRUN_LIBC_GLIBC)
        base->versions = versions_of(release, arena);
}

/* A distribution's own image. */
static bool find_own(const char *image, const struct image_name *name, struct arena *arena,
                     struct image_base *base)
{
    const struct base *row = base_by_name(image);
    const struct distribution *versions = row == NULL ? distribution_by_name(image) : NULL;
    bool told = *name->tag != '\0' || image_release_in(name->repository, arena) != NULL;
    if ((row == NULL && versions == NULL) || !told)
        return false;
    set_release(base, row != NULL ? first_name(row, arena) : versions->image, arena);
    if (strcmp(base->release, "busybox:musl") == 0 || strstr(base->release, "/static-") != NULL)
        base->libc = WILLRUN_LIBC_NONE;
    base->exact = true;
    base->floats = !name->digest &&
                   (strcmp(name->tag, "latest") == 0 || name->tag[1] == '\0' ||
                    strncmp(name->tag, "stable", 6) == 0) &&
                   strstr(name->repository, "debian1") == NULL &&
                   strstr(name->repository, "ubi") == NULL;
    return true;
}

/* ---- the question ---- */

void image_base_find(const char *image, struct arena *arena, struct image_base *base)
{
    struct image_name name = image_name_read(image, arena);
    *base = (struct image_base){.libc = WILLRUN_LIBC_UNKNOWN};
    if (find_own(image, &name, arena, base))
        return;
    const struct image_row *row = images;
    while (row->repository != NULL && !is_of(name.repository, row->repository))
        row++;
    base->adds = row->adds;
    const char *release = image_release_in(name.tag, arena);
    if (release == NULL)
        release = image_release_in(name.repository, arena);
    if (release != NULL && row->release != NULL && strncmp(row->release, "gcr.io/", 7) == 0)
        release = arena_format(arena, "gcr.io/distroless/cc-%.6s%s", release, release + 7);
    base->floats = release == NULL && !name.digest;
    if (release == NULL)
        release = release_of_tag(&name, arena);
    if (release == NULL && strncmp(name.repository, "alpine", 6) == 0 && *name.tag != '\0') {
        release = arena_format(arena, "alpine:%s", name.tag);
        base->floats = base->floats && strchr(name.tag, '.') == NULL; /* as alpine:edge does */
    }
    if (release == NULL && *name.tag != '\0') /* a digest alone may be of any day */
        release = row->release;
    if (release != NULL)
        set_release(base, release, arena);
    if (row->repository == NULL) /* the tag of an image that nobody knows is no more than a hint */
        base->profile = NULL;
    if (release == NULL &&
        (strstr(name.tag, "alpine") != NULL || strstr(name.repository, "alpine") != NULL))
        base->libc = WILLRUN_LIBC_MUSL;
}
