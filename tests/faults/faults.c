/* willrun with a layer of faults below it (the linker's --wrap), one run for each call that can
 * fail:
 *
 *     faults CLASS MODE MOST FOLDER -- ARGUMENT…
 *
 * CLASS names the calls that fail (the table below). Of `short`, half of what is asked for is read
 * or written; of `interrupt`, nothing, for a signal; of `signal`, SIGTERM comes where the calls of
 * `write` would fail. MODE is `once`, or `on` where all later ones fail too. Of more than MOST
 * calls as many are tried, evenly. An ARGUMENT that begins with "@/" is a path in the empty FOLDER,
 * for what is written; that of --cache need not be. Every run must end as the one without a fault
 * does, or with status 2, a sentence, and nothing in FOLDER; or it must say in its report what it
 * could not read. Prints
 *
 *     calls tried same sentence told bad
 *
 * and of each bad run why; exit status 1 where there is one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

int willrun_main(int argc, char **argv);

enum fault { NONE, ALLOC, OPEN, READ, STAT, MAP, WRITE, SHORT, INTERRUPT, SHRINK, END };

static const struct {
    const char *name;
    int error;
} faults[] = {
    [NONE] = {"none", 0},        [ALLOC] = {"alloc", ENOMEM}, [OPEN] = {"open", EMFILE},
    [READ] = {"read", EIO},      [STAT] = {"stat", EIO},      [MAP] = {"mmap", ENOMEM},
    [WRITE] = {"write", ENOSPC}, [SHORT] = {"short", 0},      [INTERRUPT] = {"interrupt", EINTR},
    [SHRINK] = {"shrink", 0},    [END] = {"signal", 0},
};

/* Shared by the run and who watches it. */
static struct {
    atomic_long calls;
    long fails_at; /* 0: none */
    enum fault fault;
    bool on;
    atomic_bool armed;
} * layer;

static bool fails(enum fault fault)
{
    bool ends = fault == WRITE && layer != NULL && layer->fault == END; /* while it writes */
    if (layer == NULL || !layer->armed || (layer->fault != fault && !ends))
        return false;
    long call = atomic_fetch_add(&layer->calls, 1) + 1;
    bool now =
        layer->fails_at != 0 && (layer->on ? call >= layer->fails_at : call == layer->fails_at);
    if (now && ends)
        raise(SIGTERM);
    else if (now)
        errno = faults[fault].error;
    return now;
}

static void disarm(void)
{
    layer->armed = false;
}

/* ---- the calls ---- */

#define WRAP(type, name, fault, failed, parameters, arguments)                                     \
    type __real_##name parameters;                                                                 \
    type __wrap_##name parameters;                                                                 \
    type __wrap_##name parameters                                                                  \
    {                                                                                              \
        return fails(fault) ? failed : __real_##name arguments;                                    \
    }

WRAP(void *, malloc, ALLOC, NULL, (size_t size), (size))
WRAP(void *, calloc, ALLOC, NULL, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, ALLOC, NULL, (void *old, size_t size), (old, size))
WRAP(char *, strdup, ALLOC, NULL, (const char *text), (text))
WRAP(char *, strndup, ALLOC, NULL, (const char *text, size_t size), (text, size))
WRAP(char *, realpath, STAT, NULL, (const char *path, char *to), (path, to))
WRAP(FILE *, fopen, OPEN, NULL, (const char *path, const char *mode), (path, mode))
WRAP(FILE *, fopencookie, ALLOC, NULL,
     (void *cookie, const char *mode, cookie_io_functions_t calls), (cookie, mode, calls))
WRAP(FILE *, open_memstream, ALLOC, NULL, (char **text, size_t *size), (text, size))
WRAP(DIR *, opendir, OPEN, NULL, (const char *path), (path))
WRAP(struct dirent *, readdir, READ, NULL, (DIR * dir), (dir))
WRAP(ssize_t, getdents64, READ, -1, (int fd, void *to, size_t size), (fd, to, size))
WRAP(int, mkostemp, OPEN, -1, (char *name, int flags), (name, flags))
WRAP(ssize_t, readlinkat, READ, -1, (int dir, const char *path, char *to, size_t size),
     (dir, path, to, size))
