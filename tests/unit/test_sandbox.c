/* What is given away is gone: each forbidden thing is tried by a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "cli/commands.h"
#include "cli/options.h"
#include "cli/sandbox.h"
#include "cli/sanitized.h"

static char folder[] = "/tmp/willrun-sandbox.XXXXXX";

static void make(const char *name, const char *text)
{
    FILE *file = fopen(name, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int begin(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(mkdir("root", 0755) | mkdir("out", 0755) | mkdir("other", 0755), 0);
    make("root/file", "x");
    make("other/file", "x");
    make("named:1", "x");
    return symlink("../other/file", "root/link");
}

static int end(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    return system(command);
}

typedef int attempt(void);

/* The wait status of a process that enters the sandbox of a check and then tries it. */
static int inside(attempt *try)
{
    static char *arguments[] = {"--root",     "dir:root", "-o",
                                "out/report", "--stage",  "a=tar:named:1:tag"};
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct options options;
        char problem[256];
        options_begin(&options);
        if (!options_parse(&options, FOR_CHECK, sizeof arguments / sizeof *arguments, arguments,
                           problem, sizeof problem))
            _exit(99);
        struct sandbox sandbox = sandbox_enter(&options, false);
        _exit(sandbox.landlock == 0 || !sandbox.seccomp ? 98 : try());
    }
    int status;
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

static int reach(const char *path, int flags)
{
    int fd = open(path, flags | O_CLOEXEC, 0600);
    return fd >= 0 ? 0 : errno == EACCES ? 1 : 2;
}

static int read_root(void)
{
    return reach("root/file", O_RDONLY);
}
static int read_named(void)
{
    return reach("named:1", O_RDONLY);
}
static int write_output(void)
{
    return reach("out/.report.x", O_RDWR | O_CREAT) + rename("out/.report.x", "out/report");
}
static int read_other(void)
{
    return reach("other/file", O_RDONLY);
}
static int read_by_link(void)
{
    return reach("root/link", O_RDONLY);
}
static int read_passwd(void)
{
    return reach("/etc/passwd", O_RDONLY);
}
static int write_root(void)
{
    return reach("root/new", O_RDWR | O_CREAT);
}
static int write_file(void)
{
    return reach("root/file", O_WRONLY);
}

static void files_are_read_and_written_where_they_are_named(void **state)
{
    (void)state;
    static attempt *const reached[] = {read_root, read_named, write_output};
    static attempt *const out_of_reach[] = {read_other, read_by_link, read_passwd, write_root,
                                            write_file};
    for (size_t i = 0; i < sizeof reached / sizeof *reached; i++)
        assert_int_equal(inside(reached[i]), 0);
    for (size_t i = 0; i < sizeof out_of_reach / sizeof *out_of_reach; i++)
        assert_int_equal(inside(out_of_reach[i]), 1 << 8);
}

static int call_execve(void)
{
    return execl("/bin/true", "true", (char *)NULL);
}
static int call_fork(void)
{
    return (int)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}
static int call_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0);
}
static int call_unix(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0);
}
static int call_ptrace(void)
{
    return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}
static int call_mount(void)
{
    return mount("x", "root", "tmpfs", 0, NULL);
}
static int call_chroot(void)
{
    return chroot("root");
}
static int call_uring(void)
{
    return (int)syscall(SYS_io_uring_setup, 1, NULL);
}
static int call_last(void)
{
    return (int)syscall(SYS_kcmp, 0, 0, 0, 0, 0);
}
#ifdef __x86_64__
static int call_x32(void)
{
    return (int)syscall(0x40000000 + 39);
}
#endif

static void calls_that_nothing_needs_kill(void **state)
{
    (void)state;
    static attempt *const calls[] = {
        call_execve,
        call_socket,
        call_unix,
        call_mount,
        call_chroot,
        call_uring,
        call_last,
#ifdef __x86_64__
        call_x32,
#endif
#if !SANITIZED
        call_fork,
        call_ptrace,
#endif
    };
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        int status = inside(calls[i]);
        assert_true(WIFSIGNALED(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
    (void)call_fork;
    (void)call_ptrace;
}

static void *nothing(void *argument)
{
    return argument;
}

static int make_thread(void)
{
    pthread_t thread;
    return pthread_create(&thread, NULL, nothing, NULL) != 0 || pthread_join(thread, NULL) != 0;
}

static void threads_can_be_made(void **state)
{
    (void)state;
    assert_int_equal(inside(make_thread), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_and_written_where_they_are_named),
        cmocka_unit_test(calls_that_nothing_needs_kill),
        cmocka_unit_test(threads_can_be_made),
    };
    return cmocka_run_group_tests(tests, begin, end);
}
