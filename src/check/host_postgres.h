/* What PostgreSQL looks at of a module that dlopen has loaded. */
#ifndef WILLRUN_CHECK_HOST_POSTGRES_H
#define WILLRUN_CHECK_HOST_POSTGRES_H

#include "check/host.h"

/* Does the server refuse the module (src/backend/utils/fmgr/dfmgr.c, internal_load_library)? As
 * host_judge. */
void host_postgres_judge(const struct host_judging *judging);

#endif
