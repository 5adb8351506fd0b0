#include "file/file_facts.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "file/script.h"

struct entry {
    struct file_facts facts;
    bool ready; /* false: some thread is making it */
};

struct facts {
    struct root *root; /* borrowed */
    bool symbols;
    pthread_mutex_t lock;   /* guards all below, and `ready` of the entries */
    pthread_cond_t made;    /* some entry became ready */
    struct entry **entries; /* by content id; NULL: not asked for yet */
    size_t room;
    struct arena arena; /* owns the entries and the scripts' names */
};

static const struct file_facts no_file = {.kind = FILE_UNREADABLE, .error = EINVAL};

struct facts *facts_new(struct root *root, bool symbols)
{
    struct facts *facts = must_alloc(sizeof *facts);
    *facts = (struct facts){.root = root, .symbols = symbols};
    pthread_mutex_init(&facts->lock, NULL);
    pthread_cond_init(&facts->made, NULL);
    return facts;
}

void facts_free(struct facts *facts)
{
    if (facts == NULL)
        return;
    for (size_t i = 0; i < facts->room; i++)
        if (facts->entries[i] != NULL && facts->entries[i]->facts.elf != NULL)
            elf_facts_free((struct elf_facts *)facts->entries[i]->facts.elf);
    free(facts->entries);
    arena_free(&facts->arena);
    pthread_cond_destroy(&facts->made);
    pthread_mutex_destroy(&facts->lock);
    free(facts);
}

struct root *facts_root(const struct facts *facts)
{
    return facts->root;
}

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

/* Reads the file: without the lock. What needs the shared arena is left. */
static void read_facts(const struct facts *facts, struct span file, struct file_facts *made)
{
    made->kind = kind_of(file);
    made->size = file.size;
    made->head_size = (unsigned)(file.size < sizeof made->head ? file.size : sizeof made->head);
    if (made->head_size != 0)
        memcpy(made->head, file.data, made->head_size);
    if (made->kind == FILE_ELF)
        made->elf = elf_facts_read(file, facts->symbols);
}

static void make_entry(struct facts *facts, const struct node *node, struct entry *entry)
{
    struct file_bytes bytes = {0};
    struct file_facts made = {0};
    int error = root_bytes(facts->root, node, &bytes);
    if (error != 0)
        made = (struct file_facts){.kind = FILE_UNREADABLE, .error = error, .size = node->size};
    else
        read_facts(facts, bytes.span, &made);
    pthread_mutex_lock(&facts->lock);
    if (made.kind == FILE_SCRIPT)
        script_parse(bytes.span, &facts->arena, &made.script);
    entry->facts = made;
    entry->ready = true;
    pthread_cond_broadcast(&facts->made);
    pthread_mutex_unlock(&facts->lock);
    if (error == 0)
        file_bytes_release(&bytes);
}

/* Under the lock. */
static struct entry **slot_of(struct facts *facts, uint32_t content)
{
    if (content >= facts->room) {
        size_t room = facts->room != 0 ? facts->room : 256;
        while (room <= content)
            room *= 2;
        facts->entries = must_realloc(facts->entries, room * sizeof(struct entry *));
        memset(facts->entries + facts->room, 0, (room - facts->room) * sizeof(struct entry *));
        facts->room = room;
    }
    return &facts->entries[content];
}

const struct file_facts *facts_of(struct facts *facts, const struct node *node)
{
    if (node->type != NODE_FILE || node->content == 0)
        return &no_file;
    pthread_mutex_lock(&facts->lock);
    struct entry **slot = slot_of(facts, node->content);
    struct entry *entry = *slot;
    bool mine = entry == NULL;
    if (mine)
        *slot = entry = arena_alloc(&facts->arena, sizeof *entry);
    while (!mine && !entry->ready)
        pthread_cond_wait(&facts->made, &facts->lock);
    pthread_mutex_unlock(&facts->lock);
    if (mine)
        make_entry(facts, node, entry);
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
    struct file_bytes bytes = {0};
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
