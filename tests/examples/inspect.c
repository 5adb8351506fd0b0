/* Prints what files need at least, and cancels where that takes too long.
 *     inspect SECONDS PATH... */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <willrun/willrun.h>

static struct willrun *running;

static void on_alarm(int number)
{
    (void)number;
    willrun_cancel(running);
}

int main(int count, char **words)
{
    if (count < 3)
        return 2;
    struct willrun_inspection *inspection;
    running = willrun_new();
    signal(SIGALRM, on_alarm);
    unsigned seconds = (unsigned)strtoul(words[1], NULL, 10);
    if (seconds == 0)
        raise(SIGALRM);
    alarm(seconds);
    for (int i = 2; i < count; i++)
        willrun_add_subject(running, words[i]);
    enum willrun_err err = willrun_inspect(running, &inspection);
    alarm(0);
    if (err != WILLRUN_OK) {
        fprintf(stderr, "inspect: %s\n", willrun_error(running));
        willrun_free(running);
        return err == WILLRUN_ECANCELED ? 3 : 2;
    }
    for (size_t i = 0; i < inspection->file_count; i++) {
        const struct willrun_inspected *file = &inspection->files[i];
        const char *glibc = file->floors[WILLRUN_FLOOR_GLIBC].level;
        printf("%s: %s, glibc %s\n", file->path, file->platform, glibc != NULL ? glibc : "none");
        for (size_t k = 0; k < file->needed_count; k++)
            printf("  needs %s\n", file->needed[k]);
    }
    willrun_inspection_free(inspection);
    willrun_free(running);
    return 0;
}
