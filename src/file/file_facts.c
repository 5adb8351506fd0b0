#include "file/file_facts.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "file/script.h"

struct entry {
    struct file_facts facts;
    atomic_bool ready; /* false: some thread is making it */
};

typedef _Atomic(struct entry *) slot;

enum {
    FIRST_PAGE = 256, /* slots; each page is twice as long as the one before */
    PAGES = 25        /* enough for any content id */
};

/* Entries are found without the lock: pages of slots never move. */
struct facts {
    struct root *root; /* borrowed */
    bool symbols;
    bool keeps; /* files' bytes are kept, in `kept` */
    struct VEC(struct file_bytes) kept;
    _Atomic(slot *) pages[PAGES];     /* by content id; an empty slot was not asked for yet */
    pthread_mutex_t lock;             /* guards all below, and the making of pages and entries */
    pthread_cond_t made;              /* some entry became ready */
    unsigned waiting;                 /* threads that wait for it */
    struct VEC(struct arena *) spare; /* arenas that no thread fills at the moment … */
    struct VEC(struct arena *) all;   /* … of all of them: they own what the entries hold */
    struct arena arena;               /* owns the pages and the entries */
};

static const struct file_facts no_file = {.kind = FILE_UNREADABLE, .error = EINVAL};

struct facts *facts_new(struct root *root, bool symbols)
{
    struct facts *facts = must_alloc(sizeof *facts);
    memset(facts, 0, sizeof *facts);
    facts->root = root;
    facts->symbols = symbols;
    pthread_mutex_init(&facts->lock, NULL);
    pthread_cond_init(&facts->made, NULL);
    return facts;
}

void facts_free(struct facts *facts)
{
    if (facts == NULL)
        return;
    for (size_t i = 0; i < facts->all.count; i++) {
        arena_free(facts->all.at[i]);
        free(facts->all.at[i]);
    }
    for (size_t i = 0; i < facts->kept.count; i++)
        file_bytes_release(&facts->kept.at[i]);
    vec_free(&facts->kept);
    vec_free(&facts->all);
    vec_free(&facts->spare);
    arena_free(&facts->arena);
    pthread_cond_destroy(&facts->made);
    pthread_mutex_destroy(&facts->lock);
    free(facts);
}

struct root *facts_root(const struct facts *facts)
{
    return facts->root;
}

/* ---- one file ---- */

static bool starts_with(struct span file, const char *text, size_t length)
{
    return file.size >= length && memcmp(file.data, text, length) == 0;
}

static enum file_kind kind_of(struct span file)
{
    if (file.size == 0)
        return FILE_EMPTY;
    if (starts_with(file, ELFMAG, SELFMAG))
        return FILE_ELF;
    return starts_with(file, "#!", 2) ? FILE_SCRIPT : FILE_OTHER;
}

static enum file_want want_elf(struct span head)
{
    return kind_of(head) == FILE_ELF ? WANT_ALL : WANT_HEAD;
}

static enum file_want want_kept_elf(struct span head)
{
    return kind_of(head) == FILE_ELF ? WANT_LONG : WANT_HEAD;
}

void facts_keep_bytes(struct facts *facts)
{
    facts->keeps = true;
}

static void read_facts(const struct facts *facts, const struct file_bytes *bytes,
                       struct arena *arena, struct file_facts *made)
{
    struct span file = bytes->span;
    made->kind = kind_of(file);
    made->head_size = (unsigned)(file.size < sizeof made->head ? file.size : sizeof made->head);
    if (made->head_size != 0)
        memcpy(made->head, file.data, made->head_size);
    if (made->kind == FILE_ELF)
        made->elf = elf_facts_read_in(arena, file, facts->symbols, facts->keeps);
    else if (made->kind == FILE_SCRIPT)
        script_parse(file, arena, &made->script);
}

static void read_file(struct facts *facts, const struct node *node, struct arena *arena,
                      struct file_facts *made)
{
    struct file_bytes bytes;
    int error =
        root_bytes_wanted(facts->root, node, facts->keeps ? want_kept_elf : want_elf, &bytes);
    if (error != 0) {
        *made = (struct file_facts){.kind = FILE_UNREADABLE, .error = error, .size = node->size};
        return;
    }
    made->size = node->size;
    read_facts(facts, &bytes, arena, made);
    if (facts->keeps && made->kind == FILE_ELF)
        *vec_push(&facts->kept) = bytes;
    else
        file_bytes_release(&bytes);
}

/* ---- all files ---- */

