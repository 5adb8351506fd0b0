/* ldso_loop ROOT LOADER LIST
 *
 * In a chroot at ROOT, has the real loader bind every file that LIST names (one
 * a line), one process each: the environment is that of `ldd -r` with all
 * symbols bound. */
#define _GNU_SOURCE
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void bind_one(char *loader, char *path)
{
    char *argv[] = {loader, path, NULL};
    char *env[] = {"LD_TRACE_LOADED_OBJECTS=1", "LD_WARN=1", "LD_BIND_NOW=1", NULL};
    pid_t pid;
    if (posix_spawn(&pid, loader, NULL, NULL, argv, env) == 0)
        waitpid(pid, NULL, 0);
}

int main(int argc, char **argv)
{
    char line[4096];
    FILE *list = argc == 4 ? fopen(argv[3], "re") : NULL;
    if (list == NULL || chroot(argv[1]) != 0 || chdir("/") != 0) {
        perror("ldso_loop");
        return 1;
    }
    while (fgets(line, sizeof line, list) != NULL) {
        line[strcspn(line, "\n")] = 0;
        bind_one(argv[2], line);
    }
    fclose(list);
    return 0;
}
