/* What an addon of Node.js says of itself when it is loaded: the structure that it gives to
 * node_module_register (src/node.h of Node.js). */
#ifndef WILLRUN_ELF_ELF_NODE_MODULE_H
#define WILLRUN_ELF_ELF_NODE_MODULE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/span.h"

/* The NODE_MODULE_VERSION for which the addon in `file` was built; 0: no such structure is found in
 * it. */
unsigned elf_node_module_version(struct span file);

/* The version of Node-API that the function node_api_module_get_api_version_v1 of the addon in
 * `file` returns, read from its code. */
enum { NODE_API_NONE = 0, NODE_API_UNTOLD = -1, NODE_API_EXPERIMENTAL = 0x7fffffff };
int elf_node_api_version(struct span file);

/* What the Node.js that `file` is looks for in addons, by the names that it has for that. */
struct elf_node {
    unsigned abi;  /* its NODE_MODULE_VERSION; 0: it is no Node.js */
    bool asks_api; /* it calls node_api_module_get_api_version_v1 */
};
struct elf_node elf_node_of(struct span file);

#endif
