/* Which release of glibc a root has. */
#include <stdio.h>

#include "replay/glibc.h"

static const char *release_of(struct facts *facts, const char *dir, const struct elf_facts *loader)
{
    char path[4096];
    int error;
    int length = snprintf(path, sizeof path, "%s/libc.so.6", dir);
    if (length < 0 || (size_t)length >= sizeof path)
        return NULL;
    const struct node *node =
        root_lookup(facts_root(facts), NULL, path, NULL, LOOKUP_FOLLOW, &error);
    if (node == NULL || node->type != NODE_FILE)
        return NULL;
    const struct file_facts *file = facts_of(facts, node);
    if (file->kind != FILE_ELF || file->elf->machine != loader->machine ||
        file->elf->wide != loader->wide)
        return NULL;
    return file->elf->glibc_release;
}

const char *glibc_release(struct facts *facts, const struct elf_facts *loader)
{
    const char *release = loader->glibc_release;
    for (size_t i = 0; release == NULL && i < loader->system_dir_count; i++)
        release = release_of(facts, loader->system_dirs[i], loader);
    return release;
}
