/* A folder of the local disk as a source. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "source/source.h"

enum {
    HANDLES = 16,     /* directories kept open */
    MAP_FROM = 16384, /* bytes; a smaller file is read: that is cheaper than to map it */
};

/* An open directory. Names are asked for one at a time, relative to it, so that
 * no link on the way can lead out of the folder. */
struct handle {
    char *path; /* inside the folder; NULL: free */
    int fd;     /* O_PATH */
};

struct folder {
    struct source source; /* first */
    char *name;
    int top;              /* O_PATH */
    pthread_mutex_t lock; /* guards all below */
    bool walks;           /* the kernel has no openat2, or a seccomp filter refuses it */
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

/* ---- opening directories: an fd, or -errno ---- */

/* linux/openat2.h, which not every libc's headers come with. */
struct how {
    uint64_t flags, mode, resolve;
};
enum { NO_MAGICLINKS = 0x02, NO_SYMLINKS = 0x04, IN_ROOT = 0x10 };

static int open_whole(int top, const char *path)
{
#ifdef SYS_openat2
    struct how how = {.flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC,
                      .resolve = IN_ROOT | NO_SYMLINKS | NO_MAGICLINKS};
    long fd = syscall(SYS_openat2, top, path, &how, sizeof how);
    if (fd < 0 && errno == ELOOP) /* a link on the way: what open_walk says of it */
        return -ENOTDIR;
    return fd >= 0 ? (int)fd : -errno;
#else
    (void)top, (void)path;
    return -ENOSYS;
#endif
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
    int fd = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
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
    int fd = folder->walks ? -ENOSYS : open_whole(folder->top, path);
    if (fd == -ENOSYS || fd == -EPERM)
        folder->walks = true;
    if (folder->walks || (fd == -ENAMETOOLONG && strlen(path) >= PATH_MAX))
        fd = open_walk(folder->top, path);
    return fd;
}

/* The directory named by the first `length` bytes of `path`; under the lock,
 * and borrowed: it may be closed once the lock is given up. */
static int handle_for(struct folder *folder, const char *path, size_t length)
{
    if (length == 0)
        return folder->top;
    for (size_t i = 0; i < HANDLES; i++) {
        const char *open = folder->handles[i].path;
        if (open != NULL && strncmp(open, path, length) == 0 && open[length] == 0)
            return folder->handles[i].fd;
    }
    char *name = must_alloc(length + 1);
    memcpy(name, path, length);
    name[length] = 0;
    int fd = open_dir(folder, name);
    if (fd < 0) {
        free(name);
        return fd;
    }
    struct handle *handle = &folder->handles[folder->next++ % HANDLES];
    if (handle->path != NULL)
        close(handle->fd);
    free(handle->path);
    *handle = (struct handle){.path = name, .fd = fd};
    return fd;
}

/* The directory that holds `path`, and its name there. */
static int handle_above(struct folder *folder, const char *path, const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash != NULL ? slash + 1 : path;
    if (!is_plain(*name))
        return -EINVAL;
    return handle_for(folder, path, slash != NULL ? (size_t)(slash - path) : 0);
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

/* Under the lock. */
static int look_at(struct folder *folder, const char *path, struct arena *arena,
                   struct node_info *info)
{
    struct stat stat = {0};
    const char *name = "";
    int dir = *path == 0 ? folder->top : handle_above(folder, path, &name);
    int error = dir < 0 ? -dir : stat_at(dir, name, &stat);
    if (error == 0 && S_ISLNK(stat.st_mode))
        error = read_link(dir, name, arena, &info->target);
    if (error != 0)
        return error;
    info->type = type_of(stat.st_mode);
    info->mode = stat.st_mode & 07777;
    info->uid = stat.st_uid;
    info->gid = stat.st_gid;
    info->size = (uint64_t)stat.st_size;
    info->dev = stat.st_dev;
    info->ino = stat.st_ino;
    return 0;
}

static void folder_look(struct source *source, const char *path, struct arena *arena,
                        struct node_info *info)
{
    struct folder *folder = folder_of(source);
    *info = (struct node_info){.type = NODE_NONE};
    pthread_mutex_lock(&folder->lock);
    int error = look_at(folder, path, arena, info);
    pthread_mutex_unlock(&folder->lock);
    if (error != ENOENT && error != ENOTDIR)
        info->error = error;
}

/* ---- list ---- */

static int open_listing(struct folder *folder, const char *path)
{
    pthread_mutex_lock(&folder->lock);
    int fd = handle_for(folder, path, strlen(path));
    if (fd >= 0) {
        fd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        fd = fd >= 0 ? fd : -errno;
    }
    pthread_mutex_unlock(&folder->lock);
    return fd;
}

static int folder_list(struct source *source, const char *path,
                       void (*found)(void *context, const char *name), void *context)
{
    int fd = open_listing(folder_of(source), path);
    if (fd < 0)
        return -fd;
    DIR *dir = fdopendir(fd);
    if (dir == NULL) {
        int error = errno;
        close(fd);
        return error;
    }
    struct dirent *entry;
    while (errno = 0, (entry = readdir(dir)) != NULL)
        if (is_plain(entry->d_name))
            found(context, entry->d_name);
    int error = errno;
    closedir(dir);
    return error;
}

/* ---- bytes ---- */

/* Nothing but a regular file is opened: that of a fifo would wait, that of a
 * device may act. O_NONBLOCK is for what takes the file's place in between. */
static int open_file(struct folder *folder, const char *path)
{
    struct stat stat = {0};
    const char *name;
    pthread_mutex_lock(&folder->lock);
    int dir = handle_above(folder, path, &name);
    int error = dir < 0 ? -dir : stat_at(dir, name, &stat);
    if (error == 0 && !S_ISREG(stat.st_mode))
        error = EINVAL;
    int fd = -1;
    if (error == 0)
        fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (error == 0 && fd < 0)
        error = errno == ELOOP ? EINVAL : errno;
    pthread_mutex_unlock(&folder->lock);
    return error == 0 ? fd : -error;
}

static int map_file(int fd, size_t size, struct file_bytes *bytes)
{
    void *map = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (map == MAP_FAILED)
        return errno;
    bytes->map = map;
    bytes->span = (struct span){map, size};
    return 0;
}

static int read_file(int fd, size_t size, struct file_bytes *bytes)
{
    unsigned char *heap = malloc(size + 1);
    if (heap == NULL)
        return ENOMEM;
    size_t done = 0;
    while (done < size) {
        ssize_t part = pread(fd, heap + done, size - done, (off_t)done);
        if (part < 0 && errno == EINTR)
            continue;
        if (part < 0) {
            int error = errno;
            free(heap);
            return error;
        }
        if (part == 0)
            break; /* it shrank */
        done += (size_t)part;
    }
    bytes->heap = heap;
    bytes->span = (struct span){heap, done};
    return 0;
}

static int load_file(int fd, struct file_bytes *bytes)
{
    struct stat stat = {0};
    if (fstat(fd, &stat) != 0)
        return errno;
    if (!S_ISREG(stat.st_mode))
        return EINVAL;
    uint64_t size = (uint64_t)stat.st_size;
    if (size >= SIZE_MAX)
        return EFBIG;
    /* a filesystem that cannot map (ENODEV) can still read */
    if (size > MAP_FROM && map_file(fd, (size_t)size, bytes) == 0)
        return 0;
    return read_file(fd, (size_t)size, bytes);
}

static int folder_bytes(struct source *source, const char *path, struct file_bytes *bytes)
{
    *bytes = (struct file_bytes){0};
    int fd = open_file(folder_of(source), path);
    if (fd < 0)
        return -fd;
    int error = load_file(fd, bytes);
    close(fd);
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
    if (top < 0) {
        refuse(path, errno, err);
        return NULL;
    }
    struct folder *folder = must_alloc(sizeof *folder);
    size_t length = strlen(path);
    *folder = (struct folder){.top = top, .name = must_alloc(length + 1)};
    memcpy(folder->name, path, length + 1);
    folder->source = (struct source){.ops = &folder_ops, .name = folder->name};
    pthread_mutex_init(&folder->lock, NULL);
    return &folder->source;
}
