#include "source/context.h"
#include "source/witness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { LARGEST = 4 << 20 };

struct context {
    struct source source; /* first */
    struct source *folder;
    struct ignore ignore;
    struct arena arena; /* owns the patterns */
};

static struct context *context_of(struct source *source)
{
    return (struct context *)source;
}

static bool is_hidden(const struct context *context, const char *path, const struct node_info *info)
{
    return *path != '\0' && ignore_leaves_out(&context->ignore, path) &&
           !(info->type == NODE_DIR && ignore_may_except(&context->ignore, path));
}

static void context_look(struct source *source, const char *path, struct arena *arena,
                         struct node_info *info)
{
    struct context *context = context_of(source);
    context->folder->ops->look(context->folder, path, arena, info);
    if (info->type != NODE_NONE && is_hidden(context, path, info))
        *info = (struct node_info){.type = NODE_NONE};
}

struct listing {
    const struct context *context;
    const char *dir;
    struct arena scratch;
    source_found *found;
    void *found_context;
};

static void found_name(void *argument, const char *name, const struct node_info *info)
{
    struct listing *listing = argument;
    const char *path =
        *listing->dir == '\0' ? name : arena_format(&listing->scratch, "%s/%s", listing->dir, name);
    if (!is_hidden(listing->context, path, info))
        listing->found(listing->found_context, name, info);
}

static int context_list(struct source *source, const char *path, struct arena *arena,
                        source_found *found, void *found_context)
{
    struct context *context = context_of(source);
    struct listing listing = {context, path, {0}, found, found_context};
    int error = context->folder->ops->list(context->folder, path, arena, found_name, &listing);
    arena_free(&listing.scratch);
    return error;
}

static int context_bytes(struct source *source, const char *path, file_wanted *wanted,
                         struct file_bytes *bytes)
{
    struct source *folder = context_of(source)->folder;
    return folder->ops->bytes(folder, path, wanted, bytes);
}

static void context_close(struct source *source)
{
    struct context *context = context_of(source);
    context->folder->ops->close(context->folder);
    vec_free(&context->ignore);
    arena_free(&context->arena);
    free(context);
}

static bool read_ignore(struct context *context, const char *path, struct err *err)
{
    witness_file(path);
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno == ENOENT || errno == ENOTDIR ||
               err_set(err, WILLRUN_EINPUT, "%s cannot be opened: %s", path, err_text(errno));
    char *text = must_alloc(LARGEST);
    size_t size = fread(text, 1, LARGEST, file);
    bool ok = ferror(file) == 0 && size < LARGEST;
    fclose(file);
    if (ok)
        ignore_read((struct span){(unsigned char *)text, size}, &context->arena, &context->ignore);
    free(text);
    return ok || err_set(err, WILLRUN_EINPUT, "%s: expected a file of less than 4 MiB", path);
}

struct source *source_open_context(const char *path, const char *ignore_path, struct err *err)
{
    static const struct source_ops ops = {
        .look = context_look, .list = context_list, .bytes = context_bytes, .close = context_close};
    struct source *folder = source_open_dir(path, err);
    if (folder == NULL)
        return NULL;
    struct context *context = must_alloc(sizeof *context);
    *context = (struct context){.source = {.ops = &ops, .name = folder->name}, .folder = folder};
    if (ignore_path == NULL || read_ignore(context, ignore_path, err))
        return &context->source;
    context_close(&context->source);
    return NULL;
}
