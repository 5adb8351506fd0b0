/* Platforms as Docker writes them: "linux/arm/v7". */
#ifndef WILLRUN_DOCKERFILE_DOCKER_PLATFORM_H
#define WILLRUN_DOCKERFILE_DOCKER_PLATFORM_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/err.h"

/* Normalized, as containerd does: "linux/aarch64" is "linux/arm64", "linux/armhf" is "linux/arm".
 */
struct docker_platform {
    const char *text;
    const char *os, *architecture;
    const char *variant; /* "" where it has none */
};

/* `os/architecture`, `os/architecture/variant`, or an architecture alone, for Linux. False with a
 * sentence without a place. */
bool docker_platform_parse(const char *text, struct docker_platform *platform, struct arena *arena,
                           struct err *err);

#endif
