/* gcompat's stand-in for glibc's ld.so, told by the library that it names. */
#include <string.h>

#include "replay/marks.h"
#include "replay/musl.h"
#include "replay/musl_parts.h"

enum { LARGEST_STUB = 1 << 20 };

/* The string in the file that ends in "libgcompat.so.0": what it preloads. */
static const char *gcompat_library(struct facts *facts, const struct node *node,
                                   struct arena *arena)
{
    static const char name[] = MARK_GCOMPAT;
    struct span text;
    if (node->size > LARGEST_STUB || facts_text(facts, node, LARGEST_STUB, arena, &text) != 0)
        return NULL;
    const char *start = (const char *)text.data;
    const char *hit = memmem(start, text.size, name, sizeof name); /* with its NUL */
    if (hit == NULL)
        return NULL;
    const char *from = hit;
    while (from > start && from[-1] != 0)
        from--;
    return arena_string(arena, from);
}

bool gcompat_is_loader(struct facts *facts, const struct node *interp)
{
    struct arena scratch = {0};
    bool is = gcompat_library(facts, interp, &scratch) != NULL;
    arena_free(&scratch);
    return is;
}

/* gcompat's stub executes musl's loader by its own name, with a library to
 * preload, on the file behind /proc/self/exe. */
bool musl_enter_gcompat(struct musl *musl, const struct platform *platform,
                        const struct exec_result *exec, const char **library)
{
    int error;
    *library = gcompat_library(musl->facts, exec->interp, musl->arena);
    musl->loader = platform != NULL ? platform->musl_interp : NULL;
    musl->libc_node = musl->loader != NULL ? root_lookup(facts_root(musl->facts), NULL,
                                                         musl->loader, NULL, LOOKUP_FOLLOW, &error)
                                           : NULL;
    const struct file_facts *file = musl->libc_node != NULL && musl->libc_node->type == NODE_FILE
                                        ? facts_of(musl->facts, musl->libc_node)
                                        : NULL;
    musl->libc =
        file != NULL && file->kind == FILE_ELF && musl_is_loader(file->elf) ? file->elf : NULL;
    if (musl->libc != NULL)
        return true;
    struct event *event = replay_event(musl->replay, EV_FATAL);
    event->symbol = "gcompat starts musl's loader, which is not in the target";
    event->number = UINT32_MAX;
    return false;
}
