/* Hash tables of names that only grow. Any number of threads look names up
 * without a lock, while one thread, which holds the owner's lock, adds some. */
#ifndef WILLRUN_ROOT_TABLE_H
#define WILLRUN_ROOT_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/* The first member of what a table holds. Not changed once it is added. */
struct table_entry {
    uint64_t hash;   /* hash_bytes of the key */
    const char *key; /* owned by whoever owns the entry */
    size_t length;   /* bytes of the key */
};

struct table_slots;

/* Zero-initialised is empty and ready. */
struct table {
    _Atomic(struct table_slots *) slots; /* NULL: none yet */
    size_t count;                        /* for the adding thread alone */
};

struct table_entry *table_find(const struct table *table, uint64_t hash, const char *key,
                               size_t length);

/* Adds `entry`, whose key is not in the table. Slots come from `arena`, and
 * those that became too few stay there, for a reader may still be in them. */
void table_add(struct table *table, struct table_entry *entry, struct arena *arena);

/* Entries one after the other, in no order: start with *place 0; NULL: no more. */
struct table_entry *table_next(const struct table *table, size_t *place);

/* Forget all entries. No other thread may use the table meanwhile. */
void table_clear(struct table *table);

#endif
