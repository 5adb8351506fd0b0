/* The interpreters of Python in a root, and how they find an extension module (CPython's
 * Lib/importlib/_bootstrap_external.py, FileFinder; Python/dynload_shlib.c,
 * _PyImport_DynLoadFiletab). */
#ifndef WILLRUN_PLUGIN_PYTHON_H
#define WILLRUN_PLUGIN_PYTHON_H

#include "replay/replay.h"

enum { PYTHON_SUFFIXES = 6 }; /* at most */

/* What an interpreter is. */
struct python {
    unsigned minor;                        /* of 3.X */
    bool threaded;                         /* without the global lock ("t") */
    const char *tag;                       /* "cpython-312-x86_64-linux-gnu"; NULL: not known */
    const char *suffixes[PYTHON_SUFFIXES]; /* of modules, in the order in which they are tried */
    size_t suffix_count;
};

/* The interpreter that the program is; false: its version is not known. */
bool python_of(struct facts *facts, const struct exec_result *program, struct arena *arena,
               struct python *python);

/* What becomes of `import` of a module. */
struct python_import {
    const char *name;   /* by which it is imported, "lxml.etree" */
    const char *tail;   /* its last part */
    const char *suffix; /* what follows in the file's name */
    const char
        *taken; /* what Python takes for it: the file's own path, or another's; NULL: nothing */
};

/* Replay the search for the module that the file at the absolute `path` would be. */
void python_import(struct facts *facts, const struct python *python, const char *path,
                   struct arena *arena, struct python_import *import);

/* What the suffix of a module says of the Python that it was built for. */
struct python_tag {
    unsigned minor; /* of 3.X; 0: it does not say */
    bool threaded;
    const char *platform; /* "x86_64-linux-gnu"; NULL: it does not say */
};
void python_tag(const char *suffix, struct python_tag *tag);

/* Where the part of `path` begins that is below a folder of sys.path. */
const char *python_below_path(struct facts *facts, const char *path, struct arena *arena);

#endif
