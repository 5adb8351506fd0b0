/* What is special of extension modules of Python: how import finds them, which Python they need,
 * and the wheel that they came in. */
#ifndef WILLRUN_CHECK_PYTHON_H
#define WILLRUN_CHECK_PYTHON_H

#include "check/host.h"

/* Does `import` come to the module at `path`? A finding says why it does not; and what Python says
 * then is `host->instead`. False: Python takes another file for it, and never opens this one. */
bool python_takes(const struct target *target, const struct process *process, struct host *host,
                  const char *path, struct findings *findings);

/* Put which Python has it, or had it, into each finding about a missing symbol of Python's, and
 * tell what the module's wheel was built for where that is not the target. */
void python_advise(const struct target *target, const struct host *host, const char *path,
                   struct findings *findings);

#endif
