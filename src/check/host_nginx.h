/* What nginx looks at of a module that dlopen has loaded. */
#ifndef WILLRUN_CHECK_HOST_NGINX_H
#define WILLRUN_CHECK_HOST_NGINX_H

#include "check/host.h"

/* Does nginx refuse the module (src/core/ngx_module.c, ngx_add_module)? As host_judge. */
void host_nginx_judge(const struct host_judging *judging);

#endif
