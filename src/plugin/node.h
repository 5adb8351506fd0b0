/* Releases of Node.js and their addons: the tables of data/node-api.def, and what node asks of an
 * addon that dlopen has loaded. */
#ifndef WILLRUN_PLUGIN_NODE_H
#define WILLRUN_PLUGIN_NODE_H

#include "elf/elf_node_module.h"
#include "replay/replay.h"

/* The version of Node-API that brought `symbol`; 0: it is none of its functions, or one of the
 * first version. */
unsigned node_api_version(const char *symbol);

/* The first releases that have it: "18.17, 20.3, 21"; NULL: not known. */
const char *node_api_releases(unsigned version);

/* The line of releases with this NODE_MODULE_VERSION, 20 of 115; 0: not known. */
unsigned node_abi_line(unsigned abi);

/* How an addon tells node of itself. */
struct node_addon {
    bool any;    /* by Node-API, which has no NODE_MODULE_VERSION */
    bool itself; /* it calls node_module_register as it is loaded */
    unsigned
        abi; /* NODE_MODULE_VERSION for which it was built; 0: not known, or it tells nothing */
    bool for_host; /* it has an initialiser for the NODE_MODULE_VERSION that was asked about */
    int api;       /* version of Node-API that it asks for, as elf_node_api_version */
};

/* What the objects that dlopen loaded tell node of release `abi` (0: not known). */
void node_addon_of(struct facts *facts, const struct replay *replay, unsigned abi,
                   struct node_addon *addon);

/* What the program (or library) at `node` looks for in addons. */
struct elf_node node_program_of(struct facts *facts, const struct node *program);

/* The highest version of Node-API of the table whose functions are all defined by some object that
 * was there before dlopen. */
unsigned node_host_api(const struct replay *replay);

/* … by the program alone; 0: it defines none of them. */
unsigned node_program_api(const struct elf_facts *program);

#endif
