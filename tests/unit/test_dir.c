/* A folder of the local disk as a source. */
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include <cmocka.h>

#include "source/source.h"
#include "temp_tree.h"

struct bench {
    struct temp temp;
    struct source *source;
    struct arena arena;
};

static const struct made tree[] = {
    {'d', "d", NULL, 0, 0, 0},        {'d', "d/e", NULL, 0, 0, 0},
    {'f', "d/e/f", "text", 0, 0, 0},  {'f', "empty", "", 0600, 0, 0},
    {'l', "link", "d/e/f", 0, 0, 0},  {'l', "dirlink", "d", 0, 0, 0},
    {'l', "root", "/", 0, 0, 0},      {'p', "d/pipe", NULL, 0, 0, 0},
    {'s', "d/socket", NULL, 0, 0, 0}, {'f', "d/set", "x", 06755, 0, 0},
};

static int setup(void **state)
{
    struct bench *bench = must_alloc(sizeof *bench);
    *bench = (struct bench){0};
    temp_make(&bench->temp);
    temp_fill(bench->temp.fd, tree, sizeof tree / sizeof *tree);
    struct err err = {0};
    bench->source = source_open_dir(bench->temp.path, &err);
    assert_non_null(bench->source);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    bench->source->ops->close(bench->source);
    temp_remove(&bench->temp);
    arena_free(&bench->arena);
    free(bench);
    return 0;
}

static struct node_info look(struct bench *bench, const char *path)
{
    struct node_info info;
    bench->source->ops->look(bench->source, path, &bench->arena, &info);
    return info;
}

static int bytes_of(struct bench *bench, const char *path, struct file_bytes *bytes)
{
    return bench->source->ops->bytes(bench->source, path, NULL, bytes);
}

static void names_have_their_types(void **state)
{
    static const struct {
        const char *path;
        enum node_type type;
    } looks[] = {
        {"", NODE_DIR},           {"d", NODE_DIR},           {"d/e", NODE_DIR},
        {"d/e/f", NODE_FILE},     {"empty", NODE_FILE},      {"link", NODE_LINK},
        {"root", NODE_LINK},      {"d/pipe", NODE_FIFO},     {"d/socket", NODE_SOCKET},
        {"none", NODE_NONE},      {"none/below", NODE_NONE}, {"empty/below", NODE_NONE},
        {"dirlink/e", NODE_NONE}, {"root/d", NODE_NONE},
    };
    for (size_t i = 0; i < sizeof looks / sizeof *looks; i++) {
        struct node_info info = look(*state, looks[i].path);
        print_message("'%s'\n", looks[i].path);
        assert_int_equal(info.type, looks[i].type);
        assert_int_equal(info.error, 0);
    }
}

static void facts_are_those_of_stat(void **state)
{
    struct bench *bench = *state;
    struct stat stat;
    struct node_info info = look(bench, "d/set");
    assert_int_equal(fstatat(bench->temp.fd, "d/set", &stat, 0), 0);
    assert_int_equal(info.mode, 06755);
    assert_int_equal(info.size, 1);
    assert_int_equal(info.uid, stat.st_uid);
    assert_int_equal(info.gid, stat.st_gid);
    assert_int_equal(info.dev, stat.st_dev);
    assert_int_equal(info.ino, stat.st_ino);
    assert_null(info.target);
    assert_string_equal(look(bench, "link").target, "d/e/f");
}

static void what_leads_elsewhere_is_refused(void **state)
{
    static const char *const paths[] = {"..", ".", "d/..", "d/../..", "d/e/."};
    struct bench *bench = *state;
    struct file_bytes bytes;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        print_message("%s\n", paths[i]);
        assert_int_equal(look(bench, paths[i]).type, NODE_NONE);
        assert_int_equal(bytes_of(bench, paths[i], &bytes), EINVAL);
    }
}

