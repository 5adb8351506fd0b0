#include "replay/memo.h"

#include <stdlib.h>
#include <string.h>

struct row {
    const struct elf_facts *elf;
    struct satisfiers satisfiers;
};

struct known_build {
    const struct node *file;
    build_finder *finder;
    unsigned char build[BUILD_MOST];
};

struct memo {
    struct VEC(struct glibc_loader *) loaders;
    struct row *rows; /* open addressing by elf */
    size_t room, count;
    struct VEC(struct memo_host) hosts;
    struct VEC(struct known_build) builds;
    struct arena arena;
};

struct memo *memo_new(void)
{
    struct memo *memo = must_alloc(sizeof *memo);
    memset(memo, 0, sizeof *memo);
    return memo;
}

void memo_free(struct memo *memo)
{
    if (memo == NULL)
        return;
    for (size_t i = 0; i < memo->loaders.count; i++)
        ldcache_free(memo->loaders.at[i]->cache);
    vec_free(&memo->loaders);
    vec_free(&memo->hosts);
    vec_free(&memo->builds);
    free(memo->rows);
    arena_free(&memo->arena);
    free(memo);
}

/* "lib/x86_64-linux-gnu" of "/lib/x86_64-linux-gnu", "lib64" of "/usr/lib64":
 * the directory that $LIB names below a prefix (elf/dl-load.h, DL_DST_LIB). */
static const char *lib_token(const struct glibc_loader *loader)
{
    if (loader->dir_count == 0)
        return "lib";
    const char *dir = loader->dirs[0];
    if (strncmp(dir, "/usr/", 5) == 0)
        dir += 4;
    return dir + 1;
}

static void read_cache(struct facts *facts, struct glibc_loader *loader)
{
    enum { LARGEST_CACHE = 64 << 20 };
    int error;
    struct span bytes = {0};
    struct arena arena = {0};
    const struct node *node =
        root_lookup(facts_root(facts), NULL, "/etc/ld.so.cache", NULL, LOOKUP_FOLLOW, &error);
    if (node != NULL && node->type == NODE_FILE)
        loader->cache_error = facts_text(facts, node, LARGEST_CACHE, &arena, &bytes);
    else if (node == NULL && root_is_refusal(error))
        loader->cache_error = error;
    loader->has_cache = node != NULL;
    loader->cache = ldcache_read(bytes, &arena, loader->elf, &loader->cpu);
}

const struct glibc_loader *memo_glibc_loader(struct memo *memo, struct facts *facts,
                                             const struct node *node, const struct elf_facts *elf,
                                             int cpu_level)
{
    enum { LAST_SILENT = 32 };
    static const char *const usual[] = {"/lib", "/usr/lib"};
    for (size_t i = 0; i < memo->loaders.count; i++)
        if (memo->loaders.at[i]->elf == elf && memo->loaders.at[i]->cpu.level == cpu_level)
            return memo->loaders.at[i];
    struct glibc_loader *loader = arena_alloc(&memo->arena, sizeof *loader);
    *loader = (struct glibc_loader){.node = node, .elf = elf};
    const char *release = glibc_release(facts, elf);
    loader->minor = LAST_SILENT; /* a newer loader says its release itself */
    if (release != NULL && strncmp(release, "2.", 2) == 0)
        loader->minor = (unsigned)strtoul(release + 2, NULL, 10);
    loader->dirs = elf->system_dir_count != 0 ? elf->system_dirs : usual;
    loader->dir_count = elf->system_dir_count != 0 ? elf->system_dir_count : 2;
    loader->lib = lib_token(loader);
    loader->cpu = (struct cpu){elf->machine, cpu_level, loader->minor};
    const struct platform *platform = platform_of_elf(elf);
    loader->folder_count =
        hwcaps_folders(&loader->cpu, platform != NULL ? platform->at_platform : NULL, &memo->arena,
                       loader->folders);
    read_cache(facts, loader);
    *vec_push(&memo->loaders) = loader;
    return loader;
}

static struct row *row_of(struct row *rows, size_t room, const struct elf_facts *elf)
{
    size_t at = ((uintptr_t)elf >> 4) * 0x9e3779b97f4a7c15U >> 7 & (room - 1);
    while (rows[at].elf != NULL && rows[at].elf != elf)
        at = (at + 1) & (room - 1);
    return &rows[at];
}

static void grow(struct memo *memo)
{
    size_t room = memo->room != 0 ? memo->room * 2 : 256;
    struct row *rows = must_alloc(room * sizeof *rows);
    memset(rows, 0, room * sizeof *rows);
    for (size_t i = 0; i < memo->room; i++)
        if (memo->rows[i].elf != NULL)
            *row_of(rows, room, memo->rows[i].elf) = memo->rows[i];
    free(memo->rows);
    memo->rows = rows;
    memo->room = room;
}

struct satisfiers *memo_satisfiers(struct memo *memo, const struct elf_facts *elf)
{
    if (2 * memo->count >= memo->room)
        grow(memo);
    struct row *row = row_of(memo->rows, memo->room, elf);
    if (row->elf == NULL) {
        row->elf = elf;
        memo->count++;
    }
    return &row->satisfiers;
}

void memo_keep_satisfiers(struct memo *memo, const struct elf_facts *elf,
                          const struct elf_facts *const *objects, size_t count)
{
    struct satisfiers *kept = memo_satisfiers(memo, elf);
    const struct elf_facts **copy = arena_array(&memo->arena, count + 1, sizeof *copy);
    if (count != 0)
        memcpy(copy, objects, count * sizeof *copy);
    *kept = (struct satisfiers){.objects = copy, .count = count, .known = true};
}

struct memo_host *memo_host(struct memo *memo, const struct node *program)
{
    for (size_t i = 0; i < memo->hosts.count; i++)
        if (memo->hosts.at[i].program == program)
            return &memo->hosts.at[i];
    struct memo_host *host = vec_push(&memo->hosts);
    *host = (struct memo_host){.program = program};
    return host;
}

bool build_read(struct facts *facts, const struct node *file, build_finder *finder,
                struct arena *arena, void *build)
{
    struct file_bytes bytes;
    if (file == NULL || node_profile(file) != NULL ||
        root_bytes(facts_root(facts), file, &bytes) != 0)
        return false;
    finder(bytes.span, arena, build);
    file_bytes_release(&bytes);
    return true;
}

bool memo_build(struct memo *memo, struct facts *facts, const struct node *file,
                build_finder *finder, void *build, size_t size)
{
    for (size_t i = 0; i < memo->builds.count; i++) {
        const struct known_build *known = &memo->builds.at[i];
        if (known->file == file && known->finder == finder) {
            memcpy(build, known->build, size);
            return true;
        }
    }
    if (!build_read(facts, file, finder, &memo->arena, build))
        return false;
    struct known_build *known = vec_push(&memo->builds);
    *known = (struct known_build){file, finder, {0}};
    memcpy(known->build, build, size);
    return true;
}
