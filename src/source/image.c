#include "source/image.h"

#include <stdlib.h>
#include <string.h>

/* ---- platforms ---- */

enum { PART = 32 };

struct platform_name {
    char os[PART], arch[PART], variant[PART];
};

/* As containerd's platforms.Normalize. */
static void normalise(struct platform_name *name)
{
    static const struct {
        const char *arch, *variant, *as, *as_variant;
    } aliases[] = {
        {"x86_64", "", "amd64", ""},  {"x86-64", "", "amd64", ""},  {"aarch64", "", "arm64", ""},
        {"armhf", "", "arm", "v7"},   {"armel", "", "arm", "v6"},   {"i386", "", "386", ""},
        {"amd64", "v1", "amd64", ""}, {"arm64", "v8", "arm64", ""}, {"arm64", "8", "arm64", ""},
        {"arm", "", "arm", "v7"},     {"arm", "7", "arm", "v7"},    {"arm", "6", "arm", "v6"},
        {"arm", "5", "arm", "v5"},
    };
    for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
        if (strcmp(name->arch, aliases[i].arch) == 0 &&
            strcmp(name->variant, aliases[i].variant) == 0) {
            memcpy(name->arch, aliases[i].as, strlen(aliases[i].as) + 1);
            memcpy(name->variant, aliases[i].as_variant, strlen(aliases[i].as_variant) + 1);
        }
}

static const char *take_part(const char *text, char part[PART])
{
    size_t length = strcspn(text, "/");
    size_t kept = length < PART ? length : PART - 1;
    memcpy(part, text, kept);
    part[kept] = 0;
    return text + length + (text[length] == '/');
}

static struct platform_name parse(const char *text)
{
    struct platform_name name;
    text = take_part(text, name.os);
    text = take_part(text, name.arch);
    take_part(text, name.variant);
    normalise(&name);
    return name;
}

unsigned platform_fits(const char *has, const char *wanted)
{
    struct platform_name a = parse(has), b = parse(wanted);
    if (strcmp(a.os, b.os) != 0 || strcmp(a.arch, b.arch) != 0)
        return 0;
    if (strcmp(a.variant, b.variant) == 0)
        return 100;
    /* a processor runs what is for its predecessors: the nearest of them is best */
    bool ordered = strcmp(a.arch, "arm") == 0 || strcmp(a.arch, "amd64") == 0;
    unsigned long own = a.variant[0] == 'v' ? strtoul(a.variant + 1, NULL, 10) : 1;
    unsigned long most = b.variant[0] == 'v' ? strtoul(b.variant + 1, NULL, 10) : 1;
    return ordered && own > 0 && own < most && most < 100 ? (unsigned)(100 - (most - own)) : 0;
}

/* ---- the configuration ---- */

static bool read_platform(const json_t *json, const char *what, struct arena *arena,
                          struct image_facts *image, struct err *err)
{
    const char *os, *arch, *variant;
    if (!member_text(json, "os", what, &os, err) ||
        !member_text(json, "architecture", what, &arch, err) ||
        !member_text(json, "variant", what, &variant, err))
        return false;
    if (arch == NULL || *arch == 0)
        return true; /* it does not say */
    bool has_variant = variant != NULL && *variant != 0;
    image->platform = arena_format(arena, "%s/%s%s%s", os != NULL && *os != 0 ? os : "linux", arch,
                                   has_variant ? "/" : "", has_variant ? variant : "");
    return true;
}

static bool read_text(const json_t *config, const char *key, const char *what, struct arena *arena,
                      const char **to, struct err *err)
{
    const char *text;
    if (!member_text(config, key, what, &text, err))
        return false;
    *to = text != NULL && *text != 0 ? arena_string(arena, text) : NULL;
    return true;
}

static bool read_process(const json_t *json, const char *what, struct arena *arena,
                         struct image_facts *image, struct err *err)
{
    const json_t *config, *health;
    if (!member_object(json, "config", what, &config, err))
        return false;
    if (config == NULL)
        return true;
    if (!member_object(config, "Healthcheck", what, &health, err))
        return false;
    return member_texts(config, "Env", what, arena, &image->env, err) &&
           member_texts(config, "Entrypoint", what, arena, &image->entrypoint, err) &&
           member_texts(config, "Cmd", what, arena, &image->command, err) &&
           member_texts(config, "Shell", what, arena, &image->shell, err) &&
           (health == NULL ||
            member_texts(health, "Test", what, arena, &image->healthcheck, err)) &&
           read_text(config, "User", what, arena, &image->user, err) &&
           read_text(config, "WorkingDir", what, arena, &image->workdir, err);
}

static bool read_diff_ids(const json_t *json, const char *what, struct arena *arena,
                          struct image_config *config, struct err *err)
{
    const json_t *rootfs;
    if (!member_object(json, "rootfs", what, &rootfs, err))
        return false;
    if (rootfs != NULL && !member_texts(rootfs, "diff_ids", what, arena, &config->diff_ids, err))
        return false;
    while (config->diff_ids != NULL && config->diff_ids[config->diff_id_count] != NULL)
        config->diff_id_count++;
    return true;
}

bool image_config_read(const struct parts *parts, const struct part *part, struct arena *arena,
                       struct image_config *config, struct err *err)
{
    *config = (struct image_config){0};
    json_t *json = parts_json(parts, part, err);
    if (json == NULL)
        return false;
    const char *what = arena_format(arena, "%s: %s", parts->name, part->path);
    bool read = json_is_object(json) ||
                err_set(err, WILLRUN_EINPUT, "%s is no configuration of an image", what);
    read = read && read_platform(json, what, arena, &config->image, err) &&
           read_process(json, what, arena, &config->image, err) &&
           read_diff_ids(json, what, arena, config, err);
    json_decref(json);
    return read;
}

/* ---- the image ---- */

static bool read_image(const struct parts *parts, const struct part *part, struct layer *layers,
                       size_t layer_count, struct archive_source *archive, struct err *err)
{
    struct image_config config;
    if (!image_config_read(parts, part, &archive->arena, &config, err))
        return false;
    if (config.diff_id_count != layer_count)
        return err_set(err, WILLRUN_EINPUT,
                       "%s: the image has %zu layers, and its configuration %s lists %zu",
                       parts->name, layer_count, part->path, config.diff_id_count);
    for (size_t i = 0; i < layer_count; i++)
        layers[i].diff_id = config.diff_ids[i];
    struct image_facts *image = arena_alloc(&archive->arena, sizeof *image);
    *image = config.image;
    archive->source.image = image;
    return layers_read(parts, layers, layer_count, archive, err);
}

struct source *image_open(const struct parts *parts, const struct part *config,
                          struct layer *layers, size_t layer_count, const char *name,
                          struct err *err)
{
    struct archive_source *archive = archive_source_new(parts->store, name);
    bool read = read_image(parts, config, layers, layer_count, archive, err);
    struct source *source = archive_source_finish(archive);
    if (read)
        return source;
    source->ops->close(source);
    return NULL;
}
