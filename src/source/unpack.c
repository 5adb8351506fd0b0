#include "source/unpack.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "source/profile.h"

enum { LINK_ROUNDS = 8 }; /* hard links to hard links that come later */

static const char opaque_name[] = ".wh..wh..opq", whiteout[] = ".wh.", reserved[] = ".wh..wh.";

static bool is_ok(const struct err *err)
{
    return err->code == WILLRUN_OK;
}

/* ---- entries ---- */

static void set_owner(struct unpacking *unpacking, const struct tar_entry *from, uint32_t id)
{
    struct entry *entry = tree_at(unpacking->tree, id);
    entry->mode = (uint16_t)from->mode;
    entry->uid = from->uid;
    entry->gid = from->gid;
}

/* An entry is put at `path`; ENTRY_NONE with a note, or with an error. */
static uint32_t put(struct unpacking *unpacking, const char *path, enum node_type type,
                    struct err *err)
{
    const char *name;
    size_t length;
    int error = 0;
    uint32_t dir = tree_parent(unpacking->tree, path, &name, &length, &error, err);
    if (dir != ENTRY_NONE)
        return tree_put(unpacking->tree, dir, name, length, type, err);
    if (is_ok(err))
        notes_add(unpacking->notes, ODDITY_UNPACKING, path, "%s: %s cannot be unpacked: %s",
                  unpacking->label, path, err_text(error));
    return ENTRY_NONE;
}

static bool put_link(struct unpacking *unpacking, const char *target, uint32_t id, struct err *err)
{
    uint32_t text;
    if (!tree_keep_text(unpacking->tree, target, strnlen(target, PATH_MAX), &text, err))
        return false;
    tree_at(unpacking->tree, id)->value = text;
    return true;
}

static void put_file(struct unpacking *unpacking, const struct content *content, uint32_t id)
{
    uint32_t number = tree_add_content(unpacking->tree, content->kept, content->size);
    unpacking->tree->contents.at[number].unknown = content->unknown;
    tree_at(unpacking->tree, id)->value = number;
}

/* ---- hard links ---- */

/* `path` is one more name for the entry `target`. */
static bool link_to(struct unpacking *unpacking, const char *path, uint32_t target, struct err *err)
{
    struct archive_tree *tree = unpacking->tree;
    struct entry old = *tree_at(tree, target);
    if (old.type == NODE_FILE) /* it may be the one that the new name replaces */
        tree->contents.at[old.value].links++;
    uint32_t id = put(unpacking, path, (enum node_type)old.type, err);
    if (id == ENTRY_NONE) {
        if (old.type == NODE_FILE)
            tree->contents.at[old.value].links--;
        return is_ok(err);
    }
    struct entry *entry = tree_at(tree, id);
    entry->mode = old.mode;
    entry->uid = old.uid;
    entry->gid = old.gid;
    entry->value = old.value;
    return true;
}

/* A link sees what this layer hides: it is still there when the layer is made. */
static uint32_t find_target(const struct unpacking *unpacking, const char *target)
{
    int error;
    uint32_t id = tree_lookup(unpacking->tree, target, false, true, &error);
    return id != ENTRY_NONE && tree_at(unpacking->tree, id)->type != NODE_DIR ? id : ENTRY_NONE;
}

/* Come back to the link when the archive is read. */
static bool keep_late(struct unpacking *unpacking, const struct tar_entry *from, struct err *err)
{
    struct archive_tree *tree = unpacking->tree;
    struct late_link late;
    if (!tree_keep_text(tree, from->path, strlen(from->path), &late.name, err) ||
        !tree_keep_text(tree, from->target, strlen(from->target), &late.target, err))
        return false;
    *vec_push(&unpacking->late) = late;
    return true;
}

static bool put_hard_link(struct unpacking *unpacking, const struct tar_entry *from,
                          struct err *err)
{
    uint32_t id = find_target(unpacking, from->target);
    return id != ENTRY_NONE ? link_to(unpacking, from->path, id, err)
                            : keep_late(unpacking, from, err);
}

