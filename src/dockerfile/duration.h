/* Durations as Go writes them: "1m30s", "1.5h". */
#ifndef WILLRUN_DOCKERFILE_DURATION_H
#define WILLRUN_DOCKERFILE_DURATION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

/* In nanoseconds, as Go's time.ParseDuration; false with a sentence, which has no place. */
bool duration_parse(const char *text, int64_t *nanoseconds, struct err *err);

#endif
