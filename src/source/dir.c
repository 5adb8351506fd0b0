/* A folder of the local disk as a source. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source/source.h"
#include "source/witness.h"

enum {
    HANDLES = 16,         /* directories kept open */
    LISTED = 32 << 10,    /* bytes of names that are taken of a directory at once */
    MAP_FROM = 128 << 10, /* bytes; a smaller file is read: to unmap one stops all threads … */
    LOOK_FROM = 16 << 10, /* … a file that stays is not unmapped before the end */
};

/* An open directory. Names are asked for one at a time, relative to it, so that
 * no link on the way can lead out of the folder. */
struct handle {
    char *path; /* inside the folder; NULL: free */
    size_t length;
    int fd;         /* O_PATH */
    unsigned users; /* threads that open a file in it at the moment */
};

struct folder {
    struct source source; /* first */
    char *name;
    int top;              /* O_PATH */
    struct stat status;   /* of the top, when it was opened */
    int witness;          /* its number there */
    atomic_bool walks;    /* the kernel has no openat2, or a seccomp filter refuses it */
    pthread_mutex_t lock; /* guards all below */
    struct handle handles[HANDLES];
    unsigned next; /* handle to give up next */
};

static struct folder *folder_of(struct source *source)
{
    return (struct folder *)source;
}

