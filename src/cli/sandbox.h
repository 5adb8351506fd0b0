/* Rights that are given away once it is known what is asked for: from then on files are read
 * beneath what the command line names and beneath willrun's own data, written where output goes,
 * and no program is started, no socket opened, no process looked into. For input that is not to be
 * trusted. */
#ifndef WILLRUN_CLI_SANDBOX_H
#define WILLRUN_CLI_SANDBOX_H

#include <stdbool.h>

struct options;

struct sandbox {
    int landlock;           /* version of the kernel's; 0: it has none, files are not restricted */
    bool seccomp;           /* false: the kernel has none, or refused */
    unsigned reads, writes; /* places that stay open for each */
};

/* For good. `own_root`: without --root the root is this machine's. Where the kernel has no such
 * thing, the process keeps its rights. A call that is forbidden kills the process by SIGSYS; a file
 * that is out of reach cannot be opened (EACCES). */
struct sandbox sandbox_enter(const struct options *options, bool own_root);

#endif
