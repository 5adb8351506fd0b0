/* libFuzzer target: any bytes as the texts that packages of a root carry: package.json of npm, and
 * WHEEL, METADATA and RECORD of pip. */
#include <unistd.h>

#include "check/wheel.h"
#include "fuzz/memory_file.h"
#include "fuzz/tar_members.h"
#include "plugin/npm.h"
#include "source/source_open.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const paths[] = {
    "app/node_modules/a/package.json",
    "usr/lib/python3/dist-packages/a-1.0.dist-info/WHEEL",
    "usr/lib/python3/dist-packages/a-1.0.dist-info/METADATA",
    "usr/lib/python3/dist-packages/a-1.0.dist-info/RECORD",
};

enum { LARGEST_NAME = 1 << 20, PATHS = sizeof paths / sizeof *paths };

/* A root in which each of the paths has the bytes. */
static void write_root(struct memory_file *file, const uint8_t *data, size_t size)
{
    size_t member = TAR_BLOCK + tar_padded(size);
    size_t whole = PATHS * member + 2 * (size_t)TAR_BLOCK;
    uint8_t *bytes = calloc(1, whole);
    if (bytes == NULL)
        abort();
    for (size_t i = 0; i < PATHS; i++) {
        uint8_t *header = bytes + i * member;
        memcpy(header, paths[i], strlen(paths[i]));
        memcpy(header + TAR_MODE, "0000644\0000000000\0000000000", 24);
        memcpy(header + 257, "ustar\00000", 8);
        header[TAR_TYPE] = '0';
        tar_seal(header, size);
        if (size != 0)
            memcpy(header + TAR_BLOCK, data, size);
    }
    memory_file_open(file, bytes, whole);
    free(bytes);
}

static void ask_npm(struct facts *facts, struct arena *arena)
{
    const struct npm_platform process = {.os = "linux", .cpu = "x64", .libc = "glibc"};
    struct npm_package package;
    if (!npm_package_read(facts, "/app/node_modules/a", &process, arena, &package))
        return;
    if (npm_platform_text(&package.build, arena) == NULL)
        abort();
    for (const char *const *name = package.optionals; name != NULL && *name != NULL; name++)
        if (strlen(*name) > LARGEST_NAME)
            abort();
}

static void ask_wheel(struct facts *facts, struct arena *arena)
{
    const struct wheel_target target = {11, false, WILLRUN_LIBC_GLIBC, "2.36", "x86_64"};
    struct wheel wheel;
    if (!wheel_find(facts, "/usr/lib/python3/dist-packages/a/b.so", arena, &wheel))
        return;
    volatile bool fits = wheel_fits(&wheel, &target);
    (void)fits;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct memory_file file;
    struct arena arena = {0};
    struct err err = {0};
    write_root(&file, data, size);
    struct source *source = source_open(file.path, NULL, &err);
    if (source == NULL)
        abort();
    struct root *root = root_new(source);
    struct facts *facts = facts_new(root, false);
    ask_npm(facts, &arena);
    ask_wheel(facts, &arena);
    facts_free(facts);
    root_free(root);
    arena_free(&arena);
    memory_file_close(&file);
    return 0;
}
