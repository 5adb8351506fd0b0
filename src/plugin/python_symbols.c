#include "plugin/python_symbols.h"

#include <stdlib.h>
#include <string.h>

#define PYTHON_SYMBOL(name, added, first, last, stable)                                            \
    _Static_assert(sizeof name <= PYTHON_NAME_SIZE, "a longer name");
#include "python-symbols.def"
#undef PYTHON_SYMBOL

static const struct python_symbol symbols[] = {
#define PYTHON_SYMBOL(name, added, first, last, stable) {name, added, first, last, stable},
#include "python-symbols.def"
#undef PYTHON_SYMBOL
};

const uint8_t python_symbols_of[] = {9, 11, 13, 14, 15, 0};

static int compare(const void *name, const void *symbol)
{
    return strcmp(name, ((const struct python_symbol *)symbol)->name);
}

const struct python_symbol *python_symbol(const char *name)
{
    return bsearch(name, symbols, sizeof symbols / sizeof *symbols, sizeof *symbols, compare);
}
