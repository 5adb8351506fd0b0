/* Temporary files without a name: nothing is left of them, whatever happens. */
#ifndef WILLRUN_BASE_TEMPORARY_H
#define WILLRUN_BASE_TEMPORARY_H

/* So many at most are used at a time for what an archive holds. */
enum { TEMPORARY_FILES = 2 };

/* Open `count` of them now, for a process that will have no right to later. */
void temporary_reserve(unsigned count);

/* One of them, or a new one in $TMPDIR, /var/tmp or /tmp, whose name is put into *where; -1 with
 * errno. Any thread may ask. */
int temporary_open(const char **where);

#endif
