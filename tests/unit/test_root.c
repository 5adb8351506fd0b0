/* Paths in a root, held to what the kernel says in a chroot there. */
#include <grp.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "base/vec.h"
#include "root/root.h"
#include "temp_tree.h"

enum { NOBODY = 65534, SOMEBODY = 1000, NO_CHROOT = 77 };

static const struct made tree[] = {
    {'d', "d", NULL, 0, 0, 0},
    {'d', "d/e", NULL, 0, 0, 0},
    {'d', "d/e/f", NULL, 0, 0, 0},
    {'f', "d/e/file", "text", 0, 0, 0},
    {'f', "file", "other", 0, 0, 0},
    {'d', "etc", NULL, 0, 0, 0},
    {'f', "etc/passwd", "root:x:0:0::/:/bin/sh\n", 0, 0, 0},
    {'d', "usr", NULL, 0, 0, 0},
    {'d', "usr/lib", NULL, 0, 0, 0},
    {'f', "usr/lib/libx.so.1", "x", 0, 0, 0},
    {'l', "usr/lib/libx.so", "libx.so.1", 0, 0, 0},
    {'l', "usr/lib/liby.so", "/lib/libx.so", 0, 0, 0},
    {'l', "lib", "usr/lib", 0, 0, 0},
    {'l', "lib64", "/usr/../lib/", 0, 0, 0},
    /* links that are well */
    {'l', "abs", "/d/e/file", 0, 0, 0},
    {'l', "rel", "d/e/file", 0, 0, 0},
    {'l', "d/up", "../d/e", 0, 0, 0},
    {'l', "d/over", "../../../../d/e", 0, 0, 0},
    {'l', "d/e/top", "../../../..", 0, 0, 0},
    {'l', "out", "/../../etc/passwd", 0, 0, 0},
    {'l', "slash", "/", 0, 0, 0},
    {'l', "slashes", "////", 0, 0, 0},
    {'l', "dot", ".", 0, 0, 0},
    {'l', "d/self", ".", 0, 0, 0},
    {'l', "dotdot", "..", 0, 0, 0},
    {'l', "many", "//d///.//e/../e//file", 0, 0, 0},
    /* links with something behind */
    {'l', "filelink", "d/e/file/", 0, 0, 0},
    {'l', "filelink2", "filelink", 0, 0, 0},
    {'l', "rel2", "rel", 0, 0, 0},
    {'l', "rel3", "/rel2/", 0, 0, 0},
    {'l', "dirlink", "d/e/", 0, 0, 0},
    {'l', "dirlink2", "dirlink", 0, 0, 0},
    {'l', "dirlink3", "dirlink2/", 0, 0, 0},
    {'l', "linkdot", "d/e/.", 0, 0, 0},
    {'l', "filedot", "d/e/file/.", 0, 0, 0},
    {'l', "fileup", "d/e/file/..", 0, 0, 0},
    {'l', "through", "rel/x", 0, 0, 0},
    {'l', "throughdir", "dirlink/f/../file", 0, 0, 0},
    /* links that are not */
    {'l', "dangling", "nothing", 0, 0, 0},
    {'l', "dangling2", "/d/nothing/x", 0, 0, 0},
    {'l', "d/dangling", "../dangling/..", 0, 0, 0},
    {'l', "loop", "loop", 0, 0, 0},
    {'l', "loop1", "/loop2", 0, 0, 0},
    {'l', "loop2", "loop1", 0, 0, 0},
    {'l', "d/loop", "../d/loop/x", 0, 0, 0},
    {'l', "grow", "grow/x/y", 0, 0, 0},
    /* what is no file */
    {'p', "pipe", NULL, 0, 0, 0},
    {'s', "socket", NULL, 0, 0, 0},
    {'l', "pipelink", "pipe", 0, 0, 0},
    /* who may pass */
    {'d', "p0", NULL, 0, 0, 0},
    {'d', "px", NULL, 0, 0, 0},
    {'d', "pr", NULL, 0, 0, 0},
    {'d', "pu", NULL, 0, 0, 0},
    {'d', "pg", NULL, 0, 0, 0},
    {'d', "po", NULL, 0, 0, 0},
    {'d', "pug", NULL, 0, 0, 0},
    {'d', "pgo", NULL, 0, 0, 0},
    {'l', "in0", "p0/x", 0, 0, 0},
    {'l', "in0up", "p0/..", 0, 0, 0},
    {'l', "inx", "/px/x", 0, 0, 0},
    {'l', "ing", "pg/x", 0, 0, 0},
};