/* Links whose target came behind them, and at last those to nothing. */
static bool settle_links(struct unpacking *unpacking, struct err *err)
{
    struct archive_tree *tree = unpacking->tree;
    size_t left = unpacking->late.count, before = left + 1;
    char path[PATH_MAX]; /* the tree's texts may move */
    for (unsigned round = 0; round < LINK_ROUNDS && left != 0 && left < before; round++) {
        before = left;
        left = 0;
        for (size_t i = 0; i < before; i++) {
            struct late_link late = unpacking->late.at[i];
            uint32_t id = find_target(unpacking, tree_text(tree, late.target));
            if (id == ENTRY_NONE)
                unpacking->late.at[left++] = late;
            strcpy(path, tree_text(tree, late.name));
            if (id != ENTRY_NONE && !link_to(unpacking, path, id, err))
                return false;
        }
    }
    for (size_t i = 0; i < left; i++) {
        const char *name = tree_text(tree, unpacking->late.at[i].name);
        notes_add(unpacking->notes, ODDITY_LINK, name,
                  "%s: %s is a hard link to %s, which is no file there, so it does not exist",
                  unpacking->label, name, tree_text(tree, unpacking->late.at[i].target));
    }
    return true;
}

/* ---- layers ---- */

static bool starts_with(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

/* Is the name a mark of the layer format, and no file? Then it is heeded. */
static bool heed_mark(struct unpacking *unpacking, const char *name)
{
    char path[PATH_MAX];
    strcpy(path, name);
    char *slash = strrchr(path, '/'), *base = slash != NULL ? slash + 1 : path;
    int error;
    if (starts_with(path, reserved)
            ? strcmp(path, opaque_name) != 0
            : strstr(path, "/.wh..wh.") != NULL && strcmp(base, opaque_name) != 0)
        return true; /* what aufs kept for itself */
    if (!starts_with(base, whiteout))
        return false;
    bool opaque = strcmp(base, opaque_name) == 0;
    if (!opaque)
        memmove(base, base + strlen(whiteout), strlen(base + strlen(whiteout)) + 1);
    else if (slash != NULL)
        *slash = 0;
    else
        *base = 0;
    uint32_t id = tree_lookup(unpacking->tree, path, opaque, false, &error);
    if (id == ENTRY_NONE || (id == ENTRY_TOP && !opaque))
        return true;
    if (!opaque)
        tree_hide(unpacking->tree, id);
    else if (tree_at(unpacking->tree, id)->type == NODE_DIR)
        tree_hide_below(unpacking->tree, id);
    return true;
}

/* ---- all of it ---- */

static void note_name(struct unpacking *unpacking, const struct tar_entry *from)
{
    if (from->too_long)
        notes_add(unpacking->notes, ODDITY_UNPACKING, from->path,
                  "%s: %s begins a path that is too long to unpack", unpacking->label, from->path);
    else if (from->name != NULL)
        notes_add(unpacking->notes, ODDITY_OUTSIDE, from->name,
                  "%s: the name %s leads out of the root; it is taken as /%s", unpacking->label,
                  from->name, from->path);
}

bool unpack_entry(void *context, const struct tar_entry *entry, struct err *err)
{
    struct unpacking *unpacking = context;
    note_name(unpacking, entry);
    if (entry->too_long)
        return true;
    if (*entry->path == 0) { /* the top itself */
        if (entry->type == NODE_DIR)
            set_owner(unpacking, entry, ENTRY_TOP);
        return true;
    }
    if (strcmp(entry->path, PROFILE_MEMBER) == 0) {
        if (unpacking->profile != NULL)
            *unpacking->profile = true;
        return true;
    }
    if (unpacking->layer && heed_mark(unpacking, entry->path))
        return true;
    if (entry->hard)
        return put_hard_link(unpacking, entry, err);
    uint32_t id = put(unpacking, entry->path, entry->type, err);
    if (id == ENTRY_NONE)
        return is_ok(err);
    set_owner(unpacking, entry, id);
    if (entry->type == NODE_FILE)
        put_file(unpacking, &entry->content, id);
    return entry->type != NODE_LINK || put_link(unpacking, entry->target, id, err);
}

void unpack_stop(struct unpacking *unpacking)
{
    vec_free(&unpacking->late);
}

bool unpack_end(struct unpacking *unpacking, struct err *err)
{
    bool done = settle_links(unpacking, err);
    if (done)
        tree_end_layer(unpacking->tree);
    unpack_stop(unpacking);
    return done;
}

bool unpack_tar(struct unpacking *unpacking, const struct tar_input *input, struct err *err)
{
    if (tar_read(input, unpack_entry, unpacking, err))
        return unpack_end(unpacking, err);
    unpack_stop(unpacking);
    return false;
}
