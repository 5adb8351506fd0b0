/* Since which Python a symbol of its C API is there: data/python-symbols.def. */
#ifndef WILLRUN_PLUGIN_PYTHON_SYMBOLS_H
#define WILLRUN_PLUGIN_PYTHON_SYMBOLS_H

#include <stdint.h>

enum { PYTHON_NAME_SIZE = 64 };

/* Minors of Python 3. */
struct python_symbol {
    char name[PYTHON_NAME_SIZE]; /* itself: a pointer would be relocated at each start */
    uint8_t added;               /* as its documentation says; 0: it does not */
    uint8_t first, last;         /* of the interpreters looked at that export it */
    uint8_t stable;              /* since when it is in the stable ABI; 0: it is not */
};

/* The minors of the interpreters that were looked at, ascending, 0 at the end. */
extern const uint8_t python_symbols_of[];

/* NULL: no interpreter that was looked at exports it. */
const struct python_symbol *python_symbol(const char *name);

#endif
