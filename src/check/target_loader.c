/* The loader of a target, and the process that it starts. */
#include <string.h>

#include "check/file_kind.h"
#include "check/subject.h"
#include "replay/musl.h"

static bool is_glibc_loader(const struct elf_facts *elf)
{
    return elf->glibc_release != NULL || elf->system_dir_count != 0 ||
           (elf->soname != NULL && strncmp(elf->soname, "ld-linux", 8) == 0);
}

enum willrun_libc target_loader_kind(const struct elf_facts *elf)
{
    if (musl_is_loader(elf))
        return WILLRUN_LIBC_MUSL;
    return is_glibc_loader(elf) ? WILLRUN_LIBC_GLIBC : WILLRUN_LIBC_UNKNOWN;
}

replay_call *target_loader_call(enum willrun_libc kind)
{
    return kind == WILLRUN_LIBC_MUSL ? musl_replay : glibc_replay;
}

static bool try_loader(struct facts *facts, const struct platform *platform, const char *path,
                       struct target_libc *libc)
{
    int error;
    if (path == NULL)
        return false;
    const struct node *node =
        root_lookup(facts_root(facts), NULL, path, NULL, LOOKUP_FOLLOW, &error);
    if (node == NULL || node->type != NODE_FILE)
        return false;
    const struct file_facts *file = facts_of(facts, node);
    if (file->kind == FILE_UNREADABLE)
        *libc =
            (struct target_libc){.kind = WILLRUN_LIBC_NONE, .unread = path, .error = file->error};
    if (file->kind != FILE_ELF || platform_of_elf(file->elf) == NULL ||
        platform_of_elf(file->elf)->machine != platform->machine ||
        file->elf->wide != platform->wide || file->elf->big != platform->big)
        return false;
    *libc = (struct target_libc){.kind = target_loader_kind(file->elf),
                                 .path = path,
                                 .node = node,
                                 .elf = file->elf,
                                 .version = file->elf->musl_release != NULL
                                                ? file->elf->musl_release
                                                : glibc_release(facts, file->elf)};
    return true;
}

void target_find_libc(struct facts *facts, const struct platform *platform,
                      struct target_libc *libc)
{
    *libc = (struct target_libc){.kind = WILLRUN_LIBC_NONE};
    if (platform == NULL || try_loader(facts, platform, platform->glibc_interp, libc))
        return;
    try_loader(facts, platform, platform->musl_interp, libc);
}

void target_find_platform(struct target *target)
{
    target_find_libc(target->facts, target->platform, &target->libc);
    for (const struct platform *row = platforms;
         target->platform == NULL && target->libc.unread == NULL && row->name != NULL; row++) {
        target_find_libc(target->facts, row, &target->libc);
        if (target->libc.node != NULL)
            target->platform = row;
    }
}

bool target_loader_for(struct facts *facts, const struct elf_facts *elf, struct target_libc *libc)
{
    const struct platform *own = platform_of_elf(elf);
    if (own == NULL)
        return false;
    if (file_libc(elf) == WILLRUN_LIBC_MUSL && try_loader(facts, own, own->musl_interp, libc))
        return true;
    target_find_libc(facts, own, libc);
    return libc->node != NULL;
}

struct process target_process(const struct target *target, struct memo *memo)
{
    return (struct process){.env = target->env,
                            .cred = target->cred,
                            .cwd = target->cwd,
                            .platform = target->platform,
                            .cpu_level = target->cpu_level,
                            .trail = target->trail,
                            .memo = memo};
}
