/* The modes of --chmod: octal numbers, and changes as chmod(1) has them. */
#ifndef WILLRUN_ROOT_MODE_H
#define WILLRUN_ROOT_MODE_H

#include <stdbool.h>

/* What `text` says, "755" or "u+x,go=rX": a number's bits in *number, or -1 there for changes of
 * the mode that a file has. False: it is neither. */
bool mode_parse(const char *text, int *number);

/* The mode that the changes in `text` make of `mode`; `folder`: of a folder. With umask 0, as
 * BuildKit does (github.com/tonistiigi/dchapes-mode). */
unsigned mode_change(const char *text, unsigned mode, bool folder);

#endif
