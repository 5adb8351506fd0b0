/* Where nodes and bytes come from. A source knows its format and nothing of
 * what the files in it mean. Nodes are named by paths inside the source that
 * hold no symbolic link: the root resolves those. */
#ifndef WILLRUN_SOURCE_SOURCE_H
#define WILLRUN_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/span.h"

enum node_type {
    NODE_NONE, /* does not exist; remembered, so that it is asked for once */
    NODE_FILE,
    NODE_DIR,
    NODE_LINK,
    NODE_FIFO,
    NODE_SOCKET,
    NODE_CHAR,
    NODE_BLOCK,
};

/* What a source tells of one name. */
struct node_info {
    enum node_type type;
    int error;          /* errno where the source itself could not look; type is NODE_NONE then */
    uint32_t mode;      /* permission bits, 07777 */
    uint32_t uid, gid;  /* owner */
    uint64_t size;      /* bytes of a file */
    uint64_t dev, ino;  /* identity inside the source; ino 0 where it has none */
    const char *target; /* of a link; in the arena given; NULL otherwise */
};

/* The bytes of a file, mapped or read. Release with file_bytes_release. */
struct file_bytes {
    struct span span;
    void *map;  /* of mmap, NULL where none */
    void *heap; /* of malloc, NULL where none */
};

struct source {
    const struct source_ops *ops;
    const char *name; /* as the user gave it */
};

struct source_ops {
    /* Facts of `path`, which is relative to the source's top ("" is the top
     * itself) and passes through real directories alone. */
    void (*look)(struct source *source, const char *path, struct arena *arena,
                 struct node_info *info);
    /* Calls `found` for each name in the directory `path`, in no order.
     * Returns 0 or an errno. */
    int (*list)(struct source *source, const char *path,
                void (*found)(void *context, const char *name), void *context);
    /* The bytes of the regular file `path`. Returns 0 or an errno. Never
     * blocks: what is not a regular file (any more) is EINVAL. */
    int (*bytes)(struct source *source, const char *path, struct file_bytes *bytes);
    void (*close)(struct source *source);
};

/* A folder of the local disk as a source; NULL with a sentence in `err`. Links
 * are never followed out of it, whatever changes while it is read. */
struct source *source_open_dir(const char *path, struct err *err);

void file_bytes_release(struct file_bytes *bytes);

#endif
