/* What Apache looks at of a module that dlopen has loaded. */
#ifndef WILLRUN_CHECK_HOST_APACHE_H
#define WILLRUN_CHECK_HOST_APACHE_H

#include "check/host.h"

/* Does Apache refuse the module (modules/core/mod_so.c, server/config.c)? As host_judge. */
void host_apache_judge(const struct host_judging *judging);

#endif
