/* OCI image layouts: index.json leads through indexes to manifests, each of one
 * platform (image-index.md, manifest.md). */
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "source/formats.h"
#include "source/image.h"

enum { INDEX_DEPTH = 8 };

/* A manifest that index.json leads to. */
struct candidate {
    struct part part;
    const char *platform; /* as the index says; NULL: it does not */
};

struct layout {
    const struct parts *parts;
    const struct image_choice *choice;
    struct arena arena;
    struct VEC(struct candidate) candidates;
    struct VEC(const char *) references; /* different names of images in index.json */
    unsigned seen;                       /* descriptors */
    struct err *err;
};

bool oci_layout_is(const struct parts *parts)
{
    return parts_have(parts, "oci-layout") && parts_have(parts, "index.json");
}

/* ---- descriptors (descriptor.md) ---- */

static bool is_json_type(const char *type, const char *oci, const char *docker)
{
    return type != NULL && (strcmp(type, oci) == 0 || strcmp(type, docker) == 0);
}

static bool is_index_type(const char *type)
{
    return is_json_type(type, "application/vnd.oci.image.index.v1+json",
                        "application/vnd.docker.distribution.manifest.list.v2+json");
}

static bool is_config_type(const char *type)
{
    return type == NULL || is_json_type(type, "application/vnd.oci.image.config.v1+json",
                                        "application/vnd.docker.container.image.v1+json");
}

/* Where the blob of a descriptor is. */
static bool read_descriptor(struct layout *layout, const json_t *json, const char *what,
                            struct part *part)
{
    const char *digest;
    const json_t *size = json_object_get(json, "size");
    if (!member_text(json, "digest", what, &digest, layout->err))
        return false;
    if (digest == NULL || !json_is_integer(size) || json_integer_value(size) < 0)
        return err_set(layout->err, WILLRUN_EINPUT,
                       "%s: a descriptor has no \"digest\" or no \"size\"", what);
    part->digest = arena_string(&layout->arena, digest);
    part->size = json_integer_value(size);
    part->path = parts_blob_path(layout->parts, digest, &layout->arena, layout->err);
    return part->path != NULL;
}

static const char *annotation(const json_t *descriptor, const char *key)
{
    return json_string_value(json_object_get(json_object_get(descriptor, "annotations"), key));
}

/* What a build says about itself is no image. */
static bool is_attestation(const json_t *descriptor)
{
    const char *os =
        json_string_value(json_object_get(json_object_get(descriptor, "platform"), "os"));
    return annotation(descriptor, "vnd.docker.reference.type") != NULL ||
           (os != NULL && strcmp(os, "unknown") == 0);
}

static const char *platform_in(struct layout *layout, const json_t *descriptor)
{
    const json_t *platform = json_object_get(descriptor, "platform");
    const char *os = json_string_value(json_object_get(platform, "os"));
    const char *arch = json_string_value(json_object_get(platform, "architecture"));
    const char *variant = json_string_value(json_object_get(platform, "variant"));
    if (os == NULL || arch == NULL)
        return NULL;
    return arena_format(&layout->arena, "%s/%s%s%s", os, arch,
                        variant != NULL && *variant != 0 ? "/" : "",
                        variant != NULL ? variant : "");
}

/* ---- indexes ---- */

static bool add_descriptor(struct layout *layout, const json_t *json, const char *what,
                           unsigned depth);

static bool add_index(struct layout *layout, const json_t *json, const char *what, unsigned depth)
{
    const json_t *manifests;
    if (!member_array(json, "manifests", what, &manifests, layout->err))
        return false;
    if (manifests == NULL)
        return err_set(layout->err, WILLRUN_EINPUT, "%s: an index has no \"manifests\"", what);
    for (size_t i = 0; i < json_array_size(manifests); i++)
        if (!add_descriptor(layout, json_array_get(manifests, i), what, depth))
            return false;
    return true;
}

