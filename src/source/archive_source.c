#include "source/archive_source.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct archive_source *archive_of(struct source *source)
{
    return (struct archive_source *)source;
}

/* `path` passes through directories alone: a link on the way is none. */
static uint32_t find(const struct archive_tree *tree, const char *path)
{
    uint32_t at = ENTRY_TOP;
    while (*path != 0 && at != ENTRY_NONE) {
        size_t length = strcspn(path, "/");
        at = tree_at(tree, at)->type == NODE_DIR ? tree_child(tree, at, path, length) : ENTRY_NONE;
        path += length + (path[length] == '/');
    }
    return at;
}

static void archive_look(struct source *source, const char *path, struct arena *arena,
                         struct node_info *info)
{
    const struct archive_source *archive = archive_of(source);
    uint32_t id = find(&archive->tree, path);
    *info = (struct node_info){.type = NODE_NONE};
    if (id == ENTRY_NONE)
        return;
    tree_info(&archive->tree, id, info);
    info->target = arena_string(arena, info->target);
}

static int archive_list(struct source *source, const char *path, struct arena *arena,
                        source_found *found, void *context)
{
    const struct archive_source *archive = archive_of(source);
    uint32_t dir = find(&archive->tree, path);
    if (dir == ENTRY_NONE)
        return ENOENT;
    if (tree_at(&archive->tree, dir)->type != NODE_DIR)
        return ENOTDIR;
    for (uint32_t id = tree_at(&archive->tree, dir)->first; id != ENTRY_NONE;
         id = tree_at(&archive->tree, id)->next) {
        struct node_info info;
        tree_info(&archive->tree, id, &info);
        info.target = arena_string(arena, info.target);
        found(context, tree_text(&archive->tree, tree_at(&archive->tree, id)->name), &info);
    }
    return 0;
}

static int archive_bytes(struct source *source, const char *path, file_wanted *wanted,
                         struct file_bytes *bytes)
{
    const struct archive_source *archive = archive_of(source);
    uint32_t id = find(&archive->tree, path);
    file_bytes_init(bytes);
    if (id == ENTRY_NONE || tree_at(&archive->tree, id)->type != NODE_FILE)
        return id == ENTRY_NONE ? ENOENT : EINVAL;
    const struct content *content = &archive->tree.contents.at[tree_at(&archive->tree, id)->value];
    if (content->unknown)
        return ENODATA; /* a profile has no more than its name */
    if (content->size == 0)
        return 0;
    if (wanted != NULL) {
        int error = store_head(archive->store, content->kept, bytes);
        if (error != 0 || content->size <= FILE_HEAD || wanted(bytes->span) == WANT_HEAD)
            return error;
    }
    /* of the rest nothing was kept */
    return content->kept.size == content->size ? store_bytes(archive->store, content->kept, bytes)
                                               : EFBIG;
}

static int archive_start(struct source *source, const char *path, struct file_bytes *bytes)
{
    const struct archive_source *archive = archive_of(source);
    uint32_t id = find(&archive->tree, path);
    file_bytes_init(bytes);
    if (id == ENTRY_NONE || tree_at(&archive->tree, id)->type != NODE_FILE)
        return id == ENTRY_NONE ? ENOENT : EINVAL;
    const struct content *content = &archive->tree.contents.at[tree_at(&archive->tree, id)->value];
    struct range range = content->kept;
    if (range.size > FILE_START)
        range.size = FILE_START;
    return store_bytes(archive->store, range, bytes);
}

static bool archive_hold(struct source *source, struct err *err)
{
    struct archive_source *archive = archive_of(source);
    return archive->digests == NULL || digests_hold(archive->digests, err);
}

static size_t archive_verifying(const struct source *source)
{
    const struct archive_source *archive = (const struct archive_source *)source;
    return archive->digests != NULL ? digests_threads(archive->digests) : 0;
}

static void archive_close(struct source *source)
{
    struct archive_source *archive = archive_of(source);
    digests_free(archive->digests);
    tree_free(&archive->tree);
    notes_free(&archive->notes);
    store_release(archive->store);
    arena_free(&archive->arena);
    free(archive);
}

struct archive_source *archive_source_new(struct store *store, const char *name)
{
    static const struct source_ops ops = {
        .look = archive_look,
        .list = archive_list,
        .bytes = archive_bytes,
        .start = archive_start,
        .hold = archive_hold,
        .verifying = archive_verifying,
        .close = archive_close,
    };
    struct archive_source *archive = must_alloc(sizeof *archive);
    memset(archive, 0, sizeof *archive);
    archive->source.ops = &ops;
    archive->source.name = arena_string(&archive->arena, name);
    archive->store = store_share(store);
    tree_init(&archive->tree);
    return archive;
}

struct source *archive_source_finish(struct archive_source *archive)
{
    archive->source.notes = archive->notes.list.at;
    archive->source.note_count = archive->notes.list.count;
    return &archive->source;
}

struct source *source_open_empty(const char *name)
{
    struct store *store = store_new();
    struct archive_source *archive = archive_source_new(store, name);
    store_release(store);
    return archive_source_finish(archive);
}