/* A name that stands for itself in its directory. */
static bool is_plain(const char *name)
{
    return *name != 0 && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* ---- opening what is below the top: an fd, or -errno ---- */

enum {
    DIR_FLAGS = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    LIST_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
    /* O_NONBLOCK is for what takes the file's place after it was looked at */
    FILE_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
};

/* linux/openat2.h, which not every libc's headers come with. */
struct how {
    uint64_t flags, mode, resolve;
};
enum { NO_MAGICLINKS = 0x02, NO_SYMLINKS = 0x04, IN_ROOT = 0x10 };

/* A path with any number of parts in one call; a link in it is -ELOOP. -ENOSYS
 * where that does not serve. */
static int open_whole(struct folder *folder, const char *path, int flags)
{
    if (atomic_load_explicit(&folder->walks, memory_order_relaxed))
        return -ENOSYS;
#ifdef SYS_openat2
    struct how how = {.flags = (uint64_t)flags, .resolve = IN_ROOT | NO_SYMLINKS | NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, folder->top, *path != 0 ? path : ".", &how, sizeof how);
    int error = fd >= 0 ? 0 : errno;
#else
    (void)path, (void)flags;
    int fd = -1, error = ENOSYS;
#endif
    if (error == ENOSYS || error == EPERM)
        atomic_store_explicit(&folder->walks, true, memory_order_relaxed);
    if (error == EPERM || (error == ENAMETOOLONG && strlen(path) >= PATH_MAX))
        error = ENOSYS;
    return error == 0 ? (int)fd : -error;
}

/* The directory named by the first `length` bytes of `path`, in the directory `at`. */
static int open_part(int at, const char *path, size_t length)
{
    char name[NAME_MAX + 1];
    if (length > NAME_MAX)
        return -ENAMETOOLONG;
    memcpy(name, path, length);
    name[length] = 0;
    if (!is_plain(name))
        return -EINVAL;
    int fd = openat(at, name, DIR_FLAGS);
    return fd >= 0 ? fd : -errno;
}

/* Component by component, so of any length too. */
static int open_walk(int top, const char *path)
{
    int at = top;
    while (at >= 0 && *path != 0) {
        size_t length = strcspn(path, "/");
        int next = open_part(at, path, length);
        if (at != top)
            close(at);
        at = next;
        path += length + (path[length] == '/');
    }
    return at;
}

static int open_dir(struct folder *folder, const char *path)
{
    int fd = open_whole(folder, path, DIR_FLAGS);
    if (fd == -ELOOP) /* what open_walk says of a link on the way */
        return -ENOTDIR;
    return fd == -ENOSYS ? open_walk(folder->top, path) : fd;
}

/* The handle of the directory named by the first `length` bytes of `path`, which are not none;
 * NULL: there is no such one yet. */
static struct handle *find_handle(struct folder *folder, const char *path, size_t length)
{
    for (size_t i = 0; i < HANDLES; i++) {
        struct handle *handle = &folder->handles[i];
        if (handle->length == length && memcmp(handle->path, path, length) == 0)
            return handle;
    }
    return NULL;
}

/* The one that was not taken for longest. */
static struct handle *spare_handle(struct folder *folder)
{
    for (;;) {
        for (size_t i = 0; i < HANDLES; i++) {
            struct handle *handle = &folder->handles[folder->next++ % HANDLES];
            if (handle->users == 0)
                return handle;
        }
        pthread_mutex_unlock(&folder->lock); /* as many threads as handles: each opens one file */
        sched_yield();
        pthread_mutex_lock(&folder->lock);
    }
}

static int open_handle(struct folder *folder, const char *path, size_t length,
                       struct handle **handle)
{
    char *name = must_alloc(length + 1);
    memcpy(name, path, length);
    name[length] = 0;
    int fd = open_dir(folder, name);
    if (fd < 0) {
        free(name);
        return fd;
    }
    struct handle *spare = spare_handle(folder);
    if (spare->path != NULL)
        close(spare->fd);
    free(spare->path);
    *spare = (struct handle){.path = name, .length = length, .fd = fd};
    *handle = spare;
    return fd;
}

/* The directory that holds `path`, and its name there; under the lock, and borrowed: it may be
 * closed once the lock is given up, but where `handle` (NULL: the top) is marked as used. */
static int handle_above(struct folder *folder, const char *path, const char **name,
                        struct handle **handle)
{
    const char *slash = strrchr(path, '/');
    *name = slash != NULL ? slash + 1 : path;
    *handle = NULL;
    if (!is_plain(*name))
        return -EINVAL;
    if (slash == NULL || slash == path)
        return folder->top;
    *handle = find_handle(folder, path, (size_t)(slash - path));
    return *handle != NULL ? (*handle)->fd
                           : open_handle(folder, path, (size_t)(slash - path), handle);
}

/* ---- look ---- */

static enum node_type type_of(mode_t mode)
{
    switch (mode & S_IFMT) {
    case S_IFREG:
        return NODE_FILE;
    case S_IFDIR:
        return NODE_DIR;
    case S_IFLNK:
        return NODE_LINK;
    case S_IFIFO:
        return NODE_FIFO;
    case S_IFSOCK:
        return NODE_SOCKET;
    case S_IFCHR:
        return NODE_CHAR;
    case S_IFBLK:
        return NODE_BLOCK;
    default:
        return NODE_NONE;
    }
}

static int stat_at(int dir, const char *name, struct stat *stat)
{
    /* an automount point would go to the network */
    int flags = AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | (*name == 0 ? AT_EMPTY_PATH : 0);
    return fstatat(dir, name, stat, flags) == 0 ? 0 : errno;
}

static int read_link(int dir, const char *name, struct arena *arena, const char **target)
{
    char text[PATH_MAX];
    ssize_t length = readlinkat(dir, name, text, sizeof text);
    if (length < 0)
        return errno;
    *target = arena_copy(arena, text, (size_t)length);
    return 0;
}

/* What lstat said of `name` in the open directory `dir` ("": that directory itself), with the
 * target of a link; `error` or an errno. What is told is told to `hash`, too, where that is wanted.
 */
static int tell(int dir, const char *name, const struct stat *stat, int error, struct arena *arena,
                struct node_info *info, struct sha256 *hash)
{
    if (error == 0 && S_ISLNK(stat->st_mode))
        error = read_link(dir, name, arena, &info->target);
    if (hash != NULL)
        witness_tell(hash, dir, name, stat, error, info->target);
    if (error != 0)
        return error;
    info->type = type_of(stat->st_mode);
    info->mode = stat->st_mode & 07777;
    info->uid = stat->st_uid;
    info->gid = stat->st_gid;
    info->size = (uint64_t)stat->st_size;
    info->dev = stat->st_dev;
    info->ino = stat->st_ino;
    return 0;
}

static int look_in(int dir, const char *name, struct arena *arena, struct node_info *info,
                   struct sha256 *hash)
{
    struct stat stat = {0};
    int error = stat_at(dir, name, &stat);
    return tell(dir, name, &stat, error, arena, info, hash);
}

/* Under the lock. */
static int look_at(struct folder *folder, const char *path, struct arena *arena,
                   struct node_info *info, struct sha256 *hash)
{
    const char *name;
    struct handle *handle;
    if (*path == 0)
        return tell(folder->top, "", &folder->status, 0, arena, info, hash);
    int dir = handle_above(folder, path, &name, &handle);
    if (dir >= 0)
        return look_in(dir, name, arena, info, hash);
    if (hash != NULL)
        witness_tell(hash, dir, name, NULL, -dir, NULL);
    return -dir;
}

/* That a name does not exist is no error. */
static void note_error(int error, struct node_info *info)
{
    if (error != ENOENT && error != ENOTDIR)
        info->error = error;
}

static void folder_look(struct source *source, const char *path, struct arena *arena,
                        struct node_info *info)
{
    struct folder *folder = folder_of(source);
    struct sha256 hash, *wanted = folder->witness >= 0 ? &hash : NULL;
    *info = (struct node_info){.type = NODE_NONE};
    if (wanted != NULL)
        sha256_begin(wanted);
    pthread_mutex_lock(&folder->lock);
    int error = look_at(folder, path, arena, info, wanted);
    pthread_mutex_unlock(&folder->lock);
    if (wanted != NULL)
        witness_found(folder->witness, WITNESS_LOOK, path, wanted);
    note_error(error, info);
}

/* ---- list ---- */

static int open_listing(struct folder *folder, const char *path)
{
    int dir = open_whole(folder, path, LIST_FLAGS);
    if (dir != -ENOSYS)
        return dir != -ELOOP ? dir : -ENOTDIR;
    dir = open_walk(folder->top, path);
    if (dir < 0)
        return dir;
    int fd = openat(dir, ".", LIST_FLAGS);
    int error = errno;
    if (dir != folder->top)
        close(dir);
    return fd >= 0 ? fd : -error;
}

typedef void each_entry(void *context, int dir, const struct dirent64 *entry);

/* Calls `each` for what is in the directory `path`; 0 or an errno. */
static int read_names(struct folder *folder, const char *path, each_entry *each, void *context)
{
    int fd = open_listing(folder, path);
    if (fd < 0)
        return -fd;
    _Alignas(struct dirent64) char names[LISTED];
    ssize_t size;
    while ((size = getdents64(fd, names, sizeof names)) > 0) {
        const struct dirent64 *entry;
        for (ssize_t at = 0; at < size; at += entry->d_reclen) {
            entry = (const struct dirent64 *)(names + at);
            if (is_plain(entry->d_name))
                each(context, fd, entry);
        }
    }
    int error = size < 0 ? errno : 0;
    close(fd);
    return error;
}

struct listing {
    struct arena *arena;
    source_found *found;
    void *context;
    struct sha256 *hash; /* NULL: nobody wants it */
};

static void list_entry(void *context, int dir, const struct dirent64 *entry)
{
    const struct listing *listing = context;
    struct node_info info = {.type = NODE_NONE};
    note_error(look_in(dir, entry->d_name, listing->arena, &info, listing->hash), &info);
    listing->found(listing->context, entry->d_name, &info);
}

static int list_into(struct folder *folder, const char *path, struct arena *arena,
                     source_found *found, void *context, struct sha256 *hash)
{
    struct listing listing = {arena, found, context, hash};
    return read_names(folder, path, list_entry, &listing);
}

static int folder_list(struct source *source, const char *path, struct arena *arena,
                       source_found *found, void *context)
{
    struct folder *folder = folder_of(source);
    struct sha256 hash;
    if (folder->witness < 0)
        return list_into(folder, path, arena, found, context, NULL);
    sha256_begin(&hash);
    int error = list_into(folder, path, arena, found, context, &hash);
    sha256_add(&hash, &error, sizeof error);
    witness_found(folder->witness, WITNESS_LIST, path, &hash);
    return error;
}

static void pass_over(void *context, const char *name, const struct node_info *info)
{
    (void)context, (void)name, (void)info;
}

void source_dir_digest(struct source *source, bool list, const char *path, struct sha256 *hash)
{
    struct folder *folder = folder_of(source);
    struct arena arena = {0};
    struct node_info info = {.type = NODE_NONE};
    if (list) {
        int error = list_into(folder, path, &arena, pass_over, NULL, hash);
        sha256_add(hash, &error, sizeof error);
    } else {
        pthread_mutex_lock(&folder->lock);
        look_at(folder, path, &arena, &info, hash);
        pthread_mutex_unlock(&folder->lock);
    }
    arena_free(&arena);
}

/* ---- bytes ---- */

/* The path is one that `look` called a regular file, so no device or fifo is
 * opened here but one that took its place a moment ago. */
static int open_file(struct folder *folder, const char *path)
{
    const char *name;
    struct handle *handle;
    pthread_mutex_lock(&folder->lock);
    int dir = handle_above(folder, path, &name, &handle);
    if (dir >= 0 && handle != NULL)
        handle->users++;
    pthread_mutex_unlock(&folder->lock);
    if (dir < 0)
        return dir;
    int fd = openat(dir, name, FILE_FLAGS);
    int error = errno;
    if (handle != NULL) {
        pthread_mutex_lock(&folder->lock);
        handle->users--;
        pthread_mutex_unlock(&folder->lock);
    }
    if (fd >= 0)
        return fd;
    /* a link, or a socket, has taken its place */
    return error == ELOOP || error == ENXIO ? -EINVAL : -error;
}

static int map_file(int fd, size_t size, struct file_bytes *bytes)
{
    void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return errno;
    bytes->map = map;
    bytes->map_size = size;
    bytes->span = (struct span){map, size};
    return 0;
}

/* Up to `size` bytes at `offset`; fewer where the file ends. 0 or an errno. */
static int read_part(int fd, unsigned char *to, size_t size, size_t offset, size_t *done)
{
    *done = 0;
    while (*done < size) {
        ssize_t part = pread(fd, to + *done, size - *done, (off_t)(offset + *done));
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0)
            return errno;
        if (part == 0)
            break;
        *done += (size_t)part;
    }
    return 0;
}