static const struct made guarded[] = {
    {'d', "p0", NULL, 07777, 0, 0},      {'d', "px", NULL, 0711, 0, 0},
    {'d', "pr", NULL, 0744, 0, 0},       {'d', "pu", NULL, 0100, NOBODY, 0},
    {'d', "pg", NULL, 0010, 0, NOBODY},  {'d', "po", NULL, 0001, 0, 0},
    {'d', "pug", NULL, 0011, NOBODY, 0}, {'d', "pgo", NULL, 0701, 0, NOBODY},
};

/* ---- the tree ---- */

static void make_name(char *name, char of, size_t length)
{
    memset(name, of, length);
    name[length] = 0;
}

/* c0 is a link to a file, each next one a link to the one before; k0 the same for a folder. */
static void make_chains(int fd)
{
    char name[16], target[16];
    for (int i = 0; i < 42; i++) {
        snprintf(name, sizeof name, "c%d", i);
        snprintf(target, sizeof target, i == 0 ? "file" : "c%d", i - 1);
        assert_int_equal(symlinkat(target, fd, name), 0);
        *name = 'k';
        snprintf(target, sizeof target, i == 0 ? "d" : "/k%d", i - 1);
        assert_int_equal(symlinkat(target, fd, name), 0);
    }
}

/* Folders in each other, so deep that no path without links reaches the last. */
static void make_deep(int top)
{
    char name[256], target[4096];
    make_name(name, 'n', 250);
    make_name(target, 'n', 2510);
    for (size_t i = 0; i < 10; i++)
        target[i * 251 + 250] = '/';
    int at = dup(top);
    for (int i = 0; i < 30; i++) {
        if (i % 10 == 0)
            assert_int_equal(symlinkat(target, at, "deep"), 0);
        assert_int_equal(mkdirat(at, name, 0755), 0);
        int next = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        assert_true(next >= 0);
        close(at);
        at = next;
    }
    temp_file(at, "end", "deep", 4);
    assert_int_equal(symlinkat("../end", at, "up"), 0);
    close(at);
}

static void make_tree(int fd)
{
    char name[256];
    temp_fill(fd, tree, sizeof tree / sizeof *tree);
    make_chains(fd);
    make_deep(fd);
    make_name(name, 'l', 255);
    temp_file(fd, name, "", 0);
    for (size_t i = 0; i < sizeof guarded / sizeof *guarded; i++) {
        char path[32];
        snprintf(path, sizeof path, "%s/x", guarded[i].path);
        temp_file(fd, path, "", 0);
        snprintf(path, sizeof path, "%s/up", guarded[i].path);
        assert_int_equal(symlinkat("../d", fd, path), 0);
        if (guarded[i].uid != 0 || guarded[i].gid != 0)
            assert_int_equal(fchownat(fd, guarded[i].path, guarded[i].uid, guarded[i].gid, 0), 0);
        mode_t mode = guarded[i].mode == 07777 ? 0 : guarded[i].mode;
        assert_int_equal(fchmodat(fd, guarded[i].path, mode, 0), 0);
    }
}

/* ---- the paths ---- */

struct paths VEC(char *);

static void add_path(struct paths *paths, const char *before, const char *name, const char *after)
{
    size_t size = strlen(before) + strlen(name) + strlen(after) + 1;
    char *path = must_alloc(size);
    snprintf(path, size, "%s%s%s", before, name, after);
    *vec_push(paths) = path;
}

static void add_repeated(struct paths *paths, const char *text, size_t times, const char *after)
{
    size_t length = strlen(text), size = length * times + strlen(after) + 1;
    char *path = must_alloc(size);
    for (size_t i = 0; i < times; i++)
        memcpy(path + i * length, text, length);
    memcpy(path + times * length, after, strlen(after) + 1);
    *vec_push(paths) = path;
}

static const char *const before[] = {"/",           "",       "//",       "./", "/../../",
                                     "/d/e/../../", "slash/", "/d/e/top/"};
