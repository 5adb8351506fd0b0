#include "source/archive_tree.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/limits.h"

enum { FIRST_SLOTS = 1 << 10, LINKS_FOLLOWED = 40 };

/* ---- names ---- */

bool tree_keep_text(struct archive_tree *tree, const char *text, size_t length, uint32_t *offset,
                    struct err *err)
{
    if (length >= limit_of(LIMIT_NAMES) - tree->names.count)
        return err_set(err, WILLRUN_EINPUT,
                       "the names in the archive take more than %s: willrun reads no more%s",
                       limit_bytes(LIMIT_NAMES).text, limit_hint(LIMIT_NAMES));
    *offset = (uint32_t)tree->names.count;
    while (tree->names.room - tree->names.count <= length) {
        size_t room = tree->names.room != 0 ? tree->names.room * 2 : 1 << 16;
        tree->names.at = must_realloc(tree->names.at, room);
        tree->names.room = room;
    }
    memcpy(tree->names.at + tree->names.count, text, length);
    tree->names.at[tree->names.count + length] = 0;
    tree->names.count += length + 1;
    return true;
}

/* ---- the table of children ---- */

static uint32_t hash_of(uint32_t dir, const char *name, size_t length)
{
    uint64_t hash = hash_bytes(name, length) ^ dir * 0x9e3779b97f4a7c15ULL;
    return (uint32_t)(hash ^ hash >> 32);
}

static void put_slot(struct archive_tree *tree, uint32_t id)
{
    size_t mask = tree->slot_count - 1, place = tree_at(tree, id)->name_hash & mask;
    while (tree->slots[place] != ENTRY_NONE)
        place = (place + 1) & mask;
    tree->slots[place] = id;
}

static void grow_slots(struct archive_tree *tree)
{
    tree->slot_count = tree->slot_count != 0 ? tree->slot_count * 2 : FIRST_SLOTS;
    tree->slots = must_realloc(tree->slots, tree->slot_count * sizeof *tree->slots);
    memset(tree->slots, 0xff, tree->slot_count * sizeof *tree->slots);
    for (uint32_t id = 1; id < tree->entries.count; id++)
        if (tree_at(tree, id)->type != NODE_NONE)
            put_slot(tree, id);
}

static bool is_child(const struct archive_tree *tree, uint32_t id, uint32_t dir, uint32_t hash,
                     const char *name, size_t length)
{
    const struct entry *entry = tree_at(tree, id);
    return entry->name_hash == hash && entry->parent == dir && entry->name_length == length &&
           memcmp(tree_text(tree, entry->name), name, length) == 0;
}

uint32_t tree_child(const struct archive_tree *tree, uint32_t dir, const char *name, size_t length)
{
    uint32_t hash = hash_of(dir, name, length);
    size_t mask = tree->slot_count - 1;
    for (size_t place = hash & mask; tree->slots[place] != ENTRY_NONE; place = (place + 1) & mask)
        if (is_child(tree, tree->slots[place], dir, hash, name, length))
            return tree->slots[place];
    return ENTRY_NONE;
}

/* Take `id` out; those behind it that would be missed move up. */
static void drop_slot(struct archive_tree *tree, uint32_t id)
{
    size_t mask = tree->slot_count - 1, hole = tree_at(tree, id)->name_hash & mask;
    while (tree->slots[hole] != id)
        hole = (hole + 1) & mask;
    for (size_t place = (hole + 1) & mask; tree->slots[place] != ENTRY_NONE;
         place = (place + 1) & mask) {
        size_t home = tree_at(tree, tree->slots[place])->name_hash & mask;
        if (((place - home) & mask) >= ((place - hole) & mask)) {
            tree->slots[hole] = tree->slots[place];
            hole = place;
        }
    }
    tree->slots[hole] = ENTRY_NONE;
    tree->slots_used--;
}

/* ---- entries ---- */

void tree_init(struct archive_tree *tree)
{
    *tree = (struct archive_tree){.free = ENTRY_NONE, .layer = 1};
    *vec_push(&tree->entries) = (struct entry){.parent = ENTRY_TOP,
                                               .first = ENTRY_NONE,
                                               .previous = ENTRY_NONE,
                                               .next = ENTRY_NONE,
                                               .mode = 0755,
                                               .type = NODE_DIR};
    grow_slots(tree);
}

