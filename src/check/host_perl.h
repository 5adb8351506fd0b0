/* What Perl looks at of an XS module that dlopen has loaded. */
#ifndef WILLRUN_CHECK_HOST_PERL_H
#define WILLRUN_CHECK_HOST_PERL_H

#include "check/host.h"

/* Does Perl refuse the module once it starts it (Perl_xs_handshake of util.c)? As host_judge. */
void host_perl_judge(const struct host_judging *judging);

#endif
