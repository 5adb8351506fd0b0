/* follow_ldconfig ROOT LOADER [-n] [FOLDER]...: what ldconfig would make of a root, a line each:
 * "NAME => PATH" of the cache, in its order, and "PATH -> TARGET" of the links. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/ldcache.h"
#include "replay/ldconfig.h"
#include "source/source_open.h"

static uint32_t number(const unsigned char *at)
{
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* By the layout of glibc's sysdeps/generic/dl-cache.h. */
static void print_cache(struct span cache)
{
    enum { HEADER = 48, ENTRY = 24, AT_COUNT = 20 };
    const char *text = (const char *)cache.data;
    for (uint32_t i = 0, count = number(cache.data + AT_COUNT); i < count; i++) {
        const unsigned char *entry = cache.data + HEADER + (size_t)i * ENTRY;
        printf("%s => %s\n", text + number(entry + 4), text + number(entry + 8));
    }
}

int main(int argc, char **argv)
{
    struct err err = {0};
    int error;
    struct source *source = argc > 2 ? source_open(argv[1], NULL, &err) : NULL;
    if (source == NULL) {
        fprintf(stderr, "%s\n",
                argc > 2 ? err.text : "follow_ldconfig ROOT LOADER [-n] [FOLDER]...");
        return 2;
    }
    struct root *root = root_new(source);
    struct facts *facts = facts_new(root, true);
    struct arena arena = {0};
    struct ldconfig ldconfig;
    const struct node *loader = root_lookup(root, NULL, argv[2], NULL, LOOKUP_FOLLOW, &error);
    bool alone = argc > 3 && strcmp(argv[3], "-n") == 0;
    if (loader == NULL || facts_of(facts, loader)->kind != FILE_ELF) {
        fprintf(stderr, "%s is no loader\n", argv[2]);
        return 2;
    }
    ldconfig_follow(facts, facts_of(facts, loader)->elf, (const char *const *)argv + 3 + alone,
                    alone, &arena, &ldconfig);
    print_cache(ldconfig.cache);
    for (size_t i = 0; i < ldconfig.links.count; i++)
        printf("%s -> %s\n", ldconfig.links.at[i].path, ldconfig.links.at[i].target);
    if (ldconfig.open != NULL)
        printf("open: %s\n", ldconfig.open);
    ldconfig_free(&ldconfig);
    arena_free(&arena);
    facts_free(facts);
    root_free(root);
    return 0;
}
