/* The stage that a Dockerfile builds, as what a plan is for. */
#ifndef WILLRUN_PLAN_FROM_DOCKERFILE_H
#define WILLRUN_PLAN_FROM_DOCKERFILE_H

#include "plan/entry.h"

/* What the stage copies from other stages becomes artifacts, what it copies from the build context
 * comes along; its ENV, USER, WORKDIR become the context's where that says nothing else, and its
 * ENTRYPOINT and CMD the entry. RUN is not followed. artifacts->stages are open. False with a
 * sentence in the context. */
bool from_dockerfile(struct willrun *willrun, struct artifacts *artifacts, struct entry *entry);

#endif
