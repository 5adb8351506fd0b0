/* dlopen of one object, with RTLD_NOW: what its host has loaded, then what it brings
 * itself (glibc elf/dl-open.c). */
#include <errno.h>
#include <string.h>

#include "replay/glibc.h"

bool glibc_of_host(const struct glibc *glibc, int index)
{
    if (glibc->maps.at[index].builtin)
        return true;
    if (index == 0)
        return glibc->opened_before;
    return (size_t)index < glibc->host_end;
}

bool glibc_checked_before(const struct glibc *glibc, int index)
{
    return glibc->maps.at[index].hosted || (glibc->program > 0 && glibc_of_host(glibc, index));
}

/* ---- the host ---- */

/* The usual path of the machine's loader, under which a host would have it. */
static const char *usual_loader(const struct glibc *glibc)
{
    const struct platform *platform = platform_of_elf(glibc->loader->elf);
    return platform != NULL && platform->glibc_interp != NULL
               ? platform->glibc_interp
               : node_path(glibc->loader->node, glibc->arena);
}

/* Any host has loaded libc by its own search, and before 2.34 libdl: an object with a
 * RUNPATH to another one gets the host's all the same. */
static void load_any_host(struct glibc *glibc)
{
    enum { FIRST_WITH_DLOPEN_IN_LIBC = 34 };
    static const char *const names[] = {"libc.so.6", "libdl.so.2"};
    const char *soname = glibc->replay->objects.at[0].elf->soname;
    size_t count = glibc->loader->minor < FIRST_WITH_DLOPEN_IN_LIBC ? 2 : 1;
    int loader = glibc_add_loader(glibc, usual_loader(glibc));
    size_t events = glibc->replay->events.count;
    glibc_load_preloads(glibc);
    glibc_load_all(glibc);
    glibc->replay->events.count = events; /* told of with every program */
    for (size_t i = 0; i < glibc->scope.count; i++)
        *vec_push(&glibc->global) = glibc->scope.at[i];
    glibc->scope.count = 0;
    for (size_t i = 0; i < count; i++) {
        struct found found;
        if ((soname != NULL && strcmp(soname, names[i]) == 0) ||
            !glibc_search(glibc, loader, names[i], &found) || found.refusal != REFUSED_NONE)
            continue;
        int index = glibc_map_object(glibc, loader, names[i]);
        glibc->replay->objects.at[index].by = -1;
        glibc->maps.at[index].hosted = true;
        *vec_push(&glibc->global) = index;
    }
    *vec_push(&glibc->global) = loader;
}

/* The start of the program that calls dlopen; what goes wrong in it is told of elsewhere. */
static void load_host(struct glibc *glibc, const struct exec_result *host)
{
    size_t events = glibc->replay->events.count;
    char *path = node_path(host->node, glibc->arena);
    glibc_add_loader(glibc, host->elf->interp);
    glibc->program = glibc_add_object(glibc, &(struct loaded){.name = host->program,
                                                              .path = path,
                                                              .origin = glibc_origin(glibc, path),
                                                              .node = host->node,
                                                              .elf = host->elf,
                                                              .by = -1});
    *vec_push(&glibc->scope) = glibc->program;
    glibc_load_preloads(glibc);
    glibc->last_error = 0;
    glibc_load_all(glibc);
    for (size_t i = 0; i < glibc->scope.count; i++) {
        const struct elf_facts *elf = glibc->replay->objects.at[glibc->scope.at[i]].elf;
        glibc->stack_exec |= elf != NULL && glibc_stack_exec(elf);
        *vec_push(&glibc->global) = glibc->scope.at[i];
    }
    glibc->scope.count = 0;
    glibc->replay->events.count = events;
}

/* ---- the object ---- */

/* dlopen refuses what a kernel would start, and what is no whole file. */
static void verify(struct glibc *glibc, const struct exec_result *exec)
{
    bool skip, other_class = false;
    int error;
    const struct file_facts *file = facts_of(glibc->facts, exec->node);
    enum refusal refusal = glibc_verify(glibc, file, &skip, &error, &other_class);
    enum crash crash = refusal == REFUSED_NONE ? glibc_mapping_crash(glibc, exec->elf) : CRASH_NONE;
    if (crash != CRASH_NONE)
        refusal = REFUSED_MALFORMED;
    if (refusal == REFUSED_NONE)
        return;
    if (skip && refusal != REFUSED_CLASS)
        error = ENOENT; /* of a search that ends with nothing */
    struct event *event = replay_event(glibc->replay, EV_REFUSED);
    event->object = 0;
    event->by = -1;
    event->name = event->path = exec->program;
    event->refusal = refusal;
    event->error = error;
    event->crash = crash;
}

/* Has the host loaded this very file? Then dlopen gives that. */
static bool is_loaded(const struct glibc *glibc, const struct node *node)
{
    for (size_t i = 1; i < glibc->maps.count; i++) {
        const struct node *other = glibc->replay->objects.at[i].node;
        if (glibc->program > 0 && (int)i != glibc->program && !glibc->maps.at[i].builtin &&
            other != NULL && other->content != 0 && other->content == node->content)
            return true;
    }
    return false;
}

/* An object that the host has loaded was found for the host. */
static void mark_loaded(struct glibc *glibc)
{
    for (size_t i = 1; i < glibc->host_end; i++) {
        glibc->replay->objects.at[i].via = WILLRUN_VIA_LOADED;
        glibc->replay->objects.at[i].by = -1;
    }
}

void glibc_open(struct glibc *glibc, const struct exec_result *exec)
{
    const struct exec_result *host = glibc->process->host;
    glibc->program = -1;
    glibc_add_object(glibc, &(struct loaded){.name = exec->program,
                                             .path = exec->program,
                                             .origin = glibc_origin(glibc, exec->program),
                                             .node = exec->node,
                                             .elf = exec->elf,
                                             .by = -1});
    glibc->maps.at[0].absent = true;
    if (host != NULL)
        load_host(glibc, host);
    else
        load_any_host(glibc);
    glibc->replay->host_known = host != NULL;
    glibc->host_end = glibc->maps.count;
    glibc->opened_before = is_loaded(glibc, exec->node);
    glibc->maps.at[0].absent = false;
    glibc->opening = true;
    if (!glibc->opened_before)
        verify(glibc, exec);
    glibc->replay->objects.at[0].by = glibc->program;
    *vec_push(&glibc->scope) = 0;
    glibc_load_from(glibc, 0);
    if (host != NULL)
        mark_loaded(glibc);
    glibc->replay->objects.at[0].by = -1;
}