void tree_free(struct archive_tree *tree)
{
    vec_free(&tree->entries);
    vec_free(&tree->contents);
    vec_free(&tree->names);
    vec_free(&tree->hiding);
    free(tree->slots);
    tree->slots = NULL;
}

static uint32_t new_id(struct archive_tree *tree)
{
    if (tree->free != ENTRY_NONE) {
        uint32_t id = tree->free;
        tree->free = tree_at(tree, id)->next;
        return id;
    }
    if (tree->entries.count >= limit_of(LIMIT_ENTRIES))
        return ENTRY_NONE;
    (void)vec_push(&tree->entries);
    return (uint32_t)tree->entries.count - 1;
}

static uint32_t add_child(struct archive_tree *tree, uint32_t dir, const char *name, size_t length,
                          struct err *err)
{
    uint32_t text;
    if (!tree_keep_text(tree, name, length, &text, err))
        return ENTRY_NONE;
    uint32_t id = new_id(tree);
    if (id == ENTRY_NONE) {
        err_set(err, WILLRUN_EINPUT,
                "the archive has more than %llu entries: willrun reads no more%s",
                (unsigned long long)limit_of(LIMIT_ENTRIES), limit_hint(LIMIT_ENTRIES));
        return ENTRY_NONE;
    }
    uint32_t first = tree_at(tree, dir)->first;
    *tree_at(tree, id) = (struct entry){.parent = dir,
                                        .first = ENTRY_NONE,
                                        .previous = ENTRY_NONE,
                                        .next = first,
                                        .name = text,
                                        .name_hash = hash_of(dir, name, length),
                                        .name_length = (uint16_t)length,
                                        .mode = 0755,
                                        .type = NODE_DIR};
    if (first != ENTRY_NONE)
        tree_at(tree, first)->previous = id;
    tree_at(tree, dir)->first = id;
    if (tree->slots_used >= tree->slot_count / 4 * 3)
        grow_slots(tree); /* puts the new one, too */
    else
        put_slot(tree, id);
    tree->slots_used++;
    return id;
}

static void free_entry(struct archive_tree *tree, uint32_t id)
{
    struct entry *entry = tree_at(tree, id);
    drop_slot(tree, id);
    if (entry->type == NODE_FILE)
        tree->contents.at[entry->value].links--;
    entry->type = NODE_NONE;
    entry->next = tree->free;
    tree->free = id;
}

/* Without recursion: an archive's folders may be as deep as it likes. */
static void remove_below(struct archive_tree *tree, uint32_t top)
{
    uint32_t at = tree_at(tree, top)->first;
    while (at != ENTRY_NONE) {
        struct entry *entry = tree_at(tree, at);
        if (entry->first != ENTRY_NONE) {
            at = entry->first;
            continue;
        }
        uint32_t parent = entry->parent, next = entry->next;
        tree_at(tree, parent)->first = next;
        if (next != ENTRY_NONE)
            tree_at(tree, next)->previous = ENTRY_NONE;
        free_entry(tree, at);
        at = next != ENTRY_NONE ? next : parent != top ? parent : ENTRY_NONE;
    }
}

void tree_remove(struct archive_tree *tree, uint32_t id)
{
    struct entry *entry = tree_at(tree, id);
    remove_below(tree, id);
    if (entry->previous != ENTRY_NONE)
        tree_at(tree, entry->previous)->next = entry->next;
    else
        tree_at(tree, entry->parent)->first = entry->next;
    if (entry->next != ENTRY_NONE)
        tree_at(tree, entry->next)->previous = entry->previous;
    free_entry(tree, id);
}

