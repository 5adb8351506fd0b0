#include "dockerfile/image_variant.h"

#include <string.h>

#include "verdict/advice.h"

/* The texts stand in the rows: pointers to them would all be relocated at each start. */
enum { NAME_SIZE = 16, VERSION_SIZE = 9 };
#define VARIANT(repository, words, first, last)                                                    \
    _Static_assert(sizeof repository <= NAME_SIZE && sizeof words <= NAME_SIZE &&                  \
                       sizeof first <= VERSION_SIZE && sizeof last <= VERSION_SIZE,                \
                   "a longer row");
#include "image-variants.def"
#undef VARIANT

static const struct variant_row {
    char repository[NAME_SIZE], words[NAME_SIZE], first[VERSION_SIZE], last[VERSION_SIZE];
} rows[] = {
#define VARIANT(repository, words, first, last) {repository, words, first, last},
#include "image-variants.def"
#undef VARIANT
};

/* ---- what was published ---- */

/* A name without a version, golang:alpine, has the tables' release where it is known. */
static bool is_named(const char *image, struct arena *arena)
{
    struct image_base base;
    image_base_find(image, arena, &base);
    return base.release != NULL;
}

static bool is_published(const char *repository, const char *words, const char *version)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].repository, repository) == 0 && strcmp(rows[i].words, words) == 0 &&
            version_order(version, rows[i].first, SHORT_IS_LAST) >= 0 &&
            version_order(version, rows[i].last, SHORT_IS_LAST) <= 0)
            return true;
    return false;
}

/* ---- tags ---- */

static const char *join(const char *a, const char *b, struct arena *arena)
{
    return arena_format(arena, "%s%s%s", a, *a != '\0' && *b != '\0' ? "-" : "", b);
}

/* The words behind the version that tell neither a release nor a family: "fpm" of
 * 8.3-fpm-alpine3.20. */
static const char *own_words(const char *behind, struct arena *arena)
{
    const char *own = "";
    while (*behind != '\0') {
        size_t length = strcspn(behind, "-");
        const char *word = arena_copy(arena, behind, length);
        bool base = *word == '\0' || strcmp(word, "latest") == 0 || strcmp(word, "slim") == 0 ||
                    strncmp(word, "alpine", 6) == 0 || image_release_in(word, arena) != NULL;
        if (!base)
            own = join(own, word, arena);
        behind += length + (behind[length] == '-');
    }
    return own;
}

static bool suits(const char *image, const struct variant_wish *wish, struct arena *arena)
{
    struct image_base base;
    image_base_find(image, arena, &base);
    if (base.libc != wish->libc)
        return false;
    const char *glibc = base.versions != NULL ? base.versions->glibc : NULL;
    if (wish->least == NULL && wish->most == NULL)
        return true;
    return glibc != NULL && (wish->least == NULL || version_compare(glibc, wish->least) >= 0) &&
           (wish->most == NULL || version_compare(glibc, wish->most) <= 0);
}

/* ---- the question ---- */

/* What is tried behind the version, in this order. */
static const char *const of_musl[] = {"alpine", NULL};
static const char *const of_glibc[] = {"", "bookworm", "trixie", "bullseye", NULL};
static const char *const of_slim[] = {
    "slim",        "slim-bookworm", "bookworm-slim", "slim-trixie",
    "trixie-slim", "slim-bullseye", "bullseye-slim", NULL};

static const char *try_all(const char *image, const struct image_name *name,
                           const char *const *endings, const struct variant_wish *wish,
                           struct arena *arena)
{
    size_t digits = strspn(name->tag, "0123456789.");
    const char *version = arena_copy(arena, name->tag, digits);
    const char *own = own_words(name->tag + digits, arena);
    size_t length = (size_t)(strstr(image, name->repository) - image) + strlen(name->repository);
    for (size_t i = 0; endings[i] != NULL; i++) {
        const char *words = join(own, endings[i], arena);
        const char *tag = join(version, words, arena);
        const char *other =
            arena_format(arena, "%.*s%s%s", (int)length, image, *tag != '\0' ? ":" : "", tag);
        bool published = *endings[i] == '\0' ||
                         (*version != '\0' ? is_published(name->repository, words, version)
                                           : is_named(other, arena));
        if (published && suits(other, wish, arena))
            return other;
    }
    return NULL;
}

const char *image_variant(const char *image, const struct variant_wish *wish, struct arena *arena)
{
    struct image_name name = image_name_read(image, arena);
    const char *found = NULL;
    if (name.digest)
        return NULL;
    if (wish->libc == WILLRUN_LIBC_MUSL)
        return try_all(image, &name, of_musl, wish, arena);
    if (wish->slim)
        found = try_all(image, &name, of_slim, wish, arena);
    return found != NULL ? found : try_all(image, &name, of_glibc, wish, arena);
}

bool image_is_alike(const char *image, const char *other, struct arena *arena)
{
    return strcmp(image_name_read(image, arena).repository,
                  image_name_read(other, arena).repository) == 0;
}
