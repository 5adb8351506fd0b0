#include "source/files.h"

#include <string.h>

#include "source/archive_source.h"

static bool keep_text(struct archive_source *archive, struct span text, uint32_t *content,
                      struct err *err)
{
    struct range part = {0};
    if (text.size != 0 && !store_part(archive->store, text, &part, err))
        return false;
    *content = tree_add_content(&archive->tree, part, text.size);
    return true;
}

static bool add_file(struct archive_source *archive, const struct made_file *file, struct err *err)
{
    const char *name;
    size_t length;
    int error = 0;
    struct archive_tree *tree = &archive->tree;
    uint32_t dir = tree_parent(tree, file->path, &name, &length, &error, err), value = 0;
    if (dir == ENTRY_NONE)
        return err_set(err, WILLRUN_EINPUT, "%s: %s", file->path, err_text(error));
    enum node_type type = file->target != NULL ? NODE_LINK : NODE_FILE;
    if (type == NODE_LINK ? !tree_keep_text(tree, file->target, strlen(file->target), &value, err)
                          : !keep_text(archive, file->text, &value, err))
        return false;
    uint32_t id = tree_put(tree, dir, name, length, type, err);
    if (id == ENTRY_NONE)
        return false;
    tree_at(tree, id)->value = value;
    tree_at(tree, id)->mode = (uint16_t)file->mode;
    return true;
}

struct source *source_open_files(const char *name, const struct made_file *files, size_t count,
                                 struct err *err)
{
    struct store *store = store_new();
    struct archive_source *archive = archive_source_new(store, name);
    store_release(store);
    bool ok = true;
    for (size_t i = 0; ok && i < count; i++)
        ok = add_file(archive, &files[i], err);
    struct source *source = archive_source_finish(archive);
    if (!ok)
        source->ops->close(source);
    return ok ? source : NULL;
}