static void a_name_that_is_too_long_says_so(void **state)
{
    struct bench *bench = *state;
    char name[600];
    memset(name, 'n', sizeof name);
    name[255] = 0;
    assert_int_equal(look(bench, name).error, 0);
    name[255] = 'n';
    name[256] = 0;
    assert_int_equal(look(bench, name).error, ENAMETOOLONG);
    name[256] = '/';
    name[260] = 0;
    assert_int_equal(look(bench, name).error, ENAMETOOLONG);
}

static void only_regular_files_give_bytes(void **state)
{
    static const char *const paths[] = {"d/pipe", "d/socket", "d", "link", "root", ""};
    struct file_bytes bytes;
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        print_message("'%s'\n", paths[i]);
        assert_int_equal(bytes_of(*state, paths[i], &bytes), EINVAL);
    }
    assert_int_equal(bytes_of(*state, "none", &bytes), ENOENT);
    assert_int_equal(bytes_of(*state, "dirlink/e/f", &bytes), ENOTDIR);
}

static void files_are_read_whole(void **state)
{
    enum { LARGEST = 200000, MAPPED_FROM = 128 << 10 };
    static const size_t sizes[] = {0,      1, 4095, MAPPED_FROM - 1, MAPPED_FROM, MAPPED_FROM + 1,
                                   LARGEST};
    struct bench *bench = *state;
    unsigned char *text = must_alloc(LARGEST);
    for (size_t i = 0; i < LARGEST; i++)
        text[i] = (unsigned char)(i * 7 + i / 256);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        char name[32];
        struct file_bytes bytes;
        snprintf(name, sizeof name, "d/size%zu", sizes[i]);
        temp_file(bench->temp.fd, name, text, sizes[i]);
        assert_int_equal(bytes_of(bench, name, &bytes), 0);
        assert_int_equal(bytes.span.size, sizes[i]);
        assert_int_equal(bytes.map != NULL, sizes[i] > MAPPED_FROM);
        assert_memory_equal(bytes.span.data, text, sizes[i]);
        file_bytes_release(&bytes);
        assert_null(bytes.span.data);
        file_bytes_release(&bytes);
    }
    free(text);
}

static enum file_want starts_with_yes(struct span head)
{
    return head.size >= 3 && memcmp(head.data, "yes", 3) == 0 ? WANT_ALL : WANT_HEAD;
}

static enum file_want for_long(struct span head)
{
    return head.size != 0 ? WANT_LONG : WANT_HEAD;
}

static void what_stays_is_mapped(void **state)
{
    struct bench *bench = *state;
    char text[20000] = "yes";
    struct file_bytes bytes;
    temp_file(bench->temp.fd, "d/stays", text, sizeof text);
    assert_int_equal(bench->source->ops->bytes(bench->source, "d/stays", for_long, &bytes), 0);
    assert_int_equal(bytes.span.size, sizeof text);
    assert_non_null(bytes.map);
    file_bytes_release(&bytes);
    assert_int_equal(bench->source->ops->bytes(bench->source, "d/stays", starts_with_yes, &bytes),
                     0);
    assert_int_equal(bytes.span.size, sizeof text);
    assert_null(bytes.map);
    file_bytes_release(&bytes);
}

static void only_what_is_wanted_is_read(void **state)
{
    static const struct {
        const char *name, *start;
        size_t size, read;
    } files[] = {{"d/long-yes", "yes", 20000, 20000},
                 {"d/long-no", "no", 20000, FILE_HEAD},
                 {"d/short-yes", "yes", 20, 20},
                 {"d/short-no", "no", 20, 20}};
    struct bench *bench = *state;
    char *text = must_alloc(20000);
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        struct file_bytes bytes;
        memset(text, 'x', 20000);
        memcpy(text, files[i].start, strlen(files[i].start));
        temp_file(bench->temp.fd, files[i].name, text, files[i].size);
        assert_int_equal(
            bench->source->ops->bytes(bench->source, files[i].name, starts_with_yes, &bytes), 0);
        assert_int_equal(bytes.span.size, files[i].read);
        assert_memory_equal(bytes.span.data, text, files[i].read);
        file_bytes_release(&bytes);
    }
    free(text);
}

