#include "source/layers.h"

#include <string.h>

#include "base/limits.h"
#include "source/digests.h"
#include "source/stream.h"
#include "source/tar.h"

struct layering {
    const struct parts *parts;
    struct archive_source *archive;
    struct err *err;
};

/* A layer, and where its bytes lie. */
struct placed {
    const struct layer *layer;
    const char *label;
    struct range range;
    enum coding coding;
};

static struct tar_output output_of(const struct layering *layering)
{
    return (struct tar_output){.tree = &layering->archive->tree,
                               .store = layering->archive->store,
                               .notes = &layering->archive->notes,
                               .layer = true};
}

/* ---- where it lies ---- */

static bool place(const struct layering *layering, const struct layer *layer, struct placed *placed)
{
    struct file_bytes head;
    const char *label = arena_format(&layering->archive->arena, "%s: the layer %s",
                                     layering->parts->name, layer->part.path);
    *placed = (struct placed){.layer = layer, .label = label};
    if (!parts_find(layering->parts, &layer->part, &placed->range, layering->err))
        return false;
    if (placed->range.size == 0)
        return err_set(layering->err, WILLRUN_EINPUT, "%s is empty: expected a tar archive", label);
    file_bytes_init(&head);
    int error = store_head(layering->archive->store, placed->range, &head);
    if (error != 0)
        return err_set(layering->err, WILLRUN_EINPUT, "%s cannot be read: %s", label,
                       err_text(error));
    placed->coding = coding_of(head.span);
    return true;
}

/* What stands in the archive itself is hashed beside all else; what a layer expands to while it is
 * read. */
static void add_digests(struct digests *digests, const struct placed *placed)
{
    const char *digest = placed->layer->part.digest, *diff_id = placed->layer->diff_id;
    if (digest != NULL)
        digests_add(digests, placed->range, placed->label, digest);
    if (placed->coding == CODING_NONE && diff_id != NULL &&
        (digest == NULL || strcmp(diff_id, digest) != 0))
        digests_add(digests, placed->range, placed->label, diff_id);
}

/* ---- reading ---- */

/* A layer that is not compressed is read where it lies. */
static bool read_plain(const struct layering *layering, const struct placed *placed)
{
    struct tar_input input = {.label = placed->label, .range = placed->range};
    struct tar_output output = output_of(layering);
    return tar_read(&input, &output, layering->err);
}

static bool read_packed(const struct layering *layering, const struct placed *placed)
{
    const char *label = placed->label;
    const char *diff_id = layering->parts->unverified ? NULL : placed->layer->diff_id;
    struct sha256 plain;
    sha256_begin(&plain);
    struct stream *stream = stream_of_range(store_fd(layering->archive->store, placed->range.file),
                                            placed->range.offset, placed->range.size, label);
    stream = stream_decoded(stream, placed->coding, diff_id != NULL ? &plain : NULL);
    struct tar_input input = {.label = label, .stream = stream};
    struct tar_output output = output_of(layering);
    bool read = tar_read(&input, &output, layering->err);
    const void *rest;
    while (read && stream_next(stream, &rest, layering->err) > 0)
        ;
    stream_close(stream);
    char hex[SHA256_HEX + 1];
    sha256_end(&plain, hex);
    return read && layering->err->code == WILLRUN_OK &&
           (diff_id == NULL || digest_is(hex, diff_id, label, layering->err));
}

/* A layer that cannot be read: where it is not the one that was meant, that is why. */
static void blame_digest(const struct layering *layering, const struct placed *placed)
{
    struct err mismatch = {0};
    const char *expected = placed->layer->part.digest;
    if (expected == NULL && placed->coding == CODING_NONE)
        expected = placed->layer->diff_id;
    if (expected != NULL && !digest_of_range(layering->archive->store, placed->range, expected,
                                             placed->label, &mismatch))
        *layering->err = mismatch;
}

static bool read_layer(const struct layering *layering, const struct placed *placed)
{
    bool read = placed->coding == CODING_NONE ? read_plain(layering, placed)
                                              : read_packed(layering, placed);
    if (!read)
        blame_digest(layering, placed);
    return read;
}

bool layers_read(const struct parts *parts, const struct layer *layers, size_t count,
                 struct archive_source *archive, struct err *err)
{
    struct layering layering = {parts, archive, err};
    if (count > limit_of(LIMIT_LAYERS))
        return err_set(err, WILLRUN_EINPUT,
                       "%s: the image has %zu layers, and no runtime stacks more than %llu%s",
                       parts->name, count, (unsigned long long)limit_of(LIMIT_LAYERS),
                       limit_hint(LIMIT_LAYERS));
    struct placed *placed = arena_array(&archive->arena, count + 1, sizeof *placed);
    archive->digests = digests_new(archive->store);
    for (size_t i = 0; i < count; i++) {
        if (!place(&layering, &layers[i], &placed[i]))
            return false;
        if (!parts->unverified)
            add_digests(archive->digests, &placed[i]);
    }
    digests_start(archive->digests);
    for (size_t i = 0; i < count; i++)
        if (!read_layer(&layering, &placed[i]))
            return false;
    return true;
}
