/* What a library made of memory. */
#ifndef WILLRUN_BASE_MUST_H
#define WILLRUN_BASE_MUST_H

/* `made`, never NULL: exhausted memory ends the process, as in base/arena.h. */
void *must_have(void *made);

#endif