static bool open_index(struct layout *layout, const struct part *part, unsigned depth)
{
    const char *what = arena_format(&layout->arena, "%s: %s", layout->parts->name, part->path);
    if (depth == INDEX_DEPTH)
        return err_set(layout->err, WILLRUN_EINPUT, "%s: indexes lie more than %d deep in indexes",
                       what, INDEX_DEPTH);
    json_t *json = parts_json(layout->parts, part, layout->err);
    bool added = json != NULL && add_index(layout, json, what, depth + 1);
    json_decref(json);
    return added;
}

static bool add_descriptor(struct layout *layout, const json_t *json, const char *what,
                           unsigned depth)
{
    const char *type;
    struct candidate candidate = {0};
    if (++layout->seen > limit_of(LIMIT_MANIFESTS))
        return err_set(layout->err, WILLRUN_EINPUT,
                       "%s: the indexes list more than %llu manifests%s", what,
                       (unsigned long long)limit_of(LIMIT_MANIFESTS), limit_hint(LIMIT_MANIFESTS));
    if (is_attestation(json))
        return true;
    if (!member_text(json, "mediaType", what, &type, layout->err) ||
        !read_descriptor(layout, json, what, &candidate.part))
        return false;
    candidate.platform = platform_in(layout, json);
    if (is_index_type(type))
        return open_index(layout, &candidate.part, depth);
    *vec_push(&layout->candidates) = candidate;
    return true;
}

/* ---- index.json ---- */

static const char *reference_of(const json_t *descriptor)
{
    const char *name = annotation(descriptor, "io.containerd.image.name");
    return name != NULL ? name : annotation(descriptor, "org.opencontainers.image.ref.name");
}

static bool is_named(const json_t *descriptor, const char *reference)
{
    static const char *const keys[] = {"org.opencontainers.image.ref.name",
                                       "io.containerd.image.name"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *name = annotation(descriptor, keys[i]);
        if (name != NULL && reference_matches(name, reference))
            return true;
    }
    return false;
}

static void add_reference(struct layout *layout, const char *name)
{
    for (size_t i = 0; name != NULL && i < layout->references.count; i++)
        if (strcmp(layout->references.at[i], name) == 0)
            return;
    if (name != NULL)
        *vec_push(&layout->references) = arena_string(&layout->arena, name);
}

static const char *all_references(struct layout *layout)
{
    const char *all = "";
    for (size_t i = 0; i < layout->references.count && strlen(all) < 300; i++)
        all = arena_format(&layout->arena, "%s%s%.100s", all, i != 0 ? ", " : "",
                           layout->references.at[i]);
    return all;
}

/* The descriptors of index.json that are asked for. */
static bool read_top(struct layout *layout, const json_t *json, const char *what)
{
    const char *reference = layout->choice->reference;
    const json_t *manifests;
    if (!member_array(json, "manifests", what, &manifests, layout->err))
        return false;
    size_t wanted = 0;
    for (size_t i = 0; i < json_array_size(manifests); i++) {
        const json_t *descriptor = json_array_get(manifests, i);
        add_reference(layout, reference_of(descriptor));
        if (reference != NULL && !is_named(descriptor, reference))
            continue;
        wanted++;
        if (!add_descriptor(layout, descriptor, what, 0))
            return false;
    }
    if (reference != NULL && wanted == 0)
        return err_set(layout->err, WILLRUN_EINPUT, "%s has no image %s; it has: %s", what,
                       reference,
                       layout->references.count != 0 ? all_references(layout) : "none with a name");
    if (reference == NULL && layout->references.count > 1)
        return err_set(layout->err, WILLRUN_EINPUT,
                       "%s has %zu images: say which one, as in oci:DIR:TAG: %s", what,
                       layout->references.count, all_references(layout));
    return true;
}

/* ---- manifests ---- */

static bool read_layers(struct layout *layout, const json_t *json, const char *what,
                        struct layer **layers, size_t *count)
{
    const json_t *list;
    if (!member_array(json, "layers", what, &list, layout->err))
        return false;
    *count = json_array_size(list);
    *layers = arena_array(&layout->arena, *count + 1, sizeof **layers);
    for (size_t i = 0; i < *count; i++)
        if (!read_descriptor(layout, json_array_get(list, i), what, &(*layers)[i].part))
            return false;
    return true;
}