WRAP(off_t, lseek, READ, -1, (int fd, off_t at, int from), (fd, at, from))
WRAP(int, stat, STAT, -1, (const char *path, struct stat *status), (path, status))
WRAP(int, fstat, STAT, -1, (int fd, struct stat *status), (fd, status))
WRAP(int, fstatat, STAT, -1, (int dir, const char *path, struct stat *status, int flags),
     (dir, path, status, flags))
WRAP(int, fsync, WRITE, -1, (int fd), (fd))
WRAP(int, fchmod, WRITE, -1, (int fd, mode_t mode), (fd, mode))
WRAP(int, rename, WRITE, -1, (const char *old, const char *name), (old, name))
WRAP(int, renameat, WRITE, -1, (int a, const char *old, int b, const char *name), (a, old, b, name))
WRAP(int, mkdirat, WRITE, -1, (int dir, const char *path, mode_t mode), (dir, path, mode))
WRAP(int, mkdir, WRITE, -1, (const char *path, mode_t mode), (path, mode))
WRAP(int, symlinkat, WRITE, -1, (const char *target, int dir, const char *path),
     (target, dir, path))
WRAP(int, ftruncate, WRITE, -1, (int fd, off_t size), (fd, size))

/* `size` bytes are asked for: half of them may be what comes. */
#define WRAP_BYTES(name, fault, parameters, arguments)                                             \
    ssize_t __real_##name parameters;                                                              \
    ssize_t __wrap_##name parameters;                                                              \
    ssize_t __wrap_##name parameters                                                               \
    {                                                                                              \
        if (fails(fault) || fails(INTERRUPT))                                                      \
            return -1;                                                                             \
        if (size > 1 && fails(SHORT))                                                              \
            size /= 2;                                                                             \
        return __real_##name arguments;                                                            \
    }

WRAP_BYTES(read, READ, (int fd, void *to, size_t size), (fd, to, size))
WRAP_BYTES(pread, READ, (int fd, void *to, size_t size, off_t at), (fd, to, size, at))
WRAP_BYTES(pread64, READ, (int fd, void *to, size_t size, off_t at), (fd, to, size, at))
WRAP_BYTES(write, WRITE, (int fd, const void *bytes, size_t size), (fd, bytes, size))
WRAP_BYTES(pwrite, WRITE, (int fd, const void *bytes, size_t size, off_t at), (fd, bytes, size, at))

int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
    va_end(list);
    return fails(OPEN) ? -1 : __real_open(path, flags, mode);
}

int __real_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...);
int __wrap_openat(int dir, const char *path, int flags, ...)
{
    va_list list;
    va_start(list, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;
    va_end(list);
    return fails(OPEN) ? -1 : __real_openat(dir, path, flags, mode);
}

long __real_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f);
long __wrap_syscall(long number, long a, long b, long c, long d, long e, long f)
{
    return number == SYS_openat2 && fails(OPEN) ? -1 : __real_syscall(number, a, b, c, d, e, f);
}

/* Nothing is left of the file that was mapped. */
static void shrink(int fd)
{
    char path[32];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (truncate(path, 0) != 0)
        abort();
}

void *__real_mmap(void *at, size_t size, int rights, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int rights, int flags, int fd, off_t offset);
void *__wrap_mmap(void *at, size_t size, int rights, int flags, int fd, off_t offset)
{
    if (fails(MAP))
        return MAP_FAILED;
    void *memory = __real_mmap(at, size, rights, flags, fd, offset);
    if (memory != MAP_FAILED && fd >= 0 && fails(SHRINK))
        shrink(fd);
    return memory;
}

/* ---- one run ---- */

enum { HANGS = 600 }; /* seconds */

struct run {
    int status;        /* of its end, as of waitpid */
    char *out, *error; /* what it said */
    char written[80];  /* what lies in the folder: count of files and bytes, and a sum of them */
};

