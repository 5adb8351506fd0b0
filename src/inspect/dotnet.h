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

/* One that a program is made for; dotnet takes a later version where its own is not there. */
struct dotnet_framework {
    const char *name;         /* "Microsoft.NETCore.App"; NULL: not said */
    const char *version;      /* NULL: not said */
    const char *roll_forward; /* NULL: not said */
};

enum { DOTNET_FRAMEWORKS = 8 }; /* at most, of one program */

struct dotnet_config {
    bool brings_runtime; /* the program brings it (includedFrameworks) */
    bool invariant;      /* it needs no ICU: System.Globalization.Invariant */
    bool own_icu;        /* it brings ICU: System.Globalization.AppLocalIcu */
    bool trimmed;        /* settings were taken for constants when it was built */
    struct dotnet_framework frameworks[DOTNET_FRAMEWORKS];
    size_t framework_count;
};

/* Is it the program dotnet, which starts programs of .NET? */
bool dotnet_muxer(struct span file);

/* Is it a program that was compiled ahead of time (NativeAOT), with the code that opens ICU? */
bool dotnet_native_with_icu(struct span file);

/* The text of the runtimeconfig.json in the files behind the host; false: there is none. */
bool dotnet_bundled_config(struct span file, const struct dotnet_host *host, struct span *text);

/* Read a runtimeconfig.json; false: it is none. Texts are in `arena`. */
bool dotnet_config_read(struct span text, struct arena *arena, struct dotnet_config *config);

#endif
