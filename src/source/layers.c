#include "source/layers.h"

#include <string.h>

#include "source/digests.h"
#include "source/stream.h"
#include "source/tar.h"

struct layering {
    const struct parts *parts;
    struct archive_source *archive;
    struct err *err;
};

static const char *label_of(const struct layering *layering, const struct layer *layer)
{
    return arena_format(&layering->archive->arena, "%s: the layer %s", layering->parts->name,
                        layer->part.path);
}

static struct tar_output output_of(const struct layering *layering)
{
    return (struct tar_output){.tree = &layering->archive->tree,
                               .store = layering->archive->store,
                               .notes = &layering->archive->notes,
                               .layer = true};
}

/* A layer that is not compressed is read where it lies. */
static bool read_plain(const struct layering *layering, const struct layer *layer,
                       struct range range, const char *label)
{
    struct tar_input input = {.label = label, .range = range};
    struct tar_output output = output_of(layering);
    struct digests *digests = layering->archive->digests;
    if (layer->part.digest != NULL)
        digests_add(digests, range, label, layer->part.digest);
    if (layer->diff_id != NULL &&
        (layer->part.digest == NULL || strcmp(layer->diff_id, layer->part.digest) != 0))
        digests_add(digests, range, label, layer->diff_id);
    return tar_read(&input, &output, layering->err);
}

static bool hold(struct sha256 *hash, const char *expected, const char *label, struct err *err)
{
    char hex[SHA256_HEX + 1];
    sha256_end(hash, hex);
    return expected == NULL || digest_is(hex, expected, label, err);
}

static bool read_packed(const struct layering *layering, const struct layer *layer,
                        struct range range, enum coding coding, const char *label)
{
    struct sha256 packed, plain;
    sha256_begin(&packed);
    sha256_begin(&plain);
    struct stream *stream = stream_of_range(store_fd(layering->archive->store, range.file),
                                            range.offset, range.size, label);
    if (layer->part.digest != NULL)
        stream = stream_hashed(stream, &packed);
    stream = stream_decoded(stream, coding);
    if (layer->diff_id != NULL)
        stream = stream_hashed(stream, &plain);
    struct tar_input input = {.label = label, .stream = stream};
    struct tar_output output = output_of(layering);
    bool read = tar_read(&input, &output, layering->err);
    const void *rest;
    while (read && stream_next(stream, &rest, layering->err) > 0)
        ;
    stream_close(stream);
    return read && layering->err->code == WILLRUN_OK &&
           hold(&packed, layer->part.digest, label, layering->err) &&
           hold(&plain, layer->diff_id, label, layering->err);
}

/* A layer that cannot be read: where it is not the one that was meant, that is why. */
static void blame_digest(const struct layering *layering, const char *expected, struct range range,
                         const char *label)
{
    struct err mismatch = {0};
    if (expected != NULL &&
        !digest_of_range(layering->archive->store, range, expected, label, &mismatch))
        *layering->err = mismatch;
}

static bool read_layer(const struct layering *layering, const struct layer *layer)
{
    struct range range;
    struct file_bytes head;
    const char *label = label_of(layering, layer);
    if (!parts_find(layering->parts, &layer->part, &range, layering->err))
        return false;
    if (range.size == 0)
        return err_set(layering->err, WILLRUN_EINPUT, "%s is empty: expected a tar archive", label);
    file_bytes_init(&head);
    int error = store_head(layering->archive->store, range, &head);
    if (error != 0)
        return err_set(layering->err, WILLRUN_EINPUT, "%s cannot be read: %s", label,
                       err_text(error));
    enum coding coding = coding_of(head.span);
    bool read = coding == CODING_NONE ? read_plain(layering, layer, range, label)
                                      : read_packed(layering, layer, range, coding, label);
    if (!read)
        blame_digest(layering,
                     layer->part.digest != NULL ? layer->part.digest
                     : coding == CODING_NONE    ? layer->diff_id
                                                : NULL,
                     range, label);
    return read;
}

bool layers_read(const struct parts *parts, const struct layer *layers, size_t count,
                 struct archive_source *archive, struct err *err)
{
    struct layering layering = {parts, archive, err};
    if (count > LAYERS_MOST)
        return err_set(err, WILLRUN_EINPUT,
                       "%s: the image has %zu layers, and no runtime stacks more than %d",
                       parts->name, count, LAYERS_MOST);
    archive->digests = digests_new(archive->store);
    for (size_t i = 0; i < count; i++)
        if (!read_layer(&layering, &layers[i]))
            return false;
    digests_complete(archive->digests);
    return true;
}
