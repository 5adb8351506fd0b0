/* What is half written, so that nothing is left of it when the process ends where it stands. */
#ifndef WILLRUN_BASE_UNFINISHED_H
#define WILLRUN_BASE_UNFINISHED_H

#include <stddef.h>

struct unfinished {
    const char *top;          /* a file, or a folder */
    const char *const *below; /* all that may come to be in the folder, each behind the folder that
                                 it is in, as "/bin/sh"; `count` */
    size_t count;
};

/* From here on, until its end, unfinished_remove_all() finds it; nothing need be there yet. It
 * stays where it is, unchanged. */
void unfinished_begin(const struct unfinished *unfinished);
void unfinished_end(const struct unfinished *unfinished);

/* Leave no trace of it; the end of it. */
void unfinished_remove(const struct unfinished *unfinished);

/* The same of all that are not at their end. Signal handlers may call it. */
void unfinished_remove_all(void);

#endif