static void count_name(void *context, const char *name, const struct node_info *info)
{
    assert_int_not_equal(info->type, NODE_NONE);
    assert_string_not_equal(name, ".");
    assert_string_not_equal(name, "..");
    ++*(size_t *)context;
}

static void a_listing_calls_for_each_name(void **state)
{
    struct bench *bench = *state;
    const struct source_ops *ops = bench->source->ops;
    size_t count = 0;
    assert_int_equal(ops->list(bench->source, "", &bench->arena, count_name, &count), 0);
    assert_int_equal(count, 5);
    count = 0;
    assert_int_equal(ops->list(bench->source, "d", &bench->arena, count_name, &count), 0);
    assert_int_equal(count, 4);
    assert_int_equal(ops->list(bench->source, "none", &bench->arena, count_name, &count), ENOENT);
    assert_int_equal(ops->list(bench->source, "empty", &bench->arena, count_name, &count), ENOTDIR);
    assert_int_equal(ops->list(bench->source, "dirlink", &bench->arena, count_name, &count),
                     ENOTDIR);
    assert_int_equal(count, 4);
}

struct passed {
    const char *names[8];
    size_t count;
};

static void keep_passed(void *context, const char *name)
{
    struct passed *passed = context;
    assert_true(passed->count < sizeof passed->names / sizeof *passed->names);
    passed->names[passed->count++] = strdup(name);
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool starts_with_x(struct span head)
{
    return head.size != 0 && head.data[0] == 'x';
}

/* Those in `path` that the sieve lets through, one behind the other. */
static void assert_passed(struct bench *bench, const char *path, const char *expected)
{
    char text[64] = "";
    struct passed passed = {0};
    assert_int_equal(
        bench->source->ops->sift(bench->source, path, starts_with_x, keep_passed, &passed), 0);
    qsort(passed.names, passed.count, sizeof *passed.names, by_text);
    for (size_t i = 0; i < passed.count; i++) {
        strcat(strcat(text, passed.names[i]), " ");
        free((void *)(uintptr_t)passed.names[i]);
    }
    assert_string_equal(text, expected);
}

/* What is no regular file, or cannot be read, passes: who asks looks at it by other means. */
static void a_sieve_holds_back_regular_files_alone(void **state)
{
    struct bench *bench = *state;
    assert_passed(bench, "", "d dirlink link root ");
    assert_passed(bench, "d", "e pipe set socket ");
    assert_passed(bench, "d/e", "");
    assert_int_equal(bench->source->ops->sift(bench->source, "link", NULL, NULL, NULL), ENOTDIR);
    assert_int_equal(bench->source->ops->sift(bench->source, "none", NULL, NULL, NULL), ENOENT);
}

static void more_directories_than_handles(void **state)
{
    struct bench *bench = *state;
    char path[64];
    for (int round = 0; round < 3; round++)
        for (int i = 0; i < 100; i++) {
            snprintf(path, sizeof path, "d/e/d%d", i);
            if (round == 0)
                assert_int_equal(mkdirat(bench->temp.fd, path, 0755), 0);
            snprintf(path, sizeof path, "d/e/d%d/f", i);
            if (round == 0)
                temp_file(bench->temp.fd, path, path, strlen(path));
            struct file_bytes bytes;
            assert_int_equal(look(bench, path).type, NODE_FILE);
            assert_int_equal(bytes_of(bench, path, &bytes), 0);
            assert_memory_equal(bytes.span.data, path, strlen(path));
            file_bytes_release(&bytes);
        }
}

static void a_folder_that_cannot_be_opened_gets_its_sentence(void **state)
{
    struct bench *bench = *state;
    struct err none = {0}, file = {0};
    char path[600];
    snprintf(path, sizeof path, "%s/nowhere", bench->temp.path);
    assert_null(source_open_dir(path, &none));
    assert_int_equal(none.code, WILLRUN_EINPUT);
    assert_non_null(strstr(none.text, path));
    assert_non_null(strstr(none.text, "No such file or directory"));
    snprintf(path, sizeof path, "%s/empty", bench->temp.path);
    assert_null(source_open_dir(path, &file));
    assert_int_equal(file.code, WILLRUN_EINPUT);
    assert_non_null(strstr(file.text, "is no folder"));
}

/* ---- a tree that changes while it is read ---- */

struct swapper {
    int fd;
    atomic_bool stop;
};

static void *swap(void *context)
{
    struct swapper *swapper = context;
    while (!swapper->stop)
        renameat2(swapper->fd, "swap", swapper->fd, "outside", RENAME_EXCHANGE);
    return NULL;
}

/* `swap` is a folder at one moment and a link out of the source at the next. */
static void no_race_leads_out_of_the_folder(void **state)
{
    struct bench *bench = *state;
    struct temp other;
    temp_make(&other);
    temp_file(other.fd, "secret", "outside", 7);
    assert_int_equal(mkdirat(bench->temp.fd, "swap", 0755), 0);
    temp_file(bench->temp.fd, "swap/secret", "inside", 6);
    assert_int_equal(symlinkat(other.path, bench->temp.fd, "outside"), 0);
    struct swapper swapper = {.fd = bench->temp.fd};
    pthread_t thread;
    assert_int_equal(pthread_create(&thread, NULL, swap, &swapper), 0);
    for (int i = 0; i < 20000; i++) {
        struct file_bytes bytes;
        char other_dir[32];
        snprintf(other_dir, sizeof other_dir, "x%d/f", i); /* not to be served by a handle alone */
        if (i % 16 == 0)
            look(bench, other_dir);
        if (bytes_of(bench, "swap/secret", &bytes) != 0)
            continue;
        assert_int_equal(bytes.span.size, 6);
        file_bytes_release(&bytes);
    }
    swapper.stop = true;
    pthread_join(thread, NULL);
    temp_remove(&other);
}

/* ---- a kernel without openat2 ---- */

static int refuse_openat2(unsigned error)
{
    struct sock_filter filter[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog program = {.len = sizeof filter / sizeof *filter, .filter = filter};
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return -1;
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

/* In a child: its exit status; 77 where the filter cannot be set. */
static int walk_without_openat2(struct bench *bench, unsigned error)
{
    struct file_bytes bytes;
    if (refuse_openat2(error) != 0)
        return 77;
    if (look(bench, "d/e/f").type != NODE_FILE || look(bench, "d/e").type != NODE_DIR)
        return 1;
    if (look(bench, "dirlink/e").type != NODE_NONE || look(bench, "none/x").type != NODE_NONE)
        return 2;
    if (bytes_of(bench, "d/e/f", &bytes) != 0 || bytes.span.size != 4)
        return 3;
    file_bytes_release(&bytes);
    if (bytes_of(bench, "d/../d/e/f", &bytes) != EINVAL)
        return 4;
    if (bytes_of(bench, "root/d/e/f", &bytes) != ENOTDIR)
        return 5;
    return 0;
}

static void the_own_walk_serves_where_openat2_is_refused(void **state)
{
    static const unsigned errors[] = {ENOSYS, EPERM};
    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        int status = 0;
        pid_t child = fork();
        if (child == 0)
            _exit(walk_without_openat2(*state, errors[i]));
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        if (WEXITSTATUS(status) == 77)
            skip();
        assert_int_equal(WEXITSTATUS(status), 0);
    }
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(names_have_their_types),
        TEST(facts_are_those_of_stat),
        TEST(what_leads_elsewhere_is_refused),
        TEST(a_name_that_is_too_long_says_so),
        TEST(only_regular_files_give_bytes),
        TEST(files_are_read_whole),
        TEST(only_what_is_wanted_is_read),
        TEST(what_stays_is_mapped),
        TEST(a_listing_calls_for_each_name),
        TEST(a_sieve_holds_back_regular_files_alone),
        TEST(more_directories_than_handles),
        TEST(a_folder_that_cannot_be_opened_gets_its_sentence),
        TEST(no_race_leads_out_of_the_folder),
        TEST(the_own_walk_serves_where_openat2_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
