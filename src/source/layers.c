#include "source/layers.h"

#include <string.h>

#include "base/limits.h"
#include "source/digests.h"
#include "source/read_ahead.h"
#include "source/stream.h"
#include "source/unpack.h"

/* A layer, and where its bytes lie. */
struct placed {
    const struct layer *layer;
    const char *label;
    struct range range;
    enum coding coding;
};

struct layering {
    const struct parts *parts;
    struct archive_source *archive;
    struct placed *placed;
    struct err *err;
};

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
static bool read_plain(const struct placed *placed, struct tar_input *input, tar_found *found,
                       void *context, struct err *err)
{
    input->range = placed->range;
    return tar_read(input, found, context, err);
}

static bool read_packed(const struct placed *placed, const char *diff_id, struct tar_input *input,
                        tar_found *found, void *context, struct err *err)
{
    struct sha256 plain;
    sha256_begin(&plain);
    struct stream *stream =
        stream_of_range(store_fd(input->store, placed->range.file), placed->range.offset,
                        placed->range.size, placed->label);
    stream = stream_decoded(stream, placed->coding, diff_id != NULL ? &plain : NULL);
    input->stream = stream;
    bool read = tar_read(input, found, context, err);
    const void *rest;
    while (read && stream_next(stream, &rest, err) > 0)
        ;
    stream_close(stream);
    char hex[SHA256_HEX + 1];
    sha256_end(&plain, hex);
    return read && err->code == WILLRUN_OK &&
           (diff_id == NULL || digest_is(hex, diff_id, placed->label, err));
}

/* A read_archive; the context is a layering. */
static bool read_layer(void *context, size_t index, const atomic_bool *unwanted, tar_found *found,
                       void *found_context, struct err *err)
{
    const struct layering *layering = context;
    const struct placed *placed = &layering->placed[index];
    struct tar_input input = {
        .label = placed->label, .store = layering->archive->store, .unwanted = unwanted};
    const char *diff_id = layering->parts->unverified ? NULL : placed->layer->diff_id;
    return placed->coding == CODING_NONE
               ? read_plain(placed, &input, found, found_context, err)
               : read_packed(placed, diff_id, &input, found, found_context, err);
}

/* ---- unpacking ---- */

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

/* `ahead` reads it; NULL: this thread does. */
static bool unpack_layer(struct layering *layering, size_t index, struct read_ahead *ahead)
{
    struct unpacking unpacking = {.label = layering->placed[index].label,
                                  .tree = &layering->archive->tree,
                                  .notes = &layering->archive->notes,
                                  .layer = true};
    bool read = ahead != NULL
                    ? read_ahead_take(ahead, index, unpack_entry, &unpacking, layering->err)
                    : read_layer(layering, index, NULL, unpack_entry, &unpacking, layering->err);
    if (read && unpack_end(&unpacking, layering->err))
        return true;
    unpack_stop(&unpacking);
    blame_digest(layering, &layering->placed[index]);
    return false;
}

static bool unpack_layers(struct layering *layering, size_t count)
{
    uint64_t *sizes = arena_array(&layering->archive->arena, count + 1, sizeof *sizes);
    for (size_t i = 0; i < count; i++)
        sizes[i] = layering->placed[i].range.size;
    struct read_ahead *ahead = read_ahead_start(sizes, count, read_layer, layering);
    bool done = true;
    for (size_t i = 0; i < count && done; i++)
        done = unpack_layer(layering, i, ahead);
    read_ahead_free(ahead);
    return done;
}

bool layers_read(const struct parts *parts, const struct layer *layers, size_t count,
                 struct archive_source *archive, struct err *err)
{
    struct layering layering = {.parts = parts, .archive = archive, .err = err};
    if (count > limit_of(LIMIT_LAYERS))
        return err_set(err, WILLRUN_EINPUT,
                       "%s: the image has %zu layers, and no runtime stacks more than %llu%s",
                       parts->name, count, (unsigned long long)limit_of(LIMIT_LAYERS),
                       limit_hint(LIMIT_LAYERS));
    layering.placed = arena_array(&archive->arena, count + 1, sizeof *layering.placed);
    archive->digests = digests_new(archive->store);
    for (size_t i = 0; i < count; i++) {
        if (!place(&layering, &layers[i], &layering.placed[i]))
            return false;
        if (!parts->unverified)
            add_digests(archive->digests, &layering.placed[i]);
    }
    digests_start(archive->digests);
    return unpack_layers(&layering, count);
}
