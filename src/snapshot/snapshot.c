#include "snapshot/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "report/json_writer.h"
#include "snapshot/cut.h"
#include "snapshot/tar.h"
#include "source/profile.h"

struct nodes VEC(const struct node *);

struct snapshot {
    struct root *root;
    struct tar *tar;
    struct err *err;
    struct kept_texts texts;
    struct VEC(const struct node *) first_of; /* by content id: the file it was written for */
};

/* ---- one member ---- */

/* The types of what has no bytes. A socket has no form in a tar; a fifo is as
 * little a program. */
static enum tar_type type_of(const struct node *node)
{
    switch (node->type) {
    case NODE_DIR:
        return TAR_DIR;
    case NODE_LINK:
        return TAR_LINK;
    case NODE_CHAR:
        return TAR_CHAR;
    case NODE_BLOCK:
        return TAR_DEVICE;
    case NODE_FIFO:
    case NODE_SOCKET:
        return TAR_FIFO;
    default:
        return TAR_FILE;
    }
}

/* Everything but its bytes. */
static struct tar_member member_of(const struct node *node, struct arena *arena)
{
    const char *path = node_path(node, arena) + 1;
    return (struct tar_member){.type = type_of(node),
                               .name = *path != 0 ? path : ".",
                               .target = node->target,
                               .mode = node->mode,
                               .uid = node->uid,
                               .gid = node->gid};
}

/* ---- files ---- */

/* The file that has the content of `node` already; NULL: there is none, and
 * `node` is it from now on. */
static const struct node *written_before(struct snapshot *snapshot, const struct node *node)
{
    while (snapshot->first_of.count <= node->content)
        *vec_push(&snapshot->first_of) = NULL;
    const struct node **first = &snapshot->first_of.at[node->content];
    if (*first != NULL)
        return *first;
    *first = node;
    return NULL;
}

/* Bytes of the cut file that are not in a run. */
static size_t holes(const struct cut *cut)
{
    size_t size = cut->size;
    for (size_t i = 0; i < cut->runs.count; i++)
        size -= cut->runs.at[i].size;
    return size;
}

/* A hole shorter than the sparse map's blocks is written as zeros. */
static bool is_sparse(const struct cut *cut)
{
    enum { WORTH_A_MAP = 4096 };
    return cut->runs.count != 0 && holes(cut) >= WORTH_A_MAP;
}

/* The runs, with the zeros between them. */
static bool write_runs(struct snapshot *snapshot, const struct cut *cut)
{
    size_t at = 0;
    for (size_t i = 0; i < cut->runs.count; i++) {
        const struct tar_run *run = &cut->runs.at[i];
        if (!tar_zeros(snapshot->tar, run->offset - at) ||
            !tar_data(snapshot->tar, cut->bytes.data + run->offset, run->size))
            return false;
        at = run->offset + run->size;
    }
    return tar_zeros(snapshot->tar, cut->size - at);
}

static bool write_cut(struct snapshot *snapshot, struct tar_member *member, const struct cut *cut)
{
    member->size = cut->size;
    if (is_sparse(cut))
        member->runs = cut->runs.at, member->run_count = cut->runs.count;
    return tar_begin(snapshot->tar, member) && write_runs(snapshot, cut) && tar_end(snapshot->tar);
}

static bool unreadable(struct snapshot *snapshot, const struct node *node, int error,
                       struct arena *arena)
{
    return err_set(snapshot->err, WILLRUN_EINPUT,
                   "%s in the root cannot be read, so it has no profile: %s",
                   node_path(node, arena), err_text(error));
}

static bool write_file(struct snapshot *snapshot, const struct node *node,
                       struct tar_member *member, struct arena *arena)
{
    const struct node *first = written_before(snapshot, node);
    if (first != NULL) {
        member->type = TAR_HARD_LINK;
        member->target = node_path(first, arena) + 1;
        return tar_begin(snapshot->tar, member) && tar_end(snapshot->tar);
    }
    struct file_bytes bytes;
    file_wanted *wanted = cut_wants_node(node, &snapshot->texts) ? NULL : cut_wants;
    int error = root_bytes_wanted(snapshot->root, node, wanted, &bytes);
    if (error == ENODATA) { /* a profile's profile knows no more than that one */
        member->unknown = true;
        return tar_begin(snapshot->tar, member) && tar_end(snapshot->tar);
    }
    if (error != 0)
        return unreadable(snapshot, node, error, arena);
    struct cut cut;
    cut_file(node, &snapshot->texts, bytes.span, node->size, &cut);
    bool written = write_cut(snapshot, member, &cut);
    cut_free(&cut);
    file_bytes_release(&bytes);
    return written;
}

static bool write_node(struct snapshot *snapshot, const struct node *node)
{
    struct arena arena = {0};
    struct tar_member member = member_of(node, &arena);
    bool written = node->type == NODE_FILE
                       ? write_file(snapshot, node, &member, &arena)
                       : tar_begin(snapshot->tar, &member) && tar_end(snapshot->tar);
    arena_free(&arena);
    return written;
}