static int read_file(int fd, size_t size, struct file_bytes *bytes)
{
    unsigned char *heap = malloc(size + 1);
    if (heap == NULL)
        return ENOMEM;
    size_t done;
    int error = read_part(fd, heap, size, 0, &done);
    if (error != 0) {
        free(heap);
        return error;
    }
    bytes->heap = heap;
    bytes->span = (struct span){heap, done};
    return 0;
}

/* The first bytes, and how much is wanted behind them. */
static int read_head(int fd, file_wanted *wanted, struct file_bytes *bytes, enum file_want *want)
{
    size_t done;
    int error = read_part(fd, bytes->head, FILE_HEAD, 0, &done);
    bytes->span = (struct span){bytes->head, done};
    *want = error == 0 && done == FILE_HEAD ? wanted(bytes->span) : WANT_HEAD;
    return error == EISDIR || error == ESPIPE ? EINVAL : error;
}

static int load_file(int fd, file_wanted *wanted, struct file_bytes *bytes)
{
    struct stat stat = {0};
    enum file_want want = WANT_ALL;
    int error = wanted != NULL ? read_head(fd, wanted, bytes, &want) : 0;
    if (error != 0 || want == WANT_HEAD)
        return error;
    if (fstat(fd, &stat) != 0)
        return errno;
    if (!S_ISREG(stat.st_mode))
        return EINVAL;
    uint64_t size = (uint64_t)stat.st_size;
    if (size >= SIZE_MAX)
        return EFBIG;
    /* a filesystem that cannot map (ENODEV) can still read */
    if (size > (want == WANT_LONG ? LOOK_FROM : MAP_FROM) && map_file(fd, (size_t)size, bytes) == 0)
        return 0;
    return read_file(fd, (size_t)size, bytes);
}

