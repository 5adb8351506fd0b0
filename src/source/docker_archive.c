/* What `docker save` and `podman save` write: manifest.json names for each image
 * its configuration, its tags and its layers. */
#include <stdlib.h>
#include <string.h>

#include "base/sha256.h"
#include "source/formats.h"
#include "source/image.h"

static const struct part manifest_part = {"manifest.json", NULL, -1};

/* Has it any folder that root filesystems have? */
static bool is_rootlike(const struct parts *parts)
{
    static const char *const folders[] = {"bin", "etc", "lib", "opt", "usr", "var", "app", "home"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (parts_have(parts, folders[i]))
            return true;
    return false;
}

/* A manifest.json that cannot be read is the trouble of an image; in a root filesystem it is
 * somebody's file. */
bool docker_archive_is(const struct parts *parts)
{
    struct err ignored = {0};
    if (!parts_have(parts, manifest_part.path))
        return false;
    json_t *json = parts_json(parts, &manifest_part, &ignored);
    const json_t *first = json_array_get(json, 0);
    bool is = json == NULL ? parts_have(parts, "repositories") || parts_have(parts, "oci-layout") ||
                                 !is_rootlike(parts)
                           : json_object_get(first, "Config") != NULL &&
                                 json_object_get(first, "Layers") != NULL;
    json_decref(json);
    return is;
}

/* ---- which image ---- */

static const char *without(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0 ? text + strlen(prefix) : text;
}

static const char *short_name(const char *name)
{
    name = without(without(name, "docker.io/"), "index.docker.io/");
    return without(without(name, "library/"), "localhost/");
}

/* The tag or digest of a name begins there; its end where it has none. */
static const char *tag_of(const char *name)
{
    const char *slash = strrchr(name, '/');
    const char *last = slash != NULL ? slash + 1 : name;
    return last + strcspn(last, ":@");
}

bool reference_matches(const char *name, const char *reference)
{
    name = short_name(name);
    reference = short_name(reference);
    const char *tag = tag_of(name), *wanted = tag_of(reference);
    if (strcmp(name, reference) == 0 || (*tag == ':' && strcmp(tag + 1, reference) == 0))
        return true; /* the tag alone will do */
    bool same =
        tag - name == wanted - reference && strncmp(name, reference, (size_t)(tag - name)) == 0;
    const char *latest = ":latest";
    return same && strcmp(*tag != 0 ? tag : latest, *wanted != 0 ? wanted : latest) == 0;
}

static bool is_wanted(const char *const *tags, const char *reference)
{
    if (reference == NULL)
        return true;
    for (size_t i = 0; tags != NULL && tags[i] != NULL; i++)
        if (reference_matches(tags[i], reference))
            return true;
    return false;
}

/* One entry of manifest.json. */
struct entry_texts {
    const char *config;
    const char *const *tags, *const *layers;
};

static bool read_entry(const json_t *json, const char *what, struct arena *arena,
                       struct entry_texts *entry, struct err *err)
{
    if (!member_text(json, "Config", what, &entry->config, err) ||
        !member_texts(json, "RepoTags", what, arena, &entry->tags, err) ||
        !member_texts(json, "Layers", what, arena, &entry->layers, err))
        return false;
    static const char *const no_layer[] = {NULL};
    if (entry->layers == NULL && json_object_get(json, "Layers") != NULL)
        entry->layers = no_layer;
    return (entry->config != NULL && entry->layers != NULL) ||
           err_set(err, WILLRUN_EINPUT, "%s: an image has no \"Config\" or no \"Layers\"", what);
}

/* The wanted one of them; ENTRY_NONE with a sentence where it is not one alone. */
static size_t choose(const struct entry_texts *entries, size_t count,
                     const struct image_choice *choice, const char *what, struct err *err)
{
    char names[512] = "";
    size_t found = 0, chosen = 0, used = 0;
    for (size_t i = 0; i < count; i++) {
        const char *first = entries[i].tags != NULL ? entries[i].tags[0] : NULL;
        if (used < sizeof names)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i != 0 ? ", " : "",
                                     first != NULL ? first : "one without a name");
        if (is_wanted(entries[i].tags, choice->reference)) {
            chosen = i;
            found++;
        }
    }
    if (found == 1)
        return chosen;
    if (count == 0)
        err_set(err, WILLRUN_EINPUT, "%s lists no image", what);
    else if (found == 0)
        err_set(err, WILLRUN_EINPUT, "%s has no image %s; it has: %.400s", what, choice->reference,
                names);
    else
        err_set(err, WILLRUN_EINPUT,
                "%s has %zu images: say which one, as in docker-archive:FILE:NAME: %.400s", what,
                found, names);
    return SIZE_MAX;
}

/* ---- its parts ---- */

/* Configurations are named by their digest: "<hex>.json", "blobs/sha256/<hex>". */
static const char *digest_in_name(const char *path, struct arena *arena)
{
    const char *slash = strrchr(path, '/'), *name = slash != NULL ? slash + 1 : path;
    size_t length = strspn(name, "0123456789abcdef");
    bool is = length == SHA256_HEX && (name[length] == 0 || strcmp(name + length, ".json") == 0);
    return is ? arena_format(arena, "sha256:%.*s", (int)length, name) : NULL;
}

static struct source *open_entry(const struct parts *parts, const struct entry_texts *entry,
                                 const char *name, struct arena *arena, struct err *err)
{
    size_t count = 0;
    while (entry->layers[count] != NULL)
        count++;
    struct layer *layers = arena_array(arena, count + 1, sizeof *layers);
    for (size_t i = 0; i < count; i++)
        layers[i].part = (struct part){entry->layers[i], NULL, -1};
    struct part config = {entry->config, digest_in_name(entry->config, arena), -1};
    return image_open(parts, &config, layers, count, name, err);
}

static bool open_images(const struct parts *parts, const json_t *json,
                        const struct image_choice *choice, struct arena *arena,
                        struct source_list *list, struct err *err)
{
    const char *what = arena_format(arena, "%s: %s", parts->name, manifest_part.path);
    if (!json_is_array(json))
        return err_set(err, WILLRUN_EINPUT, "%s is no list of images, as docker save writes it",
                       what);
    size_t count = json_array_size(json);
    struct entry_texts *entries = arena_array(arena, count + 1, sizeof *entries);
    for (size_t i = 0; i < count; i++)
        if (!read_entry(json_array_get(json, i), what, arena, &entries[i], err))
            return false;
    size_t chosen = choose(entries, count, choice, what, err);
    struct source *source =
        chosen != SIZE_MAX ? open_entry(parts, &entries[chosen], choice->name, arena, err) : NULL;
    if (source == NULL)
        return false;
    *vec_push(list) = source;
    return true;
}

bool docker_archive_open(const struct parts *parts, const struct image_choice *choice,
                         struct source_list *list, struct err *err)
{
    struct arena arena = {0};
    json_t *json = parts_json(parts, &manifest_part, err);
    bool opened = json != NULL && open_images(parts, json, choice, &arena, list, err);
    json_decref(json);
    arena_free(&arena);
    return opened;
}
