/* Words for people, where those of the public enums are not. */
#ifndef WILLRUN_REPORT_NAMES_H
#define WILLRUN_REPORT_NAMES_H

#include "willrun/result.h"

/* willrun_libc_name, or "no libc", or that it is not known. */
const char *words_for_libc(enum willrun_libc libc);

#endif
