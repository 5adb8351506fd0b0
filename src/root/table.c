#include "root/table.h"

#include <stdatomic.h>
#include <string.h>

enum { FIRST_SLOTS = 8 };

/* Open addressing; at most three quarters are taken, so that a search ends. */
struct table_slots {
    size_t count; /* a power of two */
    _Atomic(struct table_entry *) at[];
};

static struct table_slots *slots_of(const struct table *table)
{
    return atomic_load_explicit(&table->slots, memory_order_acquire);
}

static struct table_entry *entry_at(const struct table_slots *slots, size_t place)
{
    return atomic_load_explicit(&slots->at[place], memory_order_acquire);
}

struct table_entry *table_find(const struct table *table, uint64_t hash, const char *key,
                               size_t length)
{
    const struct table_slots *slots = slots_of(table);
    if (slots == NULL)
        return NULL;
    size_t mask = slots->count - 1, place = (size_t)hash & mask;
    struct table_entry *entry;
    while ((entry = entry_at(slots, place)) != NULL) {
        if (entry->hash == hash && entry->length == length && memcmp(entry->key, key, length) == 0)
            return entry;
        place = (place + 1) & mask;
    }
    return NULL;
}

static void put(struct table_slots *slots, struct table_entry *entry)
{
    size_t mask = slots->count - 1, place = (size_t)entry->hash & mask;
    while (entry_at(slots, place) != NULL)
        place = (place + 1) & mask;
    atomic_store_explicit(&slots->at[place], entry, memory_order_release);
}

static struct table_slots *grow(struct table *table, struct arena *arena)
{
    const struct table_slots *old = slots_of(table);
    size_t count = old != NULL ? old->count * 2 : FIRST_SLOTS;
    struct table_slots *slots = arena_alloc(arena, sizeof *slots + count * sizeof slots->at[0]);
    slots->count = count;
    for (size_t i = 0; old != NULL && i < old->count; i++) {
        struct table_entry *entry = entry_at(old, i);
        if (entry != NULL)
            put(slots, entry);
    }
    atomic_store_explicit(&table->slots, slots, memory_order_release);
    return slots;
}

void table_add(struct table *table, struct table_entry *entry, struct arena *arena)
{
    struct table_slots *slots = slots_of(table);
    if (slots == NULL || table->count >= slots->count / 4 * 3)
        slots = grow(table, arena);
    put(slots, entry);
    table->count++;
}

struct table_entry *table_next(const struct table *table, size_t *place)
{
    const struct table_slots *slots = slots_of(table);
    struct table_entry *entry = NULL;
    while (slots != NULL && entry == NULL && *place < slots->count)
        entry = entry_at(slots, (*place)++);
    return entry;
}

void table_clear(struct table *table)
{
    atomic_store_explicit(&table->slots, NULL, memory_order_release);
    table->count = 0;
}
