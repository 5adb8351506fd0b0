/* A root of small files, in which programs are started for real (fork, chroot,
 * setuid, execve) and by the replay. For tests that hold one to the other. */
#ifndef WILLRUN_TESTS_REAL_EXEC_H
#define WILLRUN_TESTS_REAL_EXEC_H

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <grp.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "replay/replay.h"

enum { STATUS = 42, NOBODY = 65534, IMAGE = 0x2000 };

/* ---- the files ---- */

enum base {
    TEXT,    /* the row's text */
    EXE,     /* static ET_EXEC */
    PIE,     /* static ET_DYN */
    DYNAMIC, /* ET_DYN with a PT_INTERP */
    EXE_386, /* static, 32 bits */
    DYN_386,
    DIRECTORY,
    FIFO,
    LINK, /* to the row's text */
};

/* `value` in `width` bytes at `at`. Offsets in a 64-bit file: e_type 16,
 * e_machine 18, e_entry 24, e_phoff 32, e_phentsize 54, e_phnum 56; PT_LOAD at
 * 64 (p_type 0, p_flags 4, p_offset 8, p_vaddr 16, p_filesz 32, p_memsz 40),
 * PT_INTERP or PT_NULL at 120. Code at 0x200, the interpreter's name at 0x300. */
struct poke {
    unsigned at, width;
    uint64_t value;
};

struct row {
    const char *path;
    unsigned mode;
    enum base base;
    const char *text;    /* content, PT_INTERP or link target */
    struct poke poke[4]; /* width 0 ends them */
    size_t cut;          /* size to truncate an image to; 0: whole */
    bool spared;         /* the kernel starts it, but no real loader or program would survive */
};

struct image {
    unsigned char bytes[IMAGE];
};

static inline void put(struct image *image, unsigned at, unsigned width, uint64_t value)
{
    for (unsigned i = 0; i < width; i++)
        image->bytes[at + i] = (unsigned char)(value >> 8 * i);
}

static const unsigned char exit_64[] = {0xb8, 60, 0, 0, 0, 0xbf, STATUS, 0, 0, 0, 0x0f, 0x05};
static const unsigned char exit_32[] = {0xb8, 1, 0, 0, 0, 0xbb, STATUS, 0, 0, 0, 0xcd, 0x80};

static inline void make_64(struct image *image, const struct row *row)
{
    uint64_t base = row->base == EXE ? 0x400000 : 0;
    const struct poke fields[] = {
        {16, 2, row->base == EXE ? ET_EXEC : ET_DYN},
        {18, 2, EM_X86_64},
        {20, 4, 1},
        {24, 8, base + 0x200},
        {32, 8, 64},
        {52, 2, 64},
        {54, 2, 56},
        {56, 2, 2},
        {64, 4, PT_LOAD},
        {68, 4, PF_R | PF_X},
        {80, 8, base},
        {88, 8, base},
        {96, 8, IMAGE},
        {104, 8, IMAGE},
        {112, 8, 4096},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        put(image, fields[i].at, fields[i].width, fields[i].value);
    memcpy(image->bytes, "\177ELF\2\1\1", 7);
    memcpy(image->bytes + 0x200, exit_64, sizeof exit_64);
    if (row->base != DYNAMIC)
        return;
    size_t length = strlen(row->text);
    put(image, 120, 4, PT_INTERP);
    put(image, 128, 8, 0x300);
    put(image, 152, 8, length == 0 ? 2 : length + 1);
    memcpy(image->bytes + 0x300, row->text, length);
    put(image, 184, 8, 0x300); /* a second one, if some row makes it so */
}

static inline void make_32(struct image *image, const struct row *row)
{
    const struct poke fields[] = {
        {16, 2, ET_EXEC},  {18, 2, EM_386}, {20, 4, 1},     {24, 4, 0x400200},    {28, 4, 52},
        {40, 2, 52},       {42, 2, 32},     {44, 2, 2},     {52, 4, PT_LOAD},     {60, 4, 0x400000},
        {64, 4, 0x400000}, {68, 4, IMAGE},  {72, 4, IMAGE}, {76, 4, PF_R | PF_X}, {80, 4, 4096},
    };
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
        put(image, fields[i].at, fields[i].width, fields[i].value);
    memcpy(image->bytes, "\177ELF\1\1\1", 7);
    memcpy(image->bytes + 0x200, exit_32, sizeof exit_32);
    if (row->base != DYN_386)
        return;
    put(image, 60, 4, 0x8000000); /* out of the interpreter's way */
    put(image, 24, 4, 0x8000200);
    put(image, 84, 4, PT_INTERP);
    put(image, 88, 4, 0x300);
    put(image, 100, 4, strlen(row->text) + 1);
    memcpy(image->bytes + 0x300, row->text, strlen(row->text));
}

static inline void write_file(int root, const char *path, const void *bytes, size_t size)
{
    int file = openat(root, path + 1, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, bytes, size), (ssize_t)size);
    close(file);
}

