/* Profiles are read back as they were written; what is damaged is refused or
 * read within its bounds. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <zstd.h>

#include "root/root.h"
#include "snapshot/snapshot.h"
#include "source/profile.h"
#include "source/source_open.h"
#include "temp_tree.h"

static char *write_profile(const char *folder, size_t *size)
{
    static const char *const absent[] = {"/lib/libabsent.so.1"};
    struct err err = {0};
    struct root *root = root_new(source_open_dir(folder, &err));
    struct profile profile = {.origin = "a test \"quoted\"", .absent = absent, .absent_count = 1};
    char *text = NULL;
    FILE *out = open_memstream(&text, size);
    assert_true(snapshot_write(root, &profile, out, &err));
    assert_int_equal(fclose(out), 0);
    root_free(root);
    return text;
}

static void put(const struct temp *temp, const char *name, const void *bytes, size_t size)
{
    int fd = openat(temp->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

static void fill(const struct temp *temp)
{
    char elf[20000] = "\177ELF\2\1\1";
    char path[600];
    snprintf(path, sizeof path, "%s/deep", temp->path);
    elf[16] = 3, elf[18] = 62, elf[54] = 56; /* a shared object for amd64 without segments */
    assert_int_equal(mkdir(path, 0750), 0);
    put(temp, "deep/library", elf, sizeof elf);
    put(temp, "deep/script", "#!/bin/sh\nexit\n", 15);
    put(temp, "deep-sister", "data", 4);
    assert_int_equal(linkat(temp->fd, "deep/library", temp->fd, "same", 0), 0);
    assert_int_equal(symlinkat("deep/script", temp->fd, "link"), 0);
}

/* Everything a reader may ask of a root. */
static size_t read_all(struct root *root, const struct node *dir)
{
    struct arena arena = {0};
    const struct node **nodes;
    size_t count = 0, files = 0;
    root_list(root, dir, &arena, &nodes, &count);
    for (size_t i = 0; i < count; i++) {
        struct file_bytes bytes;
        if (nodes[i]->type == NODE_FILE && root_bytes(root, nodes[i], &bytes) == 0) {
            volatile unsigned char sum = 0;
            for (size_t k = 0; k < bytes.span.size; k++)
                sum = (unsigned char)(sum + bytes.span.data[k]);
            file_bytes_release(&bytes);
            files++;
        }
        if (nodes[i]->type == NODE_DIR)
            files += read_all(root, nodes[i]);
    }
    arena_free(&arena);
    return files;
}

static const struct node *at(struct root *root, const char *path, int *error)
{
    return root_lookup(root, NULL, path, NULL, LOOKUP_NOFOLLOW, error);
}

static void what_is_written_is_read(void **state)
{
    (void)state;
    struct temp temp;
    struct err err = {0};
    struct arena arena = {0};
    struct file_bytes bytes;
    char path[600];
    size_t size;
    int error;
    temp_make(&temp);
    fill(&temp);
    char *text = write_profile(temp.path, &size);
    put(&temp, "p.tar.zst", text, size);
    snprintf(path, sizeof path, "%s/p.tar.zst", temp.path);
    struct root *root =
        root_new(source_open_tar(open(path, O_RDONLY | O_CLOEXEC), path, "base:test", &err));
    const struct node *library = at(root, "/deep/library", &error);
    assert_int_equal(library->size, 20000);
    assert_int_equal(library->content, at(root, "/same", &error)->content);
    assert_string_equal(at(root, "/link", &error)->target, "deep/script");
    assert_int_equal(at(root, "/deep", &error)->mode, 0750);
    assert_null(at(root, "/" PROFILE_MEMBER, &error));
    assert_null(at(root, "/deep/nothing", &error));
    assert_int_equal(error, ENOENT);
    assert_int_equal(root_bytes(root, library, &bytes), 0);
    assert_int_equal(bytes.span.size, 20000);
    assert_memory_equal(bytes.span.data, "\177ELF", 4);
    file_bytes_release(&bytes);
    assert_int_equal(root_bytes(root, at(root, "/lib/libabsent.so.1", &error), &bytes), ENODATA);
    assert_int_equal(read_all(root, root_top(root)), 4);
    assert_non_null(
        strstr(profile_origin(open(path, O_RDONLY | O_CLOEXEC), &arena), "a test \\\"quoted\\\""));
    arena_free(&arena);
    root_free(root);
    free(text);
    temp_remove(&temp);
}

static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525 + 1013904223;
    return *seed >> 8;
}

/* The sum of a header, so that damage to its other fields gets past it. */
static void mend_sum(unsigned char *tar, size_t size, size_t place)
{
    size_t header = place / TAR_BLOCK * TAR_BLOCK;
    unsigned sum = 0;
    char digits[8];
    if (header + TAR_BLOCK > size || memcmp(tar + header + 257, "ustar", 5) != 0)
        return;
    memset(tar + header + 148, ' ', 8);
    for (size_t i = 0; i < TAR_BLOCK; i++)
        sum += tar[header + i];
    snprintf(digits, sizeof digits, "%06o", sum);
    memcpy(tar + header + 148, digits, 7);
}

static void damage_stays_in_bounds(void **state)
{
    (void)state;
    enum { ROUNDS = 400 };
    struct temp temp;
    char path[600];
    size_t size, opened = 0, refused = 0;
    uint32_t seed = 1;
    temp_make(&temp);
    fill(&temp);
    char *text = write_profile(temp.path, &size);
    size_t room = 1 << 20;
    unsigned char *tar = malloc(room), *damaged = malloc(room);
    size_t length = ZSTD_decompress(tar, room, text, size);
    assert_false(ZSTD_isError(length));
    char *packed = malloc(ZSTD_compressBound(length));
    snprintf(path, sizeof path, "%s/p.tar.zst", temp.path);
    for (size_t i = 0; i < ROUNDS; i++) {
        struct err err = {0};
        memcpy(damaged, tar, length);
        for (size_t k = 0; k < 1 + i % 3; k++) {
            size_t place = next_random(&seed) % length;
            damaged[place] = (unsigned char)("09 7\n/\0\377"[next_random(&seed) % 8]);
            mend_sum(damaged, length, place);
        }
        size_t cut = i % 5 == 0 ? next_random(&seed) % length : length;
        put(&temp, "p.tar.zst", packed,
            ZSTD_compress(packed, ZSTD_compressBound(length), damaged, cut, 1));
        struct source *source =
            source_open_tar(open(path, O_RDONLY | O_CLOEXEC), path, "base:test", &err);
        refused += source == NULL;
        assert_int_equal(source == NULL, err.code != WILLRUN_OK);
        if (source == NULL)
            continue;
        opened++;
        struct root *root = root_new(source);
        read_all(root, root_top(root));
        root_free(root);
    }
    assert_true(opened > ROUNDS / 10 && refused > ROUNDS / 10);
    free(packed);
    free(damaged);
    free(tar);
    free(text);
    temp_remove(&temp);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(damage_stays_in_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
