/* The fuzz targets without libFuzzer, each file once:
 *
 *     run_inputs FOLDER…
 *
 * The last part of a folder's path is the name of the target that its files are for. */
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef int target(const uint8_t *data, size_t size);

#define TARGET(name) target name;
FUZZ_TARGETS
#undef TARGET

static const struct {
    const char *name;
    target *run;
} targets[] = {
#define TARGET(name) {#name, name},
    FUZZ_TARGETS
#undef TARGET
};

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
{
    (void)data, (void)max_size;
    return size; /* nothing is mutated here */
}

/* `fuzz_elf` of "elf"; NULL: there is none. */
static target *target_of(const char *folder)
{
    const char *slash = strrchr(folder, '/');
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++)
        if (strcmp(targets[i].name + strlen("fuzz_"), slash != NULL ? slash + 1 : folder) == 0)
            return targets[i].run;
    return NULL;
}

static void run_file(int folder, const char *name, target *run)
{
    struct stat status;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0)
        abort();
    size_t size = (size_t)status.st_size;
    uint8_t *bytes =
        malloc(size != 0 ? size : 1); /* its own block: AddressSanitizer sees its end */
    if (bytes == NULL || read(fd, bytes, size) != (ssize_t)size)
        abort();
    close(fd);
    fprintf(stderr, "%s\n", name); /* the last one is that which failed */
    run(bytes, size);
    free(bytes);
}

static int run_folder(const char *path)
{
    target *run = target_of(path);
    DIR *folder = opendir(path);
    int count = 0;
    if (run == NULL || folder == NULL) {
        fprintf(stderr, "%s: no folder of inputs for a target\n", path);
        exit(1);
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        run_file(dirfd(folder), entry->d_name, run);
        count++;
    }
    closedir(folder);
    return count;
}

int main(int count, char **arguments)
{
    int inputs = 0;
    for (int i = 1; i < count; i++)
        inputs += run_folder(arguments[i]);
    printf("%d inputs\n", inputs);
    return inputs != 0 ? 0 : 1;
}
