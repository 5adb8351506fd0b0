#include "source/members.h"

#include "source/archive_source.h"

/* An archive's tree with entries of its own making. */
struct members {
    struct archive_source archive;
};

struct members *members_new(const char *name)
{
    struct store *store = store_new();
    struct archive_source *archive = archive_source_new(store, name);
    store_release(store);
    return (struct members *)archive;
}

bool members_add(struct members *members, const char *path, struct span bytes, struct err *err)
{
    struct archive_source *archive = &members->archive;
    struct range part;
    const char *name;
    size_t length;
    int error;
    uint32_t dir = tree_parent(&archive->tree, path, &name, &length, &error, err);
    if (dir == ENTRY_NONE || !store_part(archive->store, bytes, &part, err))
        return false;
    uint32_t id = tree_put(&archive->tree, dir, name, length, NODE_FILE, err);
    if (id == ENTRY_NONE)
        return false;
    tree_at(&archive->tree, id)->mode = 0755;
    tree_at(&archive->tree, id)->value = tree_add_content(&archive->tree, part, bytes.size);
    return true;
}

struct source *members_open(struct members *members)
{
    return archive_source_finish(&members->archive);
}
