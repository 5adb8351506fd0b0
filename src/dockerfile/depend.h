/* Which stages are made from which. */
#ifndef WILLRUN_DOCKERFILE_DEPEND_H
#define WILLRUN_DOCKERFILE_DEPEND_H

#include "dockerfile/scope.h"

/* Find the target, and what it needs, once each FROM is resolved. */
bool depend_resolve(struct build_scope *scope, struct err *err);

#endif
