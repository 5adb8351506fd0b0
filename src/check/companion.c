#include "check/companion.h"

#include <string.h>

#include "base/hash.h"

enum {
    LISTED = 1024, /* plugins of a folder that are looked into */
    FEW = 4
}; /* so many of the folder above may all be needed */

struct companions {
    const struct target *target;
    const struct exec_result *exec;
    struct findings *findings;
    struct VEC(const struct node *) found;
    const char *names;  /* of those found, "a.so and b.so" */
    const char *symbol; /* one that the first of them defines */
};

static bool lacks_symbol(const struct willrun_finding *finding, const char *path)
{
    return finding->symbol != NULL && finding->needed_by != NULL &&
           strcmp(finding->needed_by, path) == 0 &&
           (finding->rule == rule_row(RULE_SYMBOL_MISSING)->name ||
            finding->rule == rule_row(RULE_SYMBOL_MISSING_LAZY)->name);
}

/* A symbol that the plugin lacks and `elf` defines; NULL: none. */
static const char *defined_in(const struct companions *companions, const struct elf_facts *elf)
{
    const struct findings *findings = companions->findings;
    for (size_t i = 0; i < findings->list.count; i++) {
        const char *symbol = findings->list.at[i].symbol;
        if (!lacks_symbol(&findings->list.at[i], companions->exec->program))
            continue;
        const struct elf_def *def = elf_first_def(elf, symbol, hash_bytes(symbol, strlen(symbol)));
        if (def != NULL && !def->undefined)
            return symbol;
    }
    return NULL;
}

static void add(struct companions *companions, const struct node *node, const char *symbol)
{
    struct arena *arena = companions->findings->arena;
    bool first = companions->found.count == 0;
    *vec_push(&companions->found) = node;
    companions->names = arena_format(arena, "%s%s%s", first ? "" : companions->names,
                                     first ? "" : " and ", node->name);
    if (companions->symbol == NULL)
        companions->symbol = symbol;
}

/* The objects of a folder that define what is lacking, and all of them where they are but few and
 * the folder is the one above: what they link may define it. */
