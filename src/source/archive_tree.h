/* The files that an archive, or the layers of an image one over the other, add
 * up to. Entries are numbers, for there may be a million of them. */
#ifndef WILLRUN_SOURCE_ARCHIVE_TREE_H
#define WILLRUN_SOURCE_ARCHIVE_TREE_H

#include "base/vec.h"
#include "source/source.h"
#include "source/store.h"

enum { ENTRY_TOP = 0 };
#define ENTRY_NONE UINT32_MAX

/* More entries than any image has. */

/* Where the bytes of a regular file lie. */
struct content {
    struct range kept; /* the first bytes of it, mostly all */
    uint64_t size;     /* of the whole file */
    uint32_t links;    /* entries that are this file */
    bool unknown;      /* only its name is known (source/profile.h) */
};

struct entry {
    uint32_t parent, first;   /* directory; first child */
    uint32_t previous, next;  /* among the children of `parent` */
    uint32_t name, name_hash; /* in tree->names */
    uint32_t value;           /* a file's content, or a link's target in tree->names */
    uint32_t uid, gid;
    uint16_t mode, name_length;
    uint8_t type;    /* enum node_type; NODE_NONE: free */
    uint8_t hidden;  /* by a whiteout of the layer that is being read: only hard links see it */
    uint16_t opaque; /* the last layer that hid what lower layers have in it */
    uint16_t layer;  /* the last that named it, or something below; from 1 */
};

struct archive_tree {
    struct VEC(struct entry) entries;
    struct VEC(struct content) contents;
    struct VEC(char) names;
    uint32_t *slots; /* hash table of entries by parent and name; ENTRY_NONE: empty */
    size_t slot_count, slots_used;
    uint32_t free;               /* first free entry, chained by `next` */
    struct VEC(uint32_t) hiding; /* entries that this layer hides, and some that are gone */
    uint16_t layer;
};

void tree_init(struct archive_tree *tree);
void tree_free(struct archive_tree *tree);

static inline struct entry *tree_at(const struct archive_tree *tree, uint32_t id)
{
    return &tree->entries.at[id];
}

static inline const char *tree_text(const struct archive_tree *tree, uint32_t offset)
{
    return tree->names.at + offset;
}

/* Keep a text; false where there are too many of them. */
bool tree_keep_text(struct archive_tree *tree, const char *text, size_t length, uint32_t *offset,
                    struct err *err);

/* `name` in the directory `dir`, hidden or not; ENTRY_NONE: there is none. */
uint32_t tree_child(const struct archive_tree *tree, uint32_t dir, const char *name, size_t length);

/**
 * Where `path` leads, as inside a root: `..` at the top stays there, links
 * before the last part are followed at most 40 times.
 *
 * @return the entry, or ENTRY_NONE with an errno.
 */
uint32_t tree_lookup(const struct archive_tree *tree, const char *path, bool follow_last,
                     bool see_hidden, int *error);

/* The directory that shall hold the last part of `path`, made with what is
 * missing above it, and that part. ENTRY_NONE with an errno where something is in
 * the way, or with a sentence in `err`. */
uint32_t tree_parent(struct archive_tree *tree, const char *path, const char **name, size_t *length,
                     int *error, struct err *err);

/* `name` in `dir` is an entry of `type` from now on: what else was of that name
 * is gone, but for a directory that stays one. ENTRY_NONE with a sentence. */
uint32_t tree_put(struct archive_tree *tree, uint32_t dir, const char *name, size_t length,
                  enum node_type type, struct err *err);

/* A new content with one link; its number. */
uint32_t tree_add_content(struct archive_tree *tree, struct range kept, uint64_t size);

/* Take `id` away with all below it. */
void tree_remove(struct archive_tree *tree, uint32_t id);

/* Hide what lower layers have below the directory `top`. */
void tree_hide_below(struct archive_tree *tree, uint32_t top);

/* Hide what lower layers have of `id`. */
void tree_hide(struct archive_tree *tree, uint32_t id);

/* The layer is complete: what it hid is gone. */
void tree_end_layer(struct archive_tree *tree);

/* What a source's look tells of an entry; the link's target is borrowed. */
void tree_info(const struct archive_tree *tree, uint32_t id, struct node_info *info);

#endif
