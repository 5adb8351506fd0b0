/* Facts are made once a content, also when many threads ask at once. */
#include <pthread.h>

#include "real_exec.h"

enum { FILES = 600, THREADS = 4 };

struct asker {
    struct facts *facts;
    const struct node *const *nodes;
    const struct file_facts *got[FILES];
    pthread_t thread;
};

static void *ask_all(void *context)
{
    struct asker *asker = context;
    for (size_t i = 0; i < FILES; i++)
        asker->got[i] = facts_of(asker->facts, asker->nodes[i]);
    return NULL;
}

static const struct node *node_at(struct root *root, const char *path)
{
    int error = 0;
    const struct node *node = root_lookup(root, NULL, path, NULL, LOOKUP_FOLLOW, &error);
    assert_non_null(node);
    return node;
}

static void every_thread_sees_the_same_facts(void **state)
{
    const struct real *real = *state;
    static const struct node *nodes[FILES];
    static struct asker askers[THREADS];
    struct replayed replayed;
    char path[32];
    for (size_t i = 0; i < FILES; i++) {
        struct row row = {
            .path = path, .mode = 0755, .base = i % 2 != 0 ? EXE : TEXT, .text = "#!/bin/sh -e\n"};
        snprintf(path, sizeof path, "/%zu", i);
        make_row(real->fd, &row);
    }
    replay_begin(&replayed, real);
    for (size_t i = 0; i < FILES; i++) {
        snprintf(path, sizeof path, "/%zu", i);
        nodes[i] = node_at(replayed.root, path);
    }
    for (size_t i = 0; i < THREADS; i++) {
        askers[i] = (struct asker){.facts = replayed.facts, .nodes = nodes};
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_all, &askers[i]), 0);
    }
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(askers[i].thread, NULL);
    for (size_t i = 0; i < FILES; i++) {
        assert_int_equal(askers[0].got[i]->kind, i % 2 != 0 ? FILE_ELF : FILE_SCRIPT);
        for (size_t k = 1; k < THREADS; k++)
            assert_ptr_equal(askers[0].got[i], askers[k].got[i]);
    }
    replay_end(&replayed);
}

static void hard_links_share_their_facts(void **state)
{
    const struct real *real = *state;
    struct replayed replayed;
    static const struct row row = {.path = "/one", .mode = 0644, .base = TEXT, .text = "words"};
    make_row(real->fd, &row);
    assert_int_equal(linkat(real->fd, "one", real->fd, "other", 0), 0);
    replay_begin(&replayed, real);
    const struct file_facts *one = facts_of(replayed.facts, node_at(replayed.root, "/one"));
    assert_ptr_equal(one, facts_of(replayed.facts, node_at(replayed.root, "/other")));
    assert_int_equal(one->kind, FILE_OTHER);
    assert_int_equal(one->size, 5);
    assert_memory_equal(one->head, "words", 5);
    replay_end(&replayed);
}

static void what_is_no_file_has_no_facts(void **state)
{
    const struct real *real = *state;
    struct replayed replayed;
    static const struct row folder = {.path = "/folder", .mode = 0755, .base = DIRECTORY};
    static const struct row fifo = {.path = "/fifo", .mode = 0755, .base = FIFO};
    static const struct row empty = {.path = "/empty", .mode = 0644, .base = TEXT, .text = ""};
    make_row(real->fd, &folder);
    make_row(real->fd, &fifo);
    make_row(real->fd, &empty);
    replay_begin(&replayed, real);
    struct facts *facts = replayed.facts;
    struct span text;
    assert_int_equal(facts_of(facts, node_at(replayed.root, "/folder"))->kind, FILE_UNREADABLE);
    assert_int_equal(facts_of(facts, node_at(replayed.root, "/fifo"))->kind, FILE_UNREADABLE);
    assert_int_equal(facts_of(facts, node_at(replayed.root, "/empty"))->kind, FILE_EMPTY);
    assert_int_equal(
        facts_text(facts, node_at(replayed.root, "/folder"), 9, &replayed.arena, &text), EISDIR);
    assert_int_equal(facts_text(facts, node_at(replayed.root, "/fifo"), 9, &replayed.arena, &text),
                     EINVAL);
    assert_int_equal(facts_text(facts, node_at(replayed.root, "/empty"), 9, &replayed.arena, &text),
                     0);
    assert_int_equal(text.size, 0);
    assert_int_equal(facts_text(facts, node_at(replayed.root, "/one"), 4, &replayed.arena, &text),
                     EFBIG);
    assert_int_equal(facts_text(facts, node_at(replayed.root, "/one"), 5, &replayed.arena, &text),
                     0);
    assert_memory_equal(text.data, "words", 5);
    replay_end(&replayed);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_thread_sees_the_same_facts),
        cmocka_unit_test(hard_links_share_their_facts),
        cmocka_unit_test(what_is_no_file_has_no_facts),
    };
    return cmocka_run_group_tests(tests, make_root, remove_root);
}