uint32_t tree_put(struct archive_tree *tree, uint32_t dir, const char *name, size_t length,
                  enum node_type type, struct err *err)
{
    uint32_t id = tree_child(tree, dir, name, length);
    if (id != ENTRY_NONE) {
        const struct entry *old = tree_at(tree, id);
        if (type != NODE_DIR || old->type != NODE_DIR || old->hidden) {
            tree_remove(tree, id);
            id = ENTRY_NONE;
        }
    }
    if (id == ENTRY_NONE)
        id = add_child(tree, dir, name, length, err);
    if (id == ENTRY_NONE)
        return id;
    struct entry *entry = tree_at(tree, id);
    entry->type = (uint8_t)type;
    entry->layer = tree->layer;
    return id;
}

uint32_t tree_add_content(struct archive_tree *tree, struct range kept, uint64_t size)
{
    *vec_push(&tree->contents) = (struct content){kept, size, 1, false};
    return (uint32_t)tree->contents.count - 1;
}

/* ---- paths ---- */

/* A walk along a path, in which links are replaced by what they point to. */
struct steps {
    const char *rest[LINKS_FOLLOWED + 1]; /* paths to walk, the innermost last */
    size_t count;
    unsigned followed;
    struct arena *copies; /* of targets, where tree->names may move; NULL: it does not */
};

/* The next part of the path; false at the end. `last`: there is no part behind it. */
static bool next_part(struct steps *steps, const char **name, size_t *length, bool *last)
{
    while (steps->count != 0) {
        const char **rest = &steps->rest[steps->count - 1];
        *rest += strspn(*rest, "/");
        if (**rest == 0) {
            steps->count--;
            continue;
        }
        *name = *rest;
        *length = strcspn(*rest, "/");
        *rest += *length;
        *last = true;
        for (size_t i = 0; i < steps->count; i++)
            *last &= steps->rest[i][strspn(steps->rest[i], "/")] == 0;
        return true;
    }
    return false;
}

static bool is_dots(const char *name, size_t length)
{
    return (length == 1 && name[0] == '.') || (length == 2 && name[0] == '.' && name[1] == '.');
}

/* Where one step leads from the directory `at`: never out of the top. */
static uint32_t step(const struct archive_tree *tree, uint32_t at, const char *name, size_t length,
                     bool see_hidden)
{
    if (is_dots(name, length))
        return length == 1 ? at : tree_at(tree, at)->parent;
    uint32_t id = tree_child(tree, at, name, length);
    return id != ENTRY_NONE && tree_at(tree, id)->hidden && !see_hidden ? ENTRY_NONE : id;
}

/* Go on along the link `id`, from the directory `at`; false: too many links. */
static bool follow(const struct archive_tree *tree, struct steps *steps, uint32_t id, uint32_t *at)
{
    const char *target = tree_text(tree, tree_at(tree, id)->value);
    if (steps->followed++ == LINKS_FOLLOWED)
        return false;
    if (*target == '/')
        *at = ENTRY_TOP;
    steps->rest[steps->count++] =
        steps->copies != NULL ? arena_string(steps->copies, target) : target;
    return true;
}

static uint32_t fail(int *error, int value)
{
    *error = value;
    return ENTRY_NONE;
}

uint32_t tree_lookup(const struct archive_tree *tree, const char *path, bool follow_last,
                     bool see_hidden, int *error)
{
    struct steps steps = {.rest = {path}, .count = 1};
    uint32_t at = ENTRY_TOP;
    const char *name;
    size_t length;
    bool last;
    while (next_part(&steps, &name, &length, &last)) {
        if (tree_at(tree, at)->type != NODE_DIR)
            return fail(error, ENOTDIR);
        uint32_t id = step(tree, at, name, length, see_hidden);
        if (id == ENTRY_NONE)
            return fail(error, ENOENT);
        bool link = tree_at(tree, id)->type == NODE_LINK && (!last || follow_last);
        if (link && !follow(tree, &steps, id, &at))
            return fail(error, ELOOP);
        if (!link)
            at = id;
    }
    return at;
}

/* The directory `name` in `at`, made where it is missing. */
static uint32_t enter(struct archive_tree *tree, uint32_t at, const char *name, size_t length,
                      int *error, struct err *err)
{
    uint32_t id = step(tree, at, name, length, false);
    if (id == ENTRY_NONE && length > NAME_MAX)
        return fail(error, ENAMETOOLONG);
    if (id == ENTRY_NONE)
        id = tree_put(tree, at, name, length, NODE_DIR, err);
    if (id != ENTRY_NONE && tree_at(tree, id)->type != NODE_DIR &&
        tree_at(tree, id)->type != NODE_LINK)
        return fail(error, ENOTDIR);
    if (id != ENTRY_NONE)
        tree_at(tree, id)->layer = tree->layer;
    return id;
}