struct sifting {
    source_sieve *sieve;
    source_passed *passed;
    void *context;
};

/* Is it a regular file that the sieve holds back? What cannot be told for sure is not. */
static bool is_held_back(const struct sifting *sifting, int dir, const struct dirent64 *entry)
{
    unsigned char head[SIEVE_HEAD];
    if (entry->d_type != DT_REG)
        return false;
    int fd = openat(dir, entry->d_name, FILE_FLAGS);
    if (fd < 0)
        return false;
    ssize_t size = pread(fd, head, sizeof head, 0);
    close(fd);
    return size >= 0 && !sifting->sieve((struct span){head, (size_t)size});
}

static void sift_entry(void *context, int dir, const struct dirent64 *entry)
{
    const struct sifting *sifting = context;
    if (!is_held_back(sifting, dir, entry))
        sifting->passed(sifting->context, entry->d_name);
}

static int folder_sift(struct source *source, const char *path, source_sieve *sieve,
                       source_passed *passed, void *context)
{
    struct folder *folder = folder_of(source);
    struct sifting sifting = {sieve, passed, context};
    if (folder->witness >= 0) /* it has to be told of every file */
        return ENOTSUP;
    return read_names(folder, path, sift_entry, &sifting);
}

static int folder_bytes(struct source *source, const char *path, file_wanted *wanted,
                        struct file_bytes *bytes)
{
    file_bytes_init(bytes);
    int fd = open_file(folder_of(source), path);
    int error = fd < 0 ? -fd : load_file(fd, wanted, bytes);
    if (fd >= 0)
        close(fd);
    if (error != 0 && error != EACCES) /* which its mode tells; all else may be otherwise soon */
        witness_refuse("a file could not be read");
    return error;
}

