/* timed RUNS PROGRAM [ARGUMENT...]
 *
 * Runs PROGRAM that often, its output thrown away, and prints a line for each
 * run: wall seconds, user seconds, system seconds, peak resident KiB. A small
 * program of its own, for a process that is started starts with the peak of
 * the one that starts it. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static int run_once(char **argv, const posix_spawn_file_actions_t *actions)
{
    pid_t pid;
    int status;
    struct rusage usage;
    double start = now();
    int error = posix_spawnp(&pid, argv[0], actions, NULL, argv, environ);
    if (error != 0 || wait4(pid, &status, 0, &usage) != pid) {
        fprintf(stderr, "timed: %s cannot be run\n", argv[0]);
        return -1;
    }
    double wall = now() - start;
    printf("%.6f %.6f %.6f %ld\n", wall, seconds(usage.ru_utime), seconds(usage.ru_stime),
           usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int main(int argc, char **argv)
{
    if (argc < 3) {
        fputs("usage: timed RUNS PROGRAM [ARGUMENT...]\n", stderr);
        return 2;
    }
    posix_spawn_file_actions_t actions;
    int status;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    for (int runs = atoi(argv[1]); runs > 0; runs--)
        if ((status = run_once(argv + 2, &actions)) < 0 || status > 1) { /* 1: it found something */
            fprintf(stderr, "timed: %s ended with status %d\n", argv[2], status);
            return 1;
        }
    posix_spawn_file_actions_destroy(&actions);
    return 0;
}