/* An image, in `list`; nothing where the manifest is that of something else. */
static bool open_manifest(struct layout *layout, const json_t *json, const struct part *part,
                          struct source_list *list)
{
    const char *type,
        *what = arena_format(&layout->arena, "%s: %s", layout->parts->name, part->path);
    const json_t *config;
    struct part config_part;
    struct layer *layers;
    size_t count;
    if (json_object_get(json, "manifests") != NULL)
        return err_set(layout->err, WILLRUN_EINPUT, "%s is an index that is called a manifest",
                       what);
    if (!member_object(json, "config", what, &config, layout->err))
        return false;
    if (config == NULL)
        return err_set(layout->err, WILLRUN_EINPUT,
                       "%s is no manifest of an image: it has no "
                       "\"config\"",
                       what);
    if (!member_text(config, "mediaType", what, &type, layout->err))
        return false;
    if (!is_config_type(type))
        return true;
    if (!read_descriptor(layout, config, what, &config_part) ||
        !read_layers(layout, json, what, &layers, &count))
        return false;
    struct source *source =
        image_open(layout->parts, &config_part, layers, count, layout->choice->name, layout->err);
    if (source != NULL)
        *vec_push(list) = source;
    return source != NULL;
}

static bool open_candidate(struct layout *layout, const struct candidate *candidate,
                           struct source_list *list)
{
    json_t *json = parts_json(layout->parts, &candidate->part, layout->err);
    bool opened = json != NULL && open_manifest(layout, json, &candidate->part, list);
    json_decref(json);
    return opened;
}

/* Is it one of those to open? `best` is how well the best of them fits. */
static bool is_chosen(const struct layout *layout, const struct candidate *candidate, unsigned best,
                      bool some_there)
{
    const char *platform = layout->choice->platform;
    if (some_there && !parts_have(layout->parts, candidate->part.path))
        return false; /* docker save lists the platforms that it did not save */
    return platform == NULL || candidate->platform == NULL || best == 0 ||
           platform_fits(candidate->platform, platform) == best;
}

static bool refuse_platform(struct layout *layout)
{
    const char *all = "";
    for (size_t i = 0; i < layout->candidates.count && strlen(all) < 300; i++)
        all = arena_format(&layout->arena, "%s%s%.60s", all, i != 0 ? ", " : "",
                           layout->candidates.at[i].platform);
    return err_set(layout->err, WILLRUN_EINPUT, "%s has no image for %s; it has: %s",
                   layout->parts->name, layout->choice->platform, all);
}

static bool open_candidates(struct layout *layout, struct source_list *list)
{
    unsigned best = 0;
    bool there = false, unnamed = false;
    for (size_t i = 0; i < layout->candidates.count; i++) {
        const struct candidate *candidate = &layout->candidates.at[i];
        there |= parts_have(layout->parts, candidate->part.path);
        unnamed |= candidate->platform == NULL;
        if (layout->choice->platform != NULL && candidate->platform != NULL) {
            unsigned fits = platform_fits(candidate->platform, layout->choice->platform);
            best = fits > best ? fits : best;
        }
    }
    if (layout->choice->platform != NULL && best == 0 && !unnamed && layout->candidates.count > 1)
        return refuse_platform(layout);
    for (size_t i = 0; i < layout->candidates.count; i++)
        if (is_chosen(layout, &layout->candidates.at[i], best, there) &&
            !open_candidate(layout, &layout->candidates.at[i], list))
            return false;
    return list->count != 0 || err_set(layout->err, WILLRUN_EINPUT,
                                       "%s: index.json leads to no image", layout->parts->name);
}

bool oci_layout_open(const struct parts *parts, const struct image_choice *choice,
                     struct source_list *list, struct err *err)
{
    static const struct part index = {"index.json", NULL, -1};
    struct layout layout = {.parts = parts, .choice = choice, .err = err};
    json_t *json = parts_json(parts, &index, err);
    const char *what = arena_format(&layout.arena, "%s: index.json", parts->name);
    bool opened = json != NULL && read_top(&layout, json, what) && open_candidates(&layout, list);
    json_decref(json);
    vec_free(&layout.candidates);
    vec_free(&layout.references);
    arena_free(&layout.arena);
    return opened;
}
