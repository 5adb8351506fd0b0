/* What PHP asks of its modules among each other (Zend/zend_API.c): one that another requires has to
 * be loaded, before or behind it, and one that conflicts with it must not be there before it. */
#include <string.h>

#include "check/host_php.h"
#include "elf/elf_php_module.h"
#include "plugin/order.h"

/* The modules of a file. */
struct modules {
    const struct elf_php_module *at;
    size_t count;
};

struct demanding {
    const struct host_judging *judging;
    struct arena *arena;
    const char *name; /* of the module that demands */
    struct modules builtin;
    struct plugin_order order;
    const struct plugin_load *own; /* NULL: the configuration does not load it */
    const char *quote;             /* around names in PHP's words */
};

static void find_modules(struct span file, struct arena *arena, void *to)
{
    struct modules *modules = to;
    modules->count = elf_php_modules(file, arena, &modules->at);
}

static struct modules read_modules(const struct host_judging *judging, const struct node *node)
{
    struct modules modules;
    host_build(judging, node, find_modules, &modules, sizeof modules);
    return modules;
}

static bool has_module(const struct modules *modules, const char *name)
{
    for (size_t i = 0; i < modules->count; i++)
        if (strcasecmp(modules->at[i].name, name) == 0)
            return true;
    return false;
}

/* ---- where a module is ---- */

enum presence { ABSENT, PERHAPS, PRESENT };

/* Does the configuration load a module of this name, in its first `count` loads? */
static enum presence is_loaded(const struct demanding *demanding, const char *name, size_t count)
{
    enum presence presence = demanding->order.gap ? PERHAPS : ABSENT;
    for (size_t i = 0; i < count; i++) {
        const struct plugin_load *load = &demanding->order.loads[i];
        struct modules modules = read_modules(demanding->judging, load->node);
        if (has_module(&modules, name))
            presence = load->sure ? PRESENT : presence == ABSENT ? PERHAPS : presence;
        if (presence == PRESENT)
            break;
    }
    return presence;
}

/* NAME.so beside the extension has it, and may be loaded as well. */
static bool is_beside(const struct demanding *demanding, const char *name)
{
    const struct host_judging *judging = demanding->judging;
    const struct node *folder = judging->replay->objects.at[0].node->parent;
    int error;
    const struct node *node =
        root_lookup(facts_root(judging->target->facts), folder,
                    arena_format(demanding->arena, "%s.so", name), NULL, LOOKUP_FOLLOW, &error);
    struct modules modules = read_modules(judging, node);
    return has_module(&modules, name);
}

/* ---- what comes of it ---- */

static void refuse(const struct demanding *demanding, const char *name, bool conflicts)
{
    const struct host_judging *judging = demanding->judging;
    struct arena *arena = demanding->arena;
    const struct plugin_load *own = demanding->own;
    const char *path = judging->replay->argv0, *quote = demanding->quote;
    struct willrun_finding *finding =
        host_refuses(judging, arena_format(arena, "%s %s the module %s, which %s%s%s", path,
                                           conflicts ? "conflicts with" : "requires", name,
                                           judging->host->exec.program,
                                           conflicts ? " loads before it" : " does not load",
                                           own == NULL ? " and has not beside it" : ""));
    finding->symbol = name;
    finding->fix =
        conflicts ? arena_format(arena, "Load one of the two alone in %s.", demanding->own->file)
        : own == NULL ? arena_format(arena, "Install the extension %s as well.", name)
                      : arena_format(arena, "Load %s in the folder of %s, too.", name, own->file);
    words_add(judging->words,
              arena_format(arena, "Cannot load module %s%s%s because %s module %s%s%s is %s", quote,
                           demanding->name, quote, conflicts ? "conflicting" : "required", quote,
                           name, quote, conflicts ? "already loaded" : "not loaded"),
              arena);
}

static void leave_open(const struct demanding *demanding, const char *name)
{
    const struct host_judging *judging = demanding->judging;
    const char *path = judging->replay->argv0;
    struct willrun_finding *finding =
        finding_add(judging->findings, RULE_PLUGIN_ORDER,
                    "%s needs the module %s loaded as well: whether %s does that is not known",
                    path, name, judging->host->exec.program);
    finding->object = path;
    finding->needed_by = judging->host->exec.program;
    finding->fix =
        arena_format(demanding->arena, "Load %s in the configuration of php, too.", name);
}

/* ---- demands ---- */

static void judge_conflict(const struct demanding *demanding, const char *name)
{
    const struct plugin_load *own = demanding->own;
    if (own != NULL && own->sure &&
        is_loaded(demanding, name, (size_t)(own - demanding->order.loads)) == PRESENT)
        refuse(demanding, name, true);
}

static void judge_requirement(const struct demanding *demanding, const char *name)
{
    const struct plugin_load *own = demanding->own;
    enum presence presence = own != NULL ? is_loaded(demanding, name, demanding->order.count)
                             : is_beside(demanding, name) || demanding->order.gap ? PERHAPS
                                                                                  : ABSENT;
    if (presence == ABSENT && (own == NULL || own->sure))
        refuse(demanding, name, false);
    else if (presence != PRESENT)
        leave_open(demanding, name);
}

static void judge_demands(struct demanding *demanding, const struct elf_php_module *module)
{
    const struct host *host = demanding->judging->host;
    const struct host_judging *judging = demanding->judging;
    demanding->name = module->name;
    demanding->builtin = read_modules(judging, host->exec.node);
    if (demanding->builtin.count == 0)
        return; /* it has them in a library, or they cannot be read */
    plugin_order_read(host->plugin, judging->replay->argv0, &host->exec, judging->target->facts,
                      demanding->arena, &demanding->order);
    demanding->own = plugin_order_of(&demanding->order, judging->replay->objects.at[0].node);
    for (size_t i = 0; i < module->demand_count && judging->words->phase == WILLRUN_PHASE_NONE;
         i++) {
        const struct elf_php_demand *demand = &module->demands[i];
        bool builtin = has_module(&demanding->builtin, demand->name);
        if (!demand->conflicts && !builtin)
            judge_requirement(demanding, demand->name);
        else if (demand->conflicts && !builtin)
            judge_conflict(demanding, demand->name);
    }
}

void host_php_demands(const struct host_judging *judging, bool old)
{
    struct modules own = read_modules(judging, judging->replay->objects.at[0].node);
    struct demanding demanding = {
        .judging = judging, .arena = judging->findings->arena, .quote = old ? "'" : "\""};
    if (own.count == 1 && own.at[0].demand_count != 0)
        judge_demands(&demanding, &own.at[0]);
}
