/* The shebang line of a script. */
#ifndef WILLRUN_FILE_SCRIPT_H
#define WILLRUN_FILE_SCRIPT_H

#include "base/arena.h"
#include "base/span.h"
#include "file/file_facts.h"

/* Read the line of `file`, which starts with `#!`, as Linux fs/binfmt_script.c
 * does: from the first 256 bytes, those behind a shorter file being zero.
 * Names go to `arena`. */
void script_parse(struct span file, struct arena *arena, struct script_facts *script);

#endif
