/* The process that opens a shared object: its own objects were loaded when it
 * started, come first where symbols are looked up, and its DT_RPATH serves what
 * it opens (elf/dl-open.c, elf/dl-load.c). */
#include <string.h>

#include "replay/glibc.h"

/* The least of hosts: libc, found by its own search. Its place among the objects
 * is the one that a need gives it. */
static void load_libc(struct glibc *glibc, int loader)
{
    struct found found;
    const char *soname = glibc->replay->objects.at[0].elf->soname;
    if ((soname != NULL && strcmp(soname, "libc.so.6") == 0) ||
        !glibc_search(glibc, loader, "libc.so.6", &found) || found.refusal != REFUSED_NONE)
        return;
    *vec_push(&glibc->host_scope) = glibc_add_found(glibc, loader, "libc.so.6", &found);
}

/* All that the host's first object needs, without a word of what is missing. */
static void load_needs(struct glibc *glibc)
{
    size_t events = glibc->replay->events.count;
    glibc->starting = true;
    glibc_load_all(glibc, &glibc->host_scope);
    glibc->starting = false;
    glibc->replay->events.count = events;
}

/* The named host as it started, with all that it needs. What it lacks is told of
 * where the host itself is judged. */
static void load_host(struct glibc *glibc, const struct exec_result *host)
{
    const char *path = node_path(host->node, glibc->arena);
    glibc->main = glibc_add_object(glibc, &(struct loaded){.name = path,
                                                           .path = path,
                                                           .origin = glibc_origin_of(glibc, path),
                                                           .node = host->node,
                                                           .elf = host->elf,
                                                           .by = -1});
    *vec_push(&glibc->host_scope) = glibc->main;
    glibc->replay->objects.at[0].by = glibc->main;
}

void glibc_enter_host(struct glibc *glibc, int loader)
{
    size_t first = glibc->maps.count;
    glibc->main = -1;
    if (glibc->process->host != NULL)
        load_host(glibc, glibc->process->host);
    else
        load_libc(glibc, loader);
    load_needs(glibc);
    for (size_t i = first; i < glibc->maps.count; i++) {
        struct loaded *object = &glibc->replay->objects.at[i];
        glibc->maps.at[i].initial = glibc->maps.at[i].hosted = true;
        glibc->maps.at[i].needs.count = 0; /* told again where the subject needs it */
        object->by = -1;
        if (glibc->process->host != NULL && object->elf != NULL)
            object->via = WILLRUN_VIA_LOADED;
    }
}
