/* Starts one program for real: start_for_real ROOT UID GID[,GID] WORKDIR PATH ARGV0 [K=V ...]
 * chroots, becomes the user, and executes PATH. Tells on standard output how it
 * went, "errno status signal"; what the program prints goes to standard error. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void start(char **argv, int report)
{
    char *program[] = {argv[6], NULL};
    struct rlimit none = {0, 0};
    const char *more = strchr(argv[3], ',');
    gid_t gid = (gid_t)atoi(argv[3]), second = more != NULL ? (gid_t)atoi(more + 1) : 0;
    uid_t uid = (uid_t)atoi(argv[2]);
    setrlimit(RLIMIT_CORE, &none);
    dup2(STDERR_FILENO, STDOUT_FILENO);
    alarm(10);
    if (chroot(argv[1]) != 0 || chdir(argv[4]) != 0 || setgroups(more != NULL, &second) != 0 ||
        setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
        _exit(99);
    execve(argv[5], program, argv + 7);
    int error = errno;
    if (write(report, &error, sizeof error) < 0)
        _exit(99);
    _exit(0);
}

int main(int argc, char **argv)
{
    int pipes[2], error = 0, status;
    if (argc < 7 || pipe2(pipes, O_CLOEXEC) != 0)
        return 2;
    pid_t child = fork();
    if (child == 0)
        start(argv, pipes[1]);
    close(pipes[1]);
    if (child < 0 || (read(pipes[0], &error, sizeof error) < 0) || waitpid(child, &status, 0) < 0)
        return 2;
    printf("%d %d %d\n", error, WIFEXITED(status) ? WEXITSTATUS(status) : -1,
           WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    return 0;
}
