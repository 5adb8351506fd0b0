#include "diff/library.h"

#include <string.h>

#include "verdict/advice.h"

static const struct node *node_at(struct facts *facts, const char *path)
{
    int error;
    return path == NULL ? NULL
                        : root_lookup(facts_root(facts), NULL, path, NULL, LOOKUP_FOLLOW, &error);
}

const struct elf_facts *library_at(struct facts *facts, const char *path)
{
    const struct node *node = node_at(facts, path);
    const struct file_facts *file =
        node != NULL && node->type == NODE_FILE ? facts_of(facts, node) : NULL;
    return file != NULL && file->kind == FILE_ELF ? file->elf : NULL;
}

/* "1.2.13" of "libz.so.1.2.13"; a soname's own number says no more than the name. */
static const char *version_of_name(const char *name)
{
    const char *at = strstr(name, ".so.");
    if (at == NULL || strchr(at + 4, '.') == NULL ||
        strspn(at + 4, "0123456789.") != strlen(at + 4))
        return NULL;
    return at + 4;
}

/* The highest version of the family that the most definitions are of; the base
 * definition is the soname. */
static const char *highest_defined(const struct elf_facts *elf)
{
    const char *best = NULL;
    for (size_t i = 0; i < elf->version_count; i++) {
        const char *name = elf->versions[i].name;
        size_t family = version_family(name);
        if (elf->versions[i].base || family == 0)
            continue;
        if (best == NULL || (strncmp(best, name, family) == 0 && version_family(best) == family &&
                             version_compare(name + family, best + family) > 0))
            best = name;
    }
    return best;
}

const char *library_version(struct facts *facts, const char *path, struct arena *arena)
{
    const struct elf_facts *elf = library_at(facts, path);
    if (elf == NULL)
        return NULL;
    const char *version = elf->musl_release != NULL ? elf->musl_release : elf->glibc_release;
    if (version == NULL)
        version = version_of_name(node_at(facts, path)->name);
    if (version == NULL)
        version = highest_defined(elf);
    if (version == NULL && elf->build_id != NULL)
        return arena_format(arena, "build %.8s", elf->build_id);
    return arena_string(arena, version);
}