/* ---- the whole root ---- */

/* A kernel's own filesystems are no part of a root; that of devices is small. */
static bool is_kernels(const struct node *dir)
{
    return dir->parent->parent == dir->parent &&
           (strcmp(dir->name, "proc") == 0 || strcmp(dir->name, "sys") == 0);
}

/* The profile's own member, of a root that was unpacked from one. */
static bool is_member(const struct node *node)
{
    return node->parent->parent == node->parent && strcmp(node->name, PROFILE_MEMBER) == 0;
}

static bool write_dir(struct snapshot *snapshot, const struct node *dir, struct nodes *open)
{
    struct arena arena = {0};
    const struct node **nodes;
    size_t count = 0;
    int error = is_kernels(dir) ? 0 : root_list(snapshot->root, dir, &arena, &nodes, &count);
    if (error == 0)
        error = root_unseen(snapshot->root, dir);
    bool written = error == 0 || unreadable(snapshot, dir, error, &arena);
    for (size_t i = 0; written && i < count; i++)
        if (nodes[i]->type != NODE_DIR && !is_member(nodes[i]))
            written = write_node(snapshot, nodes[i]);
    for (size_t i = count; i-- > 0;)
        if (nodes[i]->type == NODE_DIR)
            *vec_push(open) = nodes[i];
    arena_free(&arena);
    return written;
}

static bool write_root(struct snapshot *snapshot)
{
    struct nodes open = {0};
    *vec_push(&open) = root_top(snapshot->root);
    bool written = true;
    while (written && open.count != 0) {
        const struct node *dir = open.at[--open.count];
        written = write_node(snapshot, dir) && write_dir(snapshot, dir, &open);
    }
    vec_free(&open);
    return written;
}

/* Names that stand in for files which are not to be had. */
static bool write_absent(struct snapshot *snapshot, const struct profile *profile)
{
    bool written = true;
    for (size_t i = 0; written && i < profile->absent_count; i++) {
        const char *path = profile->absent[i];
        struct tar_member member = {
            .type = TAR_FILE, .name = path + strspn(path, "/"), .mode = 0755, .unknown = true};
        written = tar_begin(snapshot->tar, &member) && tar_end(snapshot->tar);
    }
    return written;
}

/* ---- the member of origin ---- */

static char *profile_text(const struct profile *profile, size_t *size)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    if (out == NULL)
        return NULL;
    struct json json = {.out = out};
    json_open(&json, NULL, '{');
    json_text(&json, "schema", "willrun/profile/1");
    json_text(&json, "origin", profile->origin);
    json_text(&json, "date", profile->date);
    json_text(&json, "platform", profile->platform);
    json_open_flat(&json, "libc", '{');
    json_text(&json, "kind", profile->libc);
    json_text(&json, "version", profile->libc_version);
    json_close(&json, '}');
    json_open(&json, "absent", '[');
    for (size_t i = 0; i < profile->absent_count; i++)
        json_text(&json, NULL, profile->absent[i]);
    json_close(&json, ']');
    json_text(&json, "generator", "willrun " WILLRUN_VERSION);
    json_close(&json, '}');
    fputc('\n', out);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static bool write_member(struct snapshot *snapshot, const struct profile *profile)
{
    size_t size;
    char *text = profile_text(profile, &size);
    if (text == NULL)
        return err_set(snapshot->err, WILLRUN_ENOMEM, "out of memory");
    struct tar_member member = {
        .type = TAR_FILE, .name = PROFILE_MEMBER, .mode = 0444, .size = size};
    bool written = tar_begin(snapshot->tar, &member) &&
                   tar_data(snapshot->tar, (const unsigned char *)text, size) &&
                   tar_end(snapshot->tar);
    free(text);
    return written;
}

/* The folders of files that the root has not. */
static bool make_folders(struct root *root, const struct profile *profile, struct err *err)
{
    bool made = true;
    for (size_t i = 0; made && i < profile->absent_count; i++) {
        const char *path = profile->absent[i], *slash = strrchr(path, '/');
        struct arena arena = {0};
        int error = *path != '/' || slash[1] == 0 ? EINVAL : 0;
        if (error == 0 && slash != path)
            root_make_folder(root, arena_copy(&arena, path, (size_t)(slash - path)), &error);
        made = error == 0 ||
               err_set(err, WILLRUN_EUSAGE, "%s is no path of a file that the root could have: %s",
                       path, err_text(error));
        arena_free(&arena);
    }
    return made;
}

bool snapshot_write(struct root *root, const struct profile *profile, FILE *out, struct err *err)
{
    struct snapshot snapshot = {.root = root, .tar = tar_new(out, err), .err = err};
    kept_texts_find(root, &snapshot.texts);
    bool written = make_folders(root, profile, err) && write_member(&snapshot, profile) &&
                   write_root(&snapshot) && write_absent(&snapshot, profile) &&
                   tar_finish(snapshot.tar);
    tar_free(snapshot.tar);
    vec_free(&snapshot.texts);
    vec_free(&snapshot.first_of);
    return written;
}
