/* What PHP looks at of an extension that dlopen has loaded. */
#ifndef WILLRUN_CHECK_HOST_PHP_H
#define WILLRUN_CHECK_HOST_PHP_H

#include "check/host.h"

/* Does PHP refuse the extension (ext/standard/dl.c, php_load_extension; Zend/zend_extensions.c)? As
 * host_judge. */
void host_php_judge(const struct host_judging *judging);

/* Does it refuse the extension for what that demands of other modules? `old`: by the words of
 * PHP 7. */
void host_php_demands(const struct host_judging *judging, bool old);

#endif