static const char *const after[] = {"",         "/",  "//",       "/.",  "/..",  "/./",
                                    "/../file", "/x", "/nothing", "/up", "/file"};

static void add_names(struct paths *names)
{
    static const char *const more[] = {"nothing", "c0",  "c38", "c39", "c40", "c41", "k1",
                                       "k38",     "k39", "k40", "k41", ".",   "..",  "..."};
    for (size_t i = 0; i < sizeof tree / sizeof *tree; i++)
        add_path(names, "", tree[i].path, "");
    for (size_t i = 0; i < sizeof more / sizeof *more; i++)
        add_path(names, "", more[i], "");
}

static void add_long(struct paths *paths)
{
    char name[300];
    for (size_t length = 254; length <= 257; length++) {
        make_name(name, 'l', length);
        for (size_t i = 0; i < sizeof after / sizeof *after; i++) {
            add_path(paths, "/", name, after[i]);
            add_path(paths, "/d/../", name, after[i]);
            add_path(paths, "/file/", name, after[i]);
            add_path(paths, "/p0/", name, after[i]);
        }
    }
    for (size_t length = 4094; length <= 4097; length++) {
        add_repeated(paths, "/", length, "");
        add_repeated(paths, "/", length - 1, "d");
        add_repeated(paths, "n", length, "");
        add_repeated(paths, "./", length / 2, "");
    }
    add_repeated(paths, "../", 1300, "etc/passwd");
}

static void add_links(struct paths *paths)
{
    static const char *const deep[] = {
        "/deep/deep/deep/end",  "/deep/deep/deep/up",      "/deep/deep/deep/..",
        "/deep/deep/end",       "/deep/deep/deep/../deep", "/deep/../file",
        "/deep/deep/deep/end/", "/deep/deep/deep/none",
    };
    for (size_t times = 37; times <= 42; times++) {
        add_repeated(paths, "dot/", times, "");
        add_repeated(paths, "dot/", times, "file");
        add_repeated(paths, "/slash", times, "");
        add_repeated(paths, "/slash", times, "/rel");
        add_repeated(paths, "/slash/d/e/top", times / 2, "/rel2");
        add_repeated(paths, "d/self/../", times, "abs");
    }
    for (size_t i = 0; i < sizeof deep / sizeof *deep; i++)
        add_path(paths, "", deep[i], "");
}

static void free_paths(struct paths *paths)
{
    for (size_t i = 0; i < paths->count; i++)
        free(paths->at[i]);
    vec_free(paths);
}

static void make_paths(struct paths *paths)
{
    struct paths names = {0};
    add_names(&names);
    for (size_t i = 0; i < names.count; i++) {
        for (size_t b = 0; b < sizeof before / sizeof *before; b++)
            for (size_t a = 0; a < sizeof after / sizeof *after; a++)
                add_path(paths, before[b], names.at[i], after[a]);
        for (size_t j = 0; j < names.count; j++) {
            size_t last = paths->count;
            add_path(paths, "/", names.at[i], "/");
            char *first = paths->at[last];
            paths->count--;
            add_path(paths, first, names.at[j], "");
            free(first);
        }
    }
    add_path(paths, "", "", "");
    add_long(paths);
    add_links(paths);
    free_paths(&names);
}

/* ---- the kernel's answers ---- */

struct answer {
    int error; /* of stat and lstat; 0: the rest holds */
    dev_t dev;
    ino_t ino;
};

/* Who asks, from where. */
struct asker {
    const char *cwd;
    struct cred cred;
};

#define WHO(user, group)                                                                           \
    {                                                                                              \
        .uid = (user), .gid = (group)                                                              \
    }

static const struct asker askers[] = {
    {"/", WHO(0, 0)},         {"/d/e", WHO(0, 0)},          {"/", WHO(NOBODY, NOBODY)},
    {"/d/e", WHO(NOBODY, 1)}, {"/", WHO(SOMEBODY, NOBODY)}, {"/", WHO(SOMEBODY, SOMEBODY)},
};

/* Where another process changes the tree's caches meanwhile, the kernel begins a
 * walk anew without forgetting the links it has followed (fs/namei.c: path_init
 * leaves total_link_count), and says ELOOP too early: ask again. */
