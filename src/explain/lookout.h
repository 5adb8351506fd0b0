/* What a root has that a message is about: libraries by their names, and files that programs look
 * for when they run. */
#ifndef WILLRUN_EXPLAIN_LOOKOUT_H
#define WILLRUN_EXPLAIN_LOOKOUT_H

#include "explain/matcher.h"
#include "file/file_facts.h"

/* Where a library is that a loader did not find. */
struct whereabouts {
    const char *same; /* path of an ELF file of that very name; NULL: none */
    const char
        *other;      /* path of one of another version: libssl.so.3 for libssl.so.1.1; NULL: none */
    bool configured; /* `same` is in a folder that /etc/ld.so.conf names */
};

/* Look through the whole root. Texts are in `arena`. */
void lookout_library(struct facts *facts, const char *soname, struct arena *arena,
                     struct whereabouts *found);

/* Does the root have what the message misses: certificates, the time zone, the user? A sentence
 * about what was found in `*sentence`. */
bool lookout_has(struct facts *facts, unsigned group, const char *name, struct arena *arena,
                 const char **sentence);

#endif
