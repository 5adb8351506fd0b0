/* Where nodes and bytes come from. A source knows its format and nothing of
 * what the files in it mean. Nodes are named by paths inside the source that
 * hold no symbolic link: the root resolves those. */
#ifndef WILLRUN_SOURCE_SOURCE_H
#define WILLRUN_SOURCE_SOURCE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "base/sha256.h"
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

/* The bytes of a file, mapped or read: all of them, or the first ones. Not to be
 * copied: `span` may be in it. Release with file_bytes_release. */
enum {
    FILE_HEAD = 256,       /* bytes by which a file's kind is told */
    FILE_START = 64 << 10, /* bytes that every source has of a file, or all */
};
struct file_bytes {
    struct span span;
    void *map;       /* of mmap, NULL where none */
    size_t map_size; /* bytes of `map` */
    void *heap;      /* of malloc, NULL where none */
    unsigned char head[FILE_HEAD];
};

/* How much is wanted of a file that starts with `head` (FILE_HEAD bytes, or
 * fewer where the file ends)? */
enum file_want {
    WANT_HEAD, /* no more than that */
    WANT_ALL,  /* all of it, for a moment */
    WANT_LONG, /* all of it, to look up a little in it now and then */
};
typedef enum file_want file_wanted(struct span head);

/* What an image says of the process that it starts. Lists end with NULL; NULL:
 * it does not say. */
struct image_facts {
    const char *platform; /* "linux/arm64/v8", as it says */
    const char *const *env, *const *entrypoint, *const *command, *const *shell;
    const char *const *healthcheck; /* "CMD" and a command, or "CMD-SHELL" and a text */
    const char *user, *workdir;
};

/* What is odd in an archive, though it can be read. */
enum oddity {
    ODDITY_OUTSIDE,   /* a name that leads out of the root */
    ODDITY_LINK,      /* a hard link to nothing */
    ODDITY_UNPACKING, /* a name that no filesystem can take, or that something is in the way of */
    ODDITIES,
};
struct source_note {
    enum oddity kind;
    const char *path;     /* of the entry, as the archive names it */
    const char *sentence; /* what is odd, and what was made of it */
};

struct source {
    const struct source_ops *ops;
    const char *name;                /* as the user gave it */
    const struct image_facts *image; /* NULL: it is no image */
    const struct source_note *notes;
    size_t note_count;
    bool profile; /* of its files there is only what a check reads */
};

typedef void source_found(void *context, const char *name, const struct node_info *info);

/* Is a regular file worth a look that starts with `head`: up to SIEVE_HEAD bytes? */
enum { SIEVE_HEAD = 16 };
typedef bool source_sieve(struct span head);
typedef void source_passed(void *context, const char *name);

struct source_ops {
    /* Facts of `path`, which is relative to the source's top ("" is the top
     * itself) and passes through real directories alone. */
    void (*look)(struct source *source, const char *path, struct arena *arena,
                 struct node_info *info);
    /* Calls `found` for each name in the directory `path`, in no order, with
     * what `look` would tell of it. Returns 0 or an errno. */
    int (*list)(struct source *source, const char *path, struct arena *arena, source_found *found,
                void *context);
    /* Calls `passed` for each name in the directory `path` but those of regular files that
     * `sieve` does not let through. For a caller who asks for nothing else of most files: it is
     * far cheaper than `list` with the bytes of each. Returns 0 or an errno; ENOTSUP, and NULL:
     * this source cannot. */
    int (*sift)(struct source *source, const char *path, source_sieve *sieve, source_passed *passed,
                void *context);
    /* The bytes of the regular file `path`: all where `wanted` is NULL or
     * says so of the first ones, else those alone. Returns 0 or an errno. Never
     * blocks: what is not a regular file (any more) is EINVAL. */
    int (*bytes)(struct source *source, const char *path, file_wanted *wanted,
                 struct file_bytes *bytes);
    /* The first FILE_START bytes of a regular file that `bytes` has not whole (EFBIG). NULL: there
     * is none. */
    int (*start)(struct source *source, const char *path, struct file_bytes *bytes);
    /* Wait for what is still verified of it: can it be trusted? False with a
     * sentence. NULL: nothing is verified. */
    bool (*hold)(struct source *source, struct err *err);
    /* How many threads of its own verify it at the moment. NULL: none ever. */
    size_t (*verifying)(const struct source *source);
    void (*close)(struct source *source);
};

/* A folder of the local disk as a source; NULL with a sentence in `err`. Links
 * are never followed out of it, whatever changes while it is read. */
struct source *source_open_dir(const char *path, struct err *err);

/* Of such a folder, what a look at `path`, or its list, tells to `hash`: see witness.h. */
void source_dir_digest(struct source *source, bool list, const char *path, struct sha256 *hash);

/* The image without a file: `scratch`. */
struct source *source_open_empty(const char *name);

void file_bytes_init(struct file_bytes *bytes); /* empty; its head stays unset */
void file_bytes_release(struct file_bytes *bytes);

#endif