static char *text_of(int fd)
{
    struct stat status;
    char *text = NULL;
    if (fstat(fd, &status) != 0 || (text = calloc(1, (size_t)status.st_size + 1)) == NULL ||
        pread(fd, text, (size_t)status.st_size, 0) != status.st_size)
        abort();
    close(fd);
    return text;
}

static unsigned long files, bytes, sum;
static char last[16384]; /* the beginning of the last file */

static int count_file(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    if (place->level == 0)
        return 0;
    files++;
    if (kind == FTW_F && S_ISREG(status->st_mode)) {
        int fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
            abort();
        char *text = text_of(fd);
        bytes += (unsigned long)status->st_size;
        for (off_t i = 0; i < status->st_size; i++)
            sum = sum * 31 + (unsigned char)text[i];
        snprintf(last, sizeof last, "%s", text);
        free(text);
    }
    return 0;
}

static int remove_file(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind;
    return place->level == 0 ? 0 : remove(path);
}

/* In an empty folder; NULL: what is there stays, and is not looked at. */
static struct run run(const char *folder, int count, char **arguments)
{
    struct run run = {0};
    int out = memfd_create("out", MFD_CLOEXEC), error = memfd_create("error", MFD_CLOEXEC);
    if (folder != NULL)
        nftw(folder, remove_file, 16, FTW_DEPTH | FTW_PHYS);
    layer->calls = 0;
    fflush(stdout); /* or the run would say it once more */
    pid_t child = fork();
    if (child == 0) {
        dup2(out, STDOUT_FILENO);
        dup2(error, STDERR_FILENO);
        alarm(HANGS); /* what waits for ever is found so, however busy the machine */
        atexit(disarm);
        layer->armed = true;
        exit(willrun_main(count, arguments));
    }
    if (child < 0 || waitpid(child, &run.status, 0) != child)
        abort();
    layer->armed = false;
    run.out = text_of(out);
    run.error = text_of(error);
    files = bytes = sum = 0;
    *last = 0;
    if (folder != NULL)
        nftw(folder, count_file, 16, FTW_PHYS);
    snprintf(run.written, sizeof run.written, "%lu files, %lu bytes, %lx", files, bytes, sum);
    return run;
}

static void run_free(struct run *run)
{
    free(run->out);
    free(run->error);
}

/* ---- what came of it ---- */

enum end { SAME, SENTENCE, TOLD, BAD };

/* Is `words` in the text, however its lines are broken? */
static bool says(const char *text, const char *words)
{
    for (; *text != 0; text++) {
        const char *at = text, *word = words;
        while (*word != 0 && (*at == *word || (*word == ' ' && *at == '\n'))) {
            word++;
            at++;
            while (word[-1] == ' ' && *at == ' ')
                at++;
        }
        if (*word == 0)
            return true;
    }
    return false;
}

/* The report itself tells what could not be read. */
static bool tells(const struct run *run)
{
    const char *error = strerror(faults[layer->fault].error);
    return says(run->out, error) || says(run->error, error) || says(run->out, "cannot be read") ||
           says(run->out, "libc not known") || says(last, error);
}

static int asked; /* words of `command` */
static char **command;
static bool caches; /* @/ is where answers are kept: in a folder, one may be there or not */

static bool is_empty(const struct run *run)
{
    return strtoul(run->written, NULL, 10) <= (caches ? 2 : 0);
}

/* Does the same command answer in the same way now, by what was kept? */
static bool answers_as(const struct run *plain)
{
    long fails_at = layer->fails_at;
    layer->fails_at = 0;
    struct run again = run(NULL, asked, command);
    bool same = again.status == plain->status && strcmp(again.out, plain->out) == 0;
    if (!same)
        printf("  kept: status %d\n%.3000s%.3000s\n", again.status, again.out, again.error);
    layer->fails_at = fails_at;
    run_free(&again);
    return same;
}

