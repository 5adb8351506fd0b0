/* Programs of .NET: the host that starts the runtime, and what the program's runtimeconfig.json
 * says (dotnet/runtime, src/native/corehost/apphost and bundle). */
#ifndef WILLRUN_INSPECT_DOTNET_H
#define WILLRUN_INSPECT_DOTNET_H

#include "elf/elf_facts.h"

struct dotnet_host {
    uint64_t bundle; /* offset of the header of the files behind it; 0: it is no single file */
};

/* Is the ELF file `file` such a host? */
bool dotnet_host_of(struct span file, const struct elf_facts *elf, struct dotnet_host *host);

struct dotnet_config {
    bool brings_runtime;      /* the program brings it (includedFrameworks) */
    bool invariant;           /* it needs no ICU: System.Globalization.Invariant */
    bool own_icu;             /* it brings ICU: System.Globalization.AppLocalIcu */
    const char *framework;    /* "Microsoft.NETCore.App"; NULL: none */
    const char *version;      /* of it */
    const char *roll_forward; /* NULL: not said */
};

/* The text of the runtimeconfig.json in the files behind the host; false: there is none. */
bool dotnet_bundled_config(struct span file, const struct dotnet_host *host, struct span *text);

/* Read a runtimeconfig.json; false: it is none. Texts are in `arena`. */
bool dotnet_config_read(struct span text, struct arena *arena, struct dotnet_config *config);

#endif