/* Under the lock: an arena for this thread to fill. */
static struct arena *take_arena(struct facts *facts)
{
    if (facts->spare.count != 0)
        return facts->spare.at[--facts->spare.count];
    struct arena *arena = must_alloc(sizeof *arena);
    *arena = (struct arena){0};
    *vec_push(&facts->all) = arena;
    return arena;
}

static void make_entry(struct facts *facts, const struct node *node, struct entry *entry,
                       struct arena *arena)
{
    read_file(facts, node, arena, &entry->facts);
    pthread_mutex_lock(&facts->lock);
    *vec_push(&facts->spare) = arena;
    atomic_store_explicit(&entry->ready, true, memory_order_release);
    if (facts->waiting != 0)
        pthread_cond_broadcast(&facts->made);
    pthread_mutex_unlock(&facts->lock);
}

/* The page that has the slot of `content`, and its place there. */
static unsigned page_of(uint32_t content, size_t *place)
{
    uint64_t index = (uint64_t)content + FIRST_PAGE;
    unsigned page = (unsigned)(63 - __builtin_clzll(index / FIRST_PAGE));
    *place = (size_t)(index - ((uint64_t)FIRST_PAGE << page));
    return page;
}

/* The entry of `content` if it is there already. */
static struct entry *find_entry(const struct facts *facts, uint32_t content)
{
    size_t place;
    unsigned page = page_of(content, &place);
    slot *slots = atomic_load_explicit(&facts->pages[page], memory_order_acquire);
    return slots != NULL ? atomic_load_explicit(&slots[place], memory_order_acquire) : NULL;
}

/* Under the lock. */
static struct entry *add_entry(struct facts *facts, uint32_t content)
{
    size_t place;
    unsigned page = page_of(content, &place);
    slot *slots = atomic_load_explicit(&facts->pages[page], memory_order_relaxed);
    if (slots == NULL) {
        slots = arena_array(&facts->arena, (size_t)FIRST_PAGE << page, sizeof *slots);
        atomic_store_explicit(&facts->pages[page], slots, memory_order_release);
    }
    struct entry *entry = arena_alloc(&facts->arena, sizeof *entry);
    atomic_store_explicit(&slots[place], entry, memory_order_release);
    return entry;
}

/* Under the lock, which is given up meanwhile. */
static void wait_for(struct facts *facts, const struct entry *entry)
{
    facts->waiting++;
    while (!atomic_load_explicit(&entry->ready, memory_order_acquire))
        pthread_cond_wait(&facts->made, &facts->lock);
    facts->waiting--;
}

const struct file_facts *facts_of(struct facts *facts, const struct node *node)
{
    if (node->type != NODE_FILE || node->content == 0)
        return &no_file;
    struct entry *entry = find_entry(facts, node->content);
    if (entry != NULL && atomic_load_explicit(&entry->ready, memory_order_acquire))
        return &entry->facts;
    struct arena *arena = NULL;
    pthread_mutex_lock(&facts->lock);
    entry = find_entry(facts, node->content);
    if (entry == NULL) {
        arena = take_arena(facts);
        entry = add_entry(facts, node->content);
    } else {
        wait_for(facts, entry);
    }
    pthread_mutex_unlock(&facts->lock);
    if (arena != NULL)
        make_entry(facts, node, entry, arena);
    return &entry->facts;
}

int facts_text(struct facts *facts, const struct node *node, size_t limit, struct arena *arena,
               struct span *text)
{
    *text = (struct span){NULL, 0};
    if (node->type != NODE_FILE)
        return node->type == NODE_DIR ? EISDIR : EINVAL;
    if (node->size > limit)
        return EFBIG;
    struct file_bytes bytes;
    int error = root_bytes(facts->root, node, &bytes);
    if (error != 0)
        return error;
    if (bytes.span.size > limit) {
        error = EFBIG;
    } else {
        const char *data = bytes.span.size != 0 ? (const char *)bytes.span.data : "";
        text->data = (const unsigned char *)arena_copy(arena, data, bytes.span.size);
        text->size = bytes.span.size;
    }
    file_bytes_release(&bytes);
    return error;
}

const char *facts_text_at(struct facts *facts, const char *path, size_t limit, struct arena *arena)
{
    int error;
    struct span text;
    const struct node *node =
        root_lookup(facts_root(facts), NULL, path, NULL, LOOKUP_FOLLOW, &error);
    if (node == NULL || node->type != NODE_FILE ||
        facts_text(facts, node, limit, arena, &text) != 0)
        return NULL;
    return arena_copy(arena, (const char *)text.data, text.size);
}
