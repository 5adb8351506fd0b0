/* The contract's words for every enum of a result. NULL: the contract says null. */
#ifndef WILLRUN_REPORT_NAMES_H
#define WILLRUN_REPORT_NAMES_H

#include "willrun/result.h"

const char *name_of_verdict(enum willrun_verdict verdict);
const char *name_of_phase(enum willrun_phase phase);
const char *name_of_kind(enum willrun_kind kind);
const char *name_of_libc(enum willrun_libc libc);

/* The same for people: "no libc". */
const char *words_for_libc(enum willrun_libc libc);

const char *name_of_linkage(enum willrun_linkage linkage);
const char *name_of_via(enum willrun_via via);
const char *name_of_severity(enum willrun_severity severity);

#endif
