/* What the replays of many subjects of one root share, so that the loader's own
 * facts are read once and no symbol is looked up twice in the same library.
 * One memo belongs to one thread. */
#ifndef WILLRUN_REPLAY_MEMO_H
#define WILLRUN_REPLAY_MEMO_H

#include "replay/glibc.h"

struct memo;
struct memo *memo_new(void);
void memo_free(struct memo *memo);

/* The facts of the ld.so at `node`, for a CPU of `cpu_level`. */
const struct glibc_loader *memo_glibc_loader(struct memo *memo, struct facts *facts,
                                             const struct node *node, const struct elf_facts *elf,
                                             int cpu_level);

/* A set of objects that together define every eager or every reference of
 * `elf`, as found before: a scope that holds all of them binds it. */
struct satisfiers {
    const struct elf_facts *const *objects;
    size_t count;
    bool known;
};
struct satisfiers *memo_satisfiers(struct memo *memo, const struct elf_facts *elf);

/* Keep `objects` as a set of satisfiers of `elf`. */
void memo_keep_satisfiers(struct memo *memo, const struct elf_facts *elf,
                          const struct elf_facts *const *objects, size_t count);

/* Does the program at `node`, a host of plugins, start? */
enum memo_start { MEMO_NOT_KNOWN, MEMO_STARTS, MEMO_FAILS };
enum memo_start memo_start(const struct memo *memo, const struct node *node);
void memo_keep_start(struct memo *memo, const struct node *node, bool starts);

#endif