static inline void make_elf(int root, const struct row *row)
{
    struct image *image = test_calloc(1, sizeof *image);
    if (row->base == EXE_386 || row->base == DYN_386)
        make_32(image, row);
    else
        make_64(image, row);
    for (size_t i = 0; i < 4 && row->poke[i].width != 0; i++)
        put(image, row->poke[i].at, row->poke[i].width, row->poke[i].value);
    write_file(root, row->path, image->bytes, row->cut != 0 ? row->cut : IMAGE);
    test_free(image);
}

static inline void make_row(int root, const struct row *row)
{
    switch (row->base) {
    case TEXT:
        write_file(root, row->path, row->text, strlen(row->text));
        break;
    case DIRECTORY:
        assert_int_equal(mkdirat(root, row->path + 1, 0700), 0);
        break;
    case FIFO:
        assert_int_equal(mkfifoat(root, row->path + 1, 0600), 0);
        break;
    case LINK:
        assert_int_equal(symlinkat(row->text, root, row->path + 1), 0);
        return;
    default:
        make_elf(root, row);
    }
    assert_int_equal(fchmodat(root, row->path + 1, row->mode, 0), 0);
}

/* ---- the running kernel ---- */

struct real {
    char root[64];
    int fd;  /* of root */
    int out; /* file that takes standard error */
};

struct outcome {
    int error;      /* of execve; 0: it succeeded */
    bool killed;    /* by a signal */
    int status;     /* exit status otherwise */
    char line[512]; /* of standard error */
};

static inline void run_child(const struct real *real, const char *path, uid_t user,
                             const char *const *env, int report)
{
    char *argv[] = {(char *)path, NULL};
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    dup2(real->out, STDERR_FILENO);
    dup2(real->out, STDOUT_FILENO);
    if (chroot(real->root) == 0 && chdir("/") == 0 && setgroups(0, NULL) == 0 &&
        setgid(user) == 0 && setuid(user) == 0)
        execve(path, argv, (char *const *)env);
    int error = errno;
    if (write(report, &error, sizeof error) < 0)
        _exit(2);
    _exit(1);
}

static inline struct outcome run_real(const struct real *real, const char *path, uid_t user,
                                      const char *const *env)
{
    struct outcome outcome = {0};
    int pipes[2], status;
    assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
    assert_int_equal(ftruncate(real->out, 0), 0);
    assert_int_equal(lseek(real->out, 0, SEEK_SET), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0)
        run_child(real, path, user, env, pipes[1]);
    close(pipes[1]);
    if (read(pipes[0], &outcome.error, sizeof outcome.error) <= 0)
        outcome.error = 0;
    close(pipes[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    outcome.killed = WIFSIGNALED(status);
    outcome.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
    ssize_t size = pread(real->out, outcome.line, sizeof outcome.line - 1, 0);
    while (size > 0 && outcome.line[size - 1] == '\n')
        size--;
    outcome.line[size > 0 ? size : 0] = '\0';
    return outcome;
}

/* ---- the comparison ---- */

static const char *const no_env[] = {NULL};

static inline bool can_run_real(void)
{
#if defined(__x86_64__)
    return geteuid() == 0;
#else
    return false;
#endif
}

static inline int make_root(void **state)
{
    const char *folder = getenv("TMPDIR");
    struct real *real = test_calloc(1, sizeof *real);
    *state = real;
    snprintf(real->root, sizeof real->root, "%s/exec-XXXXXX", folder != NULL ? folder : "/tmp");
    if (mkdtemp(real->root) == NULL || chmod(real->root, 0755) != 0)
        return -1;
    real->fd = open(real->root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    real->out = openat(real->fd, "standard-error", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    return real->fd >= 0 && real->out >= 0 ? 0 : -1;
}

static inline int remove_one(const char *path, const struct stat *status, int type,
                             struct FTW *where)
{
    (void)status, (void)type, (void)where;
    return remove(path);
}

static inline int remove_root(void **state)
{
    struct real *real = *state;
    close(real->fd);
    close(real->out);
    int failed = nftw(real->root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    test_free(real);
    return failed;
}

struct replayed {
    struct root *root;
    struct facts *facts;
    struct arena arena;
    struct exec_result result;
};

static inline void replay_begin(struct replayed *replayed, const struct real *real)
{
    struct err err = {0};
    *replayed = (struct replayed){0};
    struct source *source = source_open_dir(real->root, &err);
    assert_non_null(source);
    replayed->root = root_new(source);
    replayed->facts = facts_new(replayed->root, false);
}

static inline void replay_end(struct replayed *replayed)
{
    facts_free(replayed->facts);
    root_free(replayed->root);
    arena_free(&replayed->arena);
}

static inline const struct exec_result *replay_command(struct replayed *replayed, const char *path,
                                                       uid_t user, const char *const *env)
{
    struct process process = {.env = env,
                              .cred = {.uid = user, .gid = user},
                              .platform = platform_by_name("linux/amd64"),
                              .cpu_level = 1};
    exec_replay(replayed->facts, &process, path, &replayed->arena, &replayed->result);
    return &replayed->result;
}

#endif
