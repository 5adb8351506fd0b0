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

/* What is known of a program that loads plugins. */
struct memo_host {
    const struct node *program;
    bool asked, starts; /* would its loader bring it to its entry point? Where that was asked */
    bool abi_asked;
    unsigned abi;  /* NODE_MODULE_VERSION; 0: none is known. Where that was asked */
    bool asks_api; /* it asks addons for their version of Node-API. Where that was asked */
};

/* The row of the program at `node`, to be read and filled in before the next call. */
struct memo_host *memo_host(struct memo *memo, const struct node *program);

/* Finds what a file says of its build, in a struct of the finder's, which is all 0 before; what
 * that points to is in `arena`. */
typedef void build_finder(struct span file, struct arena *arena, void *build);
enum { BUILD_MOST = 80 }; /* bytes of it */

/* Have `finder` read the whole file; false: there is none (NULL), or it cannot be read: the bytes
 * of a profile are cut down. */
bool build_read(struct facts *facts, const struct node *file, build_finder *finder,
                struct arena *arena, void *build);

/* The same of a file that many subjects ask about, which is read once; what `build` points to lives
 * as long as the memo. */
bool memo_build(struct memo *memo, struct facts *facts, const struct node *file,
                build_finder *finder, void *build, size_t size);

#endif
