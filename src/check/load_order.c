#include "check/load_order.h"

enum { MOST_LOADS = 256 };

static bool lacks_symbols(const struct replay *replay)
{
    for (size_t i = 0; i < replay->events.count; i++)
        if (replay->events.at[i].kind == EV_SYMBOL_UNBOUND && replay->events.at[i].by <= 0)
            return true;
    return false;
}

/* What came of opening an object. */
enum opened { OPENED, OPENED_IN_PART /* some functions fail when they are called */, NOT_OPENED };

static enum opened worse(enum opened so_far, const struct event *event)
{
    switch (event->kind) {
    case EV_NOT_FOUND:
    case EV_REFUSED:
    case EV_VERSION_ASSERT:
    case EV_RELOC_UNKNOWN:
    case EV_TLS_DYNAMIC:
    case EV_FATAL:
        return NOT_OPENED;
    case EV_VERSION_MISSING:
        return event->weak ? so_far : NOT_OPENED;
    case EV_SYMBOL_UNBOUND:
        return so_far == NOT_OPENED || !event->lazy ? NOT_OPENED : OPENED_IN_PART;
    default:
        return so_far;
    }
}

static enum opened try_open(const struct target *target, const struct process *process,
                            const struct exec_result *like, const struct node *node,
                            struct arena *arena)
{
    const struct file_facts *file = facts_of(target->facts, node);
    struct replay replay = {.arena = arena};
    enum opened opened = OPENED;
    if (file->kind != FILE_ELF || file->elf->state != ELF_WHOLE)
        return NOT_OPENED;
    const char *path = node_path(node, arena);
    struct exec_result exec = {.program = path,
                               .argv0 = path,
                               .node = node,
                               .elf = file->elf,
                               .interp = like->interp,
                               .interp_elf = like->interp_elf};
    replay_call *call = target_loader_call(target_loader_kind(like->interp_elf));
    call(target->facts, process, &exec, true, &replay);
    for (size_t i = 0; i < replay.events.count; i++)
        opened = worse(opened, &replay.events.at[i]);
    replay_free(&replay);
    return opened;
}

/* Open all that stands before `own`, which may be the end. */
static enum load_order_state open_before(const struct target *target,
                                         const struct plugin_order *read,
                                         const struct plugin_load *own,
                                         const struct exec_result *exec, struct process *process,
                                         struct arena *arena)
{
    bool last = own == read->loads + read->count;
    bool sure = (last || own->sure) && !read->gap && own - read->loads <= MOST_LOADS;
    for (const struct plugin_load *load = read->loads; load < own; load++) {
        enum opened opened = load->node != NULL && load->sure
                                 ? try_open(target, process, exec, load->node, arena)
                                 : NOT_OPENED;
        sure &= load->sure && opened != OPENED_IN_PART;
        if (opened == OPENED)
            host_has_opened(process, node_path(load->node, arena), arena);
    }
    return sure ? ORDER_LOADS : ORDER_PERHAPS;
}

bool load_order_apply(const struct target *target, const struct host *host,
                      const struct replay *replay, const struct exec_result *exec,
                      struct process *process, struct arena *arena, struct load_order *order)
{
    struct plugin_order read;
    *order = (struct load_order){.state = ORDER_NOT_GIVEN};
    if (!host->known || host->row == NULL || !host->row->globally || host->plugin == NULL ||
        exec->node == NULL || !lacks_symbols(replay))
        return false;
    plugin_order_read(host->plugin, exec->program, &host->exec, target->facts, arena, &read);
    order->config = read.config;
    if (read.config == NULL)
        return false;
    const struct plugin_load *own = plugin_order_of(&read, exec->node);
    if (own == NULL && host->row->demanded) {
        open_before(target, &read, read.loads + read.count, exec, process, arena);
        return read.count != 0;
    }
    if (own == NULL) {
        order->state = read.gap ? ORDER_NOT_GIVEN : ORDER_LOADS_NOT;
        return false;
    }
    order->file = own->file;
    order->line = own->line;
    order->state = open_before(target, &read, own, exec, process, arena);
    return own != read.loads;
}
