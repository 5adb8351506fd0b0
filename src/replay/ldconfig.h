/* What glibc's ldconfig makes of a root: elf/ldconfig.c, elf/readelflib.c and elf/cache.c. */
#ifndef WILLRUN_REPLAY_LDCONFIG_H
#define WILLRUN_REPLAY_LDCONFIG_H

#include "base/vec.h"
#include "file/file_facts.h"

/* A link that it makes in place of a file or link of that name, or where there is none. */
struct ldconfig_link {
    const char *path, *target;
};

struct ldconfig {
    struct span cache; /* the text of /etc/ld.so.cache */
    struct VEC(struct ldconfig_link) links;
    struct VEC(const char *) folders; /* that it searches, whether they are there or not */
    const char *open; /* a file or folder whose part in it is not followed: subfolders for better
                         CPUs, libraries of another machine; NULL: none */
};

/**
 * Follow `ldconfig NAMED…` in the root of `facts`, whose ld.so is `loader`.
 *
 * @param named  folders from the command line, NULL at the end; they come first
 * @param alone  -n: no others
 *
 * Texts are in `arena`; ldconfig_free ends the lists.
 */
void ldconfig_follow(struct facts *facts, const struct elf_facts *loader, const char *const *named,
                     bool alone, struct arena *arena, struct ldconfig *ldconfig);
void ldconfig_free(struct ldconfig *ldconfig);

#endif