static enum end judge(const struct run *run, const struct run *plain)
{
    bool whole = strcmp(run->written, plain->written) == 0 || (caches && is_empty(run));
    if (caches && !answers_as(plain))
        return BAD;
    if (layer->fault == END && WIFSIGNALED(run->status))
        return WTERMSIG(run->status) == SIGTERM && (whole || is_empty(run)) ? SENTENCE : BAD;
    if (!WIFEXITED(run->status) || WEXITSTATUS(run->status) > 2 ||
        strstr(run->error, "Sanitizer") != NULL)
        return BAD;
    if (run->status == plain->status && strcmp(run->out, plain->out) == 0 && whole)
        return SAME;
    /* libarchive has a sentence of its own; standard error may be what cannot be written to */
    if (WEXITSTATUS(run->status) == 2 && is_empty(run) &&
        (*run->error != 0 || layer->fault == WRITE))
        return SENTENCE;
    /* a file of which nothing is left is judged as what it is now */
    bool known = layer->fault == SHRINK ? WEXITSTATUS(run->status) != 0 : tells(run);
    return known ? TOLD : BAD;
}

static void complain_of(const struct run *run, const struct run *plain)
{
    printf("  %s call %ld%s: ", faults[layer->fault].name, layer->fails_at, layer->on ? " on" : "");
    if (WIFSIGNALED(run->status))
        printf("signal %d", WTERMSIG(run->status));
    else
        printf("status %d, not %d", WEXITSTATUS(run->status), WEXITSTATUS(plain->status));
    printf("; %s in the folder\n%.3000s%.3000s\n", run->written, run->out, run->error);
}

/* Paths of what is written. */
static void place_outputs(const char *folder, int count, char **arguments)
{
    for (int i = 0; i < count; i++) {
        if (strncmp(arguments[i], "@/", 2) != 0)
            continue;
        char *path = malloc(strlen(folder) + strlen(arguments[i]) + 1);
        if (path == NULL)
            abort();
        sprintf(path, "%s%s", folder, arguments[i] + 1);
        caches = strcmp(arguments[i - 1], "--cache") == 0;
        arguments[i] = path; /* until the end */
    }
}

static bool set_fault(const char *name)
{
    for (size_t i = 0; i < sizeof faults / sizeof *faults; i++)
        if (strcmp(faults[i].name, name) == 0)
            layer->fault = (enum fault)i;
    return layer->fault != NONE;
}

int main(int count, char **arguments)
{
    layer =
        __real_mmap(NULL, sizeof *layer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (count < 7 || strcmp(arguments[5], "--") != 0 || !set_fault(arguments[1])) {
        fputs("usage: faults CLASS once|on MOST FOLDER -- ARGUMENT...\n", stderr);
        return 2;
    }
    const char *folder = arguments[4];
    bool one = strncmp(arguments[2], "at", 2) == 0;
    long most = atol(arguments[3]), ends[BAD + 1] = {0}, tried = 0, first = 1;
    layer->on = strcmp(arguments[2], "on") == 0;
    if (one)
        first = atol(arguments[2] + 2);
    place_outputs(folder, count, arguments);
    arguments[5] = arguments[0];
    asked = count - 5;
    command = arguments + 5;
    struct run plain = run(folder, asked, command);
    long calls = layer->calls, step = first == 1 && calls > most ? (calls + most - 1) / most : 1;
    if (one && first > calls) {
        run_free(&plain);
        return 3;
    }
    for (long call = first; call <= calls && tried < most; call += step, tried++) {
        layer->fails_at = call;
        struct run failing = run(folder, asked, command);
        enum end end = judge(&failing, &plain);
        if (end == BAD)
            complain_of(&failing, &plain);
        ends[end]++;
        run_free(&failing);
    }
    if (!WIFEXITED(plain.status) || WEXITSTATUS(plain.status) > 1)
        printf("  without a fault: status %d\n%s%s\n", plain.status, plain.out, plain.error);
    bool wrong = ends[BAD] != 0 || !WIFEXITED(plain.status) || WEXITSTATUS(plain.status) > 1;
    printf("%ld %ld %ld %ld %ld %ld\n", calls, tried, ends[SAME], ends[SENTENCE], ends[TOLD],
           ends[BAD]);
    run_free(&plain);
    return wrong ? 1 : 0;
}
