/* The modules of PHP in a file, by the structures that it registers (zend_module_entry of
 * Zend/zend_modules.h). */
#ifndef WILLRUN_ELF_ELF_PHP_MODULE_H
#define WILLRUN_ELF_ELF_PHP_MODULE_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/span.h"

/* What a module demands of another. */
struct elf_php_demand {
    const char *name;
    bool conflicts; /* it is not to be loaded; false: it has to be there */
};

struct elf_php_module {
    const char *name;
    const struct elf_php_demand *demands;
    size_t demand_count;
};

/* Those of the extension or of the PHP in `file`. Owned by `arena`; returns how many. */
size_t elf_php_modules(struct span file, struct arena *arena,
                       const struct elf_php_module **modules);

#endif
