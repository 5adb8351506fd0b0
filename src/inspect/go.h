/* What Go's linker writes of a build into every program. */
#ifndef WILLRUN_INSPECT_GO_H
#define WILLRUN_INSPECT_GO_H

#include "elf/elf_details.h"
#include "willrun/inspect.h"

/* Fill `toolchain` with what `go version -m` prints of the file; false: Go did not make it. */
bool go_read(const struct elf_details *details, struct arena *arena,
             struct willrun_toolchain *toolchain);

/* Is the function linked in? By the names that Go's runtime keeps for tracebacks, which
 * stripping leaves: "time.LoadLocation". */
bool go_has_function(const struct elf_details *details, const char *name);

/* The value of a setting, "CGO_ENABLED"; NULL: it is not told. */
const char *go_setting(const struct willrun_toolchain *toolchain, const char *name);

#endif