static void look_into(struct companions *companions, const struct node *folder, bool above)
{
    struct root *root = facts_root(companions->target->facts);
    const struct node **nodes;
    size_t count = 0, objects = 0;
    if (root_list(root, folder, companions->findings->arena, &nodes, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++)
        objects += strstr(nodes[i]->name, ".so") != NULL;
    for (size_t i = 0; i < count && objects <= LISTED; i++) {
        if (nodes[i]->type != NODE_FILE || nodes[i] == companions->exec->node ||
            strstr(nodes[i]->name, ".so") == NULL)
            continue;
        const struct file_facts *file = facts_of(companions->target->facts, nodes[i]);
        const char *symbol =
            file->kind == FILE_ELF && file->elf->state == ELF_WHOLE && file->elf->type == ET_DYN
                ? defined_in(companions, file->elf)
                : NULL;
        if (symbol != NULL || (above && objects <= FEW && file->kind == FILE_ELF))
            add(companions, nodes[i], symbol);
    }
}

/* Does the plugin of `exec` load in the host once the companions are there, `but` for one of them?
 * Of the plugin in question only its symbols are looked at: the rest is told of already. */
static bool loads(const struct companions *companions, const struct host *host,
                  const struct process *process, const struct exec_result *exec,
                  const struct node *but)
{
    struct arena *arena = companions->findings->arena;
    struct process with = *process;
    struct replay replay = {.arena = arena};
    for (size_t i = 0; i < companions->found.count; i++)
        if (companions->found.at[i] != but)
            host_has_opened(&with, node_path(companions->found.at[i], arena), arena);
    replay_call *call = target_loader_call(target_loader_kind(host->exec.interp_elf));
    call(companions->target->facts, &with, exec, true, &replay);
    bool all = true;
    for (size_t i = 0; i < replay.events.count; i++) {
        const struct event *event = &replay.events.at[i];
        bool unbound = event->kind == EV_SYMBOL_UNBOUND && event->by <= 0;
        all &= but == NULL ? !unbound
                           : !(unbound && !event->lazy) && event->kind != EV_NOT_FOUND &&
                                 event->kind != EV_REFUSED &&
                                 (event->kind != EV_VERSION_MISSING || event->weak);
    }
    replay_free(&replay);
    return all;
}

/* Does each companion load, and is every symbol of the plugin bound with them? */
static bool serve(const struct companions *companions, const struct host *host,
                  const struct process *process)
{
    for (size_t i = 0; i < companions->found.count; i++) {
        const struct node *node = companions->found.at[i];
        const char *path = node_path(node, companions->findings->arena);
        struct exec_result exec = {.program = path,
                                   .argv0 = path,
                                   .node = node,
                                   .elf = facts_of(companions->target->facts, node)->elf,
                                   .interp = companions->exec->interp,
                                   .interp_elf = companions->exec->interp_elf};
        if (!loads(companions, host, process, &exec, node))
            return false;
    }
    return loads(companions, host, process, companions->exec, NULL);
}

/* The symbols are no errors any more. */
static void excuse(const struct companions *companions, const char *path)
{
    struct findings *findings = companions->findings;
    for (size_t i = 0; i < findings->list.count; i++)
        if (lacks_symbol(&findings->list.at[i], path)) {
            findings->list.at[i].rule = rule_row(RULE_SYMBOL_UNRESOLVED)->name;
            findings->list.at[i].severity = rule_row(RULE_SYMBOL_UNRESOLVED)->severity;
        }
}

/* Why it is not known whether the host loads the others first. */
static const char *open_question(const struct load_order *order, const struct host *host,
                                 struct arena *arena)
{
    if (order->state == ORDER_LOADS_NOT)
        return arena_format(arena, "%s does not load it", order->config);
    if (order->state == ORDER_PERHAPS)
        return arena_format(arena, "%s, line %u, loads it, and conditions decide what is before it",
                            order->file, order->line);
    return arena_format(arena, "whether %s does that was not given", host->exec.program);
}

static void tell_order(const struct companions *companions, const struct host *host,
                       const struct load_order *order)
{
    struct findings *findings = companions->findings;
    const char *path = companions->exec->program;
    struct willrun_finding *finding =
        finding_add(findings, RULE_PLUGIN_ORDER, "%s needs %s loaded before it%s%s: %s", path,
                    companions->names, companions->symbol != NULL ? ", for " : "",
                    companions->symbol != NULL ? companions->symbol : "",
                    open_question(order, host, findings->arena));
    finding->object = path;
    finding->needed_by = host->exec.program;
    finding->symbol = companions->symbol;
    finding->fix = arena_format(findings->arena, "Load %s first in the configuration of %s.",
                                companions->names, host->row->name);
}

/* The configuration loads the plugin without the others before it: so its symbols are missing. */
static void advise(const struct companions *companions, const struct load_order *order)
{
    struct findings *findings = companions->findings;
    const char *fix = arena_format(findings->arena, "Load %s before line %u of %s loads this one.",
                                   companions->names, order->line, order->file);
    for (size_t i = 0; i < findings->list.count; i++)
        if (lacks_symbol(&findings->list.at[i], companions->exec->program))
            findings->list.at[i].fix = fix;
}

void companions_find(const struct target *target, const struct host *host,
                     const struct process *process, const struct exec_result *exec,
                     const struct load_order *order, struct findings *findings)
{
    struct companions companions = {.target = target, .exec = exec, .findings = findings};
    bool lacking = false;
    if (!host->known || host->row == NULL || !host->row->globally || exec->node == NULL)
        return;
    for (size_t i = 0; i < findings->list.count; i++)
        lacking |= lacks_symbol(&findings->list.at[i], exec->program);
    if (!lacking)
        return;
    look_into(&companions, exec->node->parent, false);
    if (companions.found.count == 0)
        look_into(&companions, exec->node->parent->parent, true);
    bool serves = companions.found.count != 0 && serve(&companions, host, process);
    if (serves && order->state == ORDER_LOADS) {
        advise(&companions, order);
    } else if (serves) {
        excuse(&companions, exec->program);
        tell_order(&companions, host, order);
    }
    vec_free(&companions.found);
}
