/* A folder for one test, made from a table and removed with all that is in it. */
#ifndef TESTS_TEMP_TREE_H
#define TESTS_TEMP_TREE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct temp {
    char path[512]; /* absolute, no link in it */
    int fd;
};

/* One name of a tree, below a folder that stands before it. */
struct made {
    char type; /* 'd'irectory, 'f'ile, 'l'ink, 'p'ipe, 's'ocket */
    const char *path;
    const char *text; /* a file's bytes, a link's target; NULL: none */
    mode_t mode;      /* 0: as usual; 07777 stands for no permission at all */
    uid_t uid;
    gid_t gid;
};

static inline void temp_make(struct temp *temp)
{
    const char *dir = getenv("TMPDIR");
    char name[256];
    snprintf(name, sizeof name, "%s/willrun-XXXXXX", dir != NULL && *dir != 0 ? dir : "/tmp");
    char *made = mkdtemp(name);
    char *real = made != NULL ? realpath(made, NULL) : NULL;
    assert_non_null(real);
    snprintf(temp->path, sizeof temp->path, "%s", real);
    free(real);
    assert_int_equal(chmod(temp->path, 0755), 0);
    temp->fd = open(temp->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(temp->fd >= 0);
}

/* Name by name, for paths here may be longer than any system call takes. */
static inline void temp_empty(int fd)
{
    DIR *dir = fdopendir(fd);
    struct dirent *entry;
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (unlinkat(fd, entry->d_name, 0) == 0)
            continue;
        (void)!fchmodat(fd, entry->d_name, 0700, 0);
        int below = openat(fd, entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (below >= 0)
            temp_empty(below);
        unlinkat(fd, entry->d_name, AT_REMOVEDIR);
    }
    if (dir != NULL)
        closedir(dir);
}

static inline void temp_remove(struct temp *temp)
{
    temp_empty(temp->fd);
    rmdir(temp->path);
}

static inline void temp_file(int fd, const char *path, const void *bytes, size_t size)
{
    int file = openat(fd, path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, size), size);
    close(file);
}

static inline void temp_add(int fd, const struct made *made)
{
    const char *text = made->text != NULL ? made->text : "";
    if (made->type == 'd')
        assert_int_equal(mkdirat(fd, made->path, 0755), 0);
    else if (made->type == 'f')
        temp_file(fd, made->path, text, strlen(text));
    else if (made->type == 'l')
        assert_int_equal(symlinkat(text, fd, made->path), 0);
    else
        assert_int_equal(
            mknodat(fd, made->path, (made->type == 'p' ? S_IFIFO : S_IFSOCK) | 0644, 0), 0);
    if (made->uid != 0 || made->gid != 0)
        assert_int_equal(fchownat(fd, made->path, made->uid, made->gid, AT_SYMLINK_NOFOLLOW), 0);
    if (made->mode != 0)
        assert_int_equal(fchmodat(fd, made->path, made->mode == 07777 ? 0 : made->mode, 0), 0);
}

static inline void temp_fill(int fd, const struct made *made, size_t count)
{
    for (size_t i = 0; i < count; i++)
        temp_add(fd, &made[i]);
}

#endif