static int ask_stat(const char *path, int flags, struct stat *stat)
{
    enum { TIMES = 20 };
    int result = -1;
    errno = ELOOP;
    for (int i = 0; i < TIMES && result != 0 && errno == ELOOP; i++)
        result = fstatat(AT_FDCWD, path, stat, flags);
    return result;
}

static void ask(const char *path, bool follow, struct answer *answer)
{
    struct stat stat;
    if (ask_stat(path, follow ? 0 : AT_SYMLINK_NOFOLLOW, &stat) != 0)
        *answer = (struct answer){.error = errno};
    else
        *answer = (struct answer){.dev = stat.st_dev, .ino = stat.st_ino};
}

static int become(int top, const struct asker *asker)
{
    if (fchdir(top) != 0 || chroot(".") != 0 || chdir(asker->cwd) != 0)
        return NO_CHROOT;
    if (asker->cred.uid == 0)
        return 0;
    if (setgroups(0, NULL) != 0 || setgid(asker->cred.gid) != 0 || setuid(asker->cred.uid) != 0)
        return NO_CHROOT;
    return 0;
}

/* Runs `call` in a child that is `asker` in the root; false where that cannot be. */
static bool in_chroot(int top, const struct asker *asker, void (*call)(void *), void *context)
{
    int status = 0;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        int refused = become(top, asker);
        if (refused == 0)
            call(context);
        _exit(refused);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status) == 0;
}

struct questions {
    const struct paths *paths;
    struct answer *answers; /* two a path: stat, lstat; shared with the child */
};

static void ask_all(void *context)
{
    const struct questions *questions = context;
    for (size_t i = 0; i < questions->paths->count; i++) {
        ask(questions->paths->at[i], true, &questions->answers[2 * i]);
        ask(questions->paths->at[i], false, &questions->answers[2 * i + 1]);
    }
}

static void *share(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(memory != MAP_FAILED);
    return memory;
}

/* ---- and ours ---- */