/* ---- the source ---- */

static void folder_close(struct source *source)
{
    struct folder *folder = folder_of(source);
    for (size_t i = 0; i < HANDLES; i++) {
        if (folder->handles[i].path != NULL)
            close(folder->handles[i].fd);
        free(folder->handles[i].path);
    }
    close(folder->top);
    pthread_mutex_destroy(&folder->lock);
    free(folder->name);
    free(folder);
}

static const struct source_ops folder_ops = {
    .look = folder_look,
    .list = folder_list,
    .sift = folder_sift,
    .bytes = folder_bytes,
    .close = folder_close,
};

static void refuse(const char *path, int error, struct err *err)
{
    if (error == ENOTDIR)
        err_set(err, WILLRUN_EINPUT, "%s is no folder: expected one that holds a root filesystem",
                path);
    else
        err_set(err, WILLRUN_EINPUT, "the folder %s cannot be opened: %s", path, err_text(error));
}

struct source *source_open_dir(const char *path, struct err *err)
{
    int top = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    witness_file(path);
    struct stat status = {0};
    int error = top < 0 ? errno : stat_at(top, "", &status);
    if (error != 0) {
        if (top >= 0)
            close(top);
        refuse(path, error, err);
        return NULL;
    }
    struct folder *folder = must_alloc(sizeof *folder);
    size_t length = strlen(path);
    *folder = (struct folder){.top = top,
                              .status = status,
                              .witness = witness_folder(path),
                              .name = must_alloc(length + 1)};
    memcpy(folder->name, path, length + 1);
    folder->source = (struct source){.ops = &folder_ops, .name = folder->name};
    pthread_mutex_init(&folder->lock, NULL);
    return &folder->source;
}
