/* What the readers of hosts' configurations share. */
#ifndef WILLRUN_PLUGIN_ORDER_READING_H
#define WILLRUN_PLUGIN_ORDER_READING_H

#include "plugin/order.h"

enum { DEEPEST_INCLUDE = 16 };

struct setting {
    const char *value; /* NULL: not set */
    const char *file;  /* that sets it, there */
    unsigned line;
};

struct reading {
    struct facts *facts;
    struct arena *arena;
    const struct exec_result *host; /* the program */
    const char *folder;             /* of the main file, or where its server's own files lie */
    const char *const *roots;       /* where relative paths of plugins may begin, NULL at the end */
    const char *extensions;         /* PHP: the folder of extensions; NULL: not known */
    struct VEC(struct plugin_load) loads;
    struct VEC(const char *) names; /* Apache, Perl: of the modules loaded so far */
    struct setting settings[3];     /* PostgreSQL: the last line of each that it reads */
    unsigned depth;                 /* of files that include files */
    unsigned unsure;                /* conditions around the place that are not decided */
    bool gap;
};

/* Reads the file at `path`. */
typedef void reading_call(struct reading *reading, const char *path);
reading_call reading_apache, reading_nginx, reading_php, reading_perl, reading_postgres, reading_uwsgi;

/* The text of a file; NULL: there is none. What a profile has emptied is a gap. */
char *reading_text(struct reading *reading, const char *path);

/* The file that `path` (relative: in the first of the roots that has it) names. */
const struct node *reading_node(const struct reading *reading, const char *path);

void reading_add(struct reading *reading, const struct node *node, const char *file, unsigned line);

/* Call for each file that the absolute pattern stands for, in the order of their names; of a folder
 * for all in it. `call` may keep the paths that it gets. */
void reading_each(struct reading *reading, const char *pattern, reading_call *call);

#endif