/* stat of a path without links, however long. */
static void stat_node(int top, const struct node *node, struct stat *stat)
{
    if (node->parent == node) {
        assert_int_equal(fstat(top, stat), 0);
        return;
    }
    struct VEC(const struct node *) way = {0};
    for (const struct node *at = node; at->parent != at; at = at->parent)
        *vec_push(&way) = at;
    int at = dup(top);
    for (size_t i = way.count; i-- > 1;) {
        int next = openat(at, way.at[i]->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        assert_true(next >= 0);
        close(at);
        at = next;
    }
    assert_int_equal(fstatat(at, way.at[0]->name, stat, AT_SYMLINK_NOFOLLOW), 0);
    close(at);
    vec_free(&way);
}

static bool agrees(int top, const struct node *node, int error, const struct answer *answer)
{
    struct stat stat;
    if (node == NULL || answer->error != 0)
        return node == NULL && error == answer->error;
    stat_node(top, node, &stat);
    return error == 0 && stat.st_dev == answer->dev && stat.st_ino == answer->ino;
}

struct bench {
    struct temp temp;
    struct paths paths;
    struct answer *answers; /* of the asker last asked for */
};

static size_t differences(const struct bench *bench, struct root *root, const struct asker *asker,
                          const struct cred *cred)
{
    size_t count = 0;
    int error;
    const struct node *cwd = root_lookup(root, NULL, asker->cwd, NULL, LOOKUP_FOLLOW, &error);
    assert_non_null(cwd);
    for (size_t i = 0; i < 2 * bench->paths.count; i++) {
        const char *path = bench->paths.at[i / 2];
        enum lookup_flags flags = i % 2 == 0 ? LOOKUP_FOLLOW : LOOKUP_NOFOLLOW;
        const struct node *node = root_lookup(root, cwd, path, cred, flags, &error);
        if (agrees(bench->temp.fd, node, error, &bench->answers[i]))
            continue;
        print_error("%s('%.200s') by %u:%u in %s: the kernel says %s, the root says %s\n",
                    i % 2 == 0 ? "stat" : "lstat", path, asker->cred.uid, asker->cred.gid,
                    asker->cwd, err_symbol(bench->answers[i].error), err_symbol(error));
        count++;
    }
    return count;
}

static struct root *open_root(const struct bench *bench)
{
    struct err err = {0};
    struct source *source = source_open_dir(bench->temp.path, &err);
    assert_non_null(source);
    return root_new(source);
}

static void paths_resolve_as_in_a_chroot(void **state)
{
    struct bench *bench = *state;
    struct questions questions = {&bench->paths, bench->answers};
    size_t count = 0;
    print_message("%zu paths\n", bench->paths.count);
    for (size_t i = 0; i < sizeof askers / sizeof *askers; i++) {
        if (!in_chroot(bench->temp.fd, &askers[i], ask_all, &questions))
            skip();
        struct root *root = open_root(bench);
        count += differences(bench, root, &askers[i], &askers[i].cred);
        if (askers[i].cred.uid == 0)
            count += differences(bench, root, &askers[i], NULL);
        count += differences(bench, root, &askers[i], &askers[i].cred); /* as remembered */
        root_free(root);
    }
    assert_int_equal(count, 0);
}

static void an_asker_does_not_spoil_anothers_answer(void **state)
{
    struct bench *bench = *state;
    struct questions questions = {&bench->paths, bench->answers};
    struct root *root = open_root(bench);
    size_t count = 0;
    for (size_t i = 0; i < sizeof askers / sizeof *askers; i++) {
        if (!in_chroot(bench->temp.fd, &askers[i], ask_all, &questions))
            skip();
        count += differences(bench, root, &askers[i], &askers[i].cred);
    }
    root_free(root);
    assert_int_equal(count, 0);
}

static bool starts_with_t(struct span head)
{
    return head.size != 0 && head.data[0] == 't';
}

/* Walk all folders, with a sieve or (NULL) without; then no answer may be another one. */
static void walk_first(struct bench *bench, source_sieve *sieve)
{
    struct questions questions = {&bench->paths, bench->answers};
    if (!in_chroot(bench->temp.fd, &askers[0], ask_all, &questions))
        skip();
    struct root *root = open_root(bench);
    struct arena arena = {0};
    struct VEC(const struct node *) open = {0};
    *vec_push(&open) = root_top(root);
    while (open.count != 0) {
        const struct node *dir = open.at[--open.count], **nodes;
        size_t count;
        assert_int_equal(sieve != NULL ? root_sift(root, dir, sieve, &arena, &nodes, &count)
                                       : root_list(root, dir, &arena, &nodes, &count),
                         0);
        assert_int_equal(root_unseen(root, dir), 0);
        for (size_t i = 0; i < count; i++) {
            assert_true(i == 0 || strcmp(nodes[i - 1]->name, nodes[i]->name) < 0);
            if (sieve != NULL && nodes[i]->type == NODE_FILE)
                assert_string_equal(nodes[i]->name, "file"); /* the one that holds "text" */
            if (nodes[i]->type == NODE_DIR)
                *vec_push(&open) = nodes[i];
        }
    }
    vec_free(&open);
    arena_free(&arena);
    size_t count = differences(bench, root, &askers[0], NULL);
    root_free(root);
    assert_int_equal(count, 0);
}

static void listing_first_changes_no_answer(void **state)
{
    walk_first(*state, NULL);
}

static void sifting_first_changes_no_answer(void **state)
{
    walk_first(*state, starts_with_t);
}

/* ---- many threads ---- */

struct looker {
    pthread_t thread;
    struct root *root;
    const struct paths *paths;
    const struct node **nodes; /* found, one a path */
    size_t start;
};

static void *look_at_all(void *context)
{
    struct looker *looker = context;
    size_t count = looker->paths->count;
    for (size_t i = 0; i < count; i++) {
        size_t path = (looker->start + i * 7919) % count; /* a prime: all are met */
        int error;
        looker->nodes[path] =
            root_lookup(looker->root, NULL, looker->paths->at[path], NULL, LOOKUP_FOLLOW, &error);
    }
    return NULL;
}

static void threads_find_the_same_nodes(void **state)
{
    enum { THREADS = 4 };
    const struct bench *bench = *state;
    struct root *root = open_root(bench);
    struct arena arena = {0};
    struct looker lookers[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        lookers[i] = (struct looker){.root = root, .paths = &bench->paths, .start = i * 1000};
        lookers[i].nodes = arena_array(&arena, bench->paths.count, sizeof(struct node *));
        assert_int_equal(pthread_create(&lookers[i].thread, NULL, look_at_all, &lookers[i]), 0);
    }
    const struct node **nodes;
    size_t count;
    assert_int_equal(root_list(root, root_top(root), &arena, &nodes, &count), 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(lookers[i].thread, NULL);
    for (size_t i = 1; i < THREADS; i++)
        assert_memory_equal(lookers[i].nodes, lookers[0].nodes,
                            bench->paths.count * sizeof(struct node *));
    arena_free(&arena);
    root_free(root);
}

/* ---- permissions ---- */

/* A file and a folder of each mode; of root, of the asker, of the asker's group. */
static void make_modes(int fd)
{
    for (unsigned i = 0; i < 512 * 3 * 2; i++) {
        char path[32];
        unsigned mode = i / 6, owner = i / 2 % 3;
        snprintf(path, sizeof path, "m%u", i);
        temp_add(fd, &(struct made){i % 2 == 0 ? 'f' : 'd', path, NULL, mode != 0 ? mode : 07777,
                                    owner == 1 ? NOBODY : 0, owner == 2 ? NOBODY : 0});
    }
}

static void ask_modes(void *context)
{
    bool *allowed = context;
    for (unsigned i = 0; i < 512 * 3 * 2; i++) {
        char path[32];
        snprintf(path, sizeof path, "/m%u", i);
        for (int want = 1; want < 8; want++)
            allowed[i * 8 + (unsigned)want] = faccessat(AT_FDCWD, path, want, AT_EACCESS) == 0;
    }
}

static void permissions_are_the_kernels(void **state)
{
    (void)state;
    struct bench bench = {0};
    temp_make(&bench.temp);
    make_modes(bench.temp.fd);
    bool *allowed = share(512 * 3 * 2 * 8 * sizeof *allowed);
    struct root *root = open_root(&bench);
    bool asked = true;
    for (size_t i = 0; i < sizeof askers / sizeof *askers; i++) {
        struct asker asker = {"/", askers[i].cred};
        asked = asked && in_chroot(bench.temp.fd, &asker, ask_modes, allowed);
        for (unsigned j = 0; asked && j < 512 * 3 * 2 * 8; j++) {
            char path[32];
            int error;
            if (j % 8 == 0)
                continue;
            snprintf(path, sizeof path, "/m%u", j / 8);
            const struct node *node = root_lookup(root, NULL, path, NULL, LOOKUP_FOLLOW, &error);
            assert_non_null(node);
            if (node_allows(node, &asker.cred, j % 8) != allowed[j])
                fail_msg("%o of %u:%u for %u:%u, wanted %u", node->mode, node->uid, node->gid,
                         asker.cred.uid, asker.cred.gid, j % 8);
            assert_true(node_allows(node, NULL, j % 8));
        }
    }
    root_free(root);
    munmap(allowed, 512 * 3 * 2 * 8 * sizeof *allowed);
    temp_remove(&bench.temp);
    if (!asked)
        skip();
}

static int setup(void **state)
{
    struct bench *bench = must_alloc(sizeof *bench);
    *bench = (struct bench){0};
    temp_make(&bench->temp);
    make_tree(bench->temp.fd);
    make_paths(&bench->paths);
    bench->answers = share(2 * bench->paths.count * sizeof *bench->answers);
    *state = bench;
    return 0;
}

static int teardown(void **state)
{
    struct bench *bench = *state;
    munmap(bench->answers, 2 * bench->paths.count * sizeof *bench->answers);
    free_paths(&bench->paths);
    temp_remove(&bench->temp);
    free(bench);
    return 0;
}

/* Chroots, owners and users are root's to make. */
int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_resolve_as_in_a_chroot),
        cmocka_unit_test(an_asker_does_not_spoil_anothers_answer),
        cmocka_unit_test(listing_first_changes_no_answer),
        cmocka_unit_test(sifting_first_changes_no_answer),
        cmocka_unit_test(threads_find_the_same_nodes),
        cmocka_unit_test(permissions_are_the_kernels),
    };
    if (geteuid() == 0)
        return cmocka_run_group_tests(tests, setup, teardown);
    print_message("not root: nothing is held to the kernel's answers\n");
    return 0;
}