uint32_t tree_parent(struct archive_tree *tree, const char *path, const char **name, size_t *length,
                     int *error, struct err *err)
{
    size_t end = strlen(path);
    while (end > 0 && path[end - 1] == '/')
        end--;
    size_t start = end;
    while (start > 0 && path[start - 1] != '/')
        start--;
    char folder[PATH_MAX];
    if (start >= sizeof folder)
        return fail(error, ENAMETOOLONG);
    memcpy(folder, path, start);
    folder[start] = 0;
    *name = path + start;
    *length = end - start;
    struct arena copies = {0};
    struct steps steps = {.rest = {folder}, .count = 1, .copies = &copies};
    uint32_t at = ENTRY_TOP;
    const char *part;
    size_t size;
    bool last;
    while (at != ENTRY_NONE && next_part(&steps, &part, &size, &last)) {
        uint32_t id = enter(tree, at, part, size, error, err);
        if (id != ENTRY_NONE && tree_at(tree, id)->type == NODE_LINK)
            at = follow(tree, &steps, id, &at) ? at : fail(error, ELOOP);
        else
            at = id;
    }
    arena_free(&copies);
    if (at != ENTRY_NONE && *length > NAME_MAX)
        return fail(error, ENAMETOOLONG);
    return at;
}

/* ---- whiteouts ---- */

static void hide(struct archive_tree *tree, uint32_t id)
{
    if (tree_at(tree, id)->hidden)
        return;
    tree_at(tree, id)->hidden = true;
    *vec_push(&tree->hiding) = id;
}

void tree_hide_below(struct archive_tree *tree, uint32_t top)
{
    uint32_t at = top;
    while (at != ENTRY_NONE) {
        struct entry *entry = tree_at(tree, at);
        bool enters = at == top || (entry->type == NODE_DIR && entry->layer == tree->layer);
        if (at != top && entry->layer != tree->layer)
            hide(tree, at);
        if (enters && entry->opaque != tree->layer && entry->first != ENTRY_NONE) {
            entry->opaque = tree->layer;
            at = entry->first;
            continue;
        }
        entry->opaque = enters ? tree->layer : entry->opaque;
        while (at != top && tree_at(tree, at)->next == ENTRY_NONE)
            at = tree_at(tree, at)->parent;
        at = at != top ? tree_at(tree, at)->next : ENTRY_NONE;
    }
}

void tree_hide(struct archive_tree *tree, uint32_t id)
{
    struct entry *entry = tree_at(tree, id);
    if (entry->layer != tree->layer)
        hide(tree, id);
    else if (entry->type == NODE_DIR)
        tree_hide_below(tree, id);
}

void tree_end_layer(struct archive_tree *tree)
{
    for (size_t i = 0; i < tree->hiding.count; i++) {
        uint32_t id = tree->hiding.at[i];
        if (tree_at(tree, id)->type != NODE_NONE && tree_at(tree, id)->hidden)
            tree_remove(tree, id);
    }
    tree->hiding.count = 0;
    tree->layer++;
}

/* ---- facts ---- */

void tree_info(const struct archive_tree *tree, uint32_t id, struct node_info *info)
{
    const struct entry *entry = tree_at(tree, id);
    *info = (struct node_info){.type = (enum node_type)entry->type,
                               .mode = entry->mode,
                               .uid = entry->uid,
                               .gid = entry->gid};
    if (entry->type == NODE_LINK)
        info->target = tree_text(tree, entry->value);
    if (entry->type == NODE_LINK)
        info->size = strlen(info->target);
    if (entry->type == NODE_FILE) {
        const struct content *content = &tree->contents.at[entry->value];
        info->size = content->size;
        info->ino = content->links > 1 ? (uint64_t)entry->value + 1 : 0;
    }
}
