#include "report/names.h"

#include <stddef.h>

#include "willrun/willrun.h"

/* The entry of `table` at `index`; NULL for a value that a newer library may know. */
#define NAME(table, index)                                                                         \
    ((size_t)(index) < sizeof(table) / sizeof *(table) ? (table)[index] : NULL)

const char *willrun_verdict_name(enum willrun_verdict verdict)
{
    static const char *const names[] = {
        [WILLRUN_RUNS] = "runs",
        [WILLRUN_DEGRADED] = "degraded",
        [WILLRUN_UNKNOWN] = "unknown",
        [WILLRUN_FAILS] = "fails",
    };
    return NAME(names, verdict);
}

const char *willrun_phase_name(enum willrun_phase phase)
{
    static const char *const names[] = {
        [WILLRUN_PHASE_EXEC] = "exec",       [WILLRUN_PHASE_LOAD] = "load",
        [WILLRUN_PHASE_VERSION] = "version", [WILLRUN_PHASE_RELOCATE] = "relocate",
        [WILLRUN_PHASE_RUN] = "run",
    };
    return NAME(names, phase);
}

const char *willrun_kind_name(enum willrun_kind kind)
{
    static const char *const names[] = {
        [WILLRUN_KIND_EXECUTABLE] = "executable",
        [WILLRUN_KIND_SHARED_OBJECT] = "shared-object",
        [WILLRUN_KIND_SCRIPT] = "script",
        [WILLRUN_KIND_OTHER] = "other",
    };
    return NAME(names, kind);
}

const char *willrun_libc_name(enum willrun_libc libc)
{
    static const char *const names[] = {
        [WILLRUN_LIBC_NONE] = "none",     [WILLRUN_LIBC_GLIBC] = "glibc",
        [WILLRUN_LIBC_MUSL] = "musl",     [WILLRUN_LIBC_UCLIBC] = "uclibc",
        [WILLRUN_LIBC_BIONIC] = "bionic", [WILLRUN_LIBC_UNKNOWN] = "unknown",
    };
    return NAME(names, libc);
}

const char *words_for_libc(enum willrun_libc libc)
{
    if (libc == WILLRUN_LIBC_UNKNOWN)
        return "libc not known";
    return libc == WILLRUN_LIBC_NONE ? "no libc" : willrun_libc_name(libc);
}

const char *willrun_linkage_name(enum willrun_linkage linkage)
{
    static const char *const names[] = {
        [WILLRUN_DYNAMIC] = "dynamic",
        [WILLRUN_STATIC] = "static",
        [WILLRUN_STATIC_PIE] = "static-pie",
    };
    return NAME(names, linkage);
}

const char *willrun_via_name(enum willrun_via via)
{
    static const char *const names[] = {
        [WILLRUN_VIA_RPATH] = "rpath",
        [WILLRUN_VIA_RUNPATH] = "runpath",
        [WILLRUN_VIA_LD_LIBRARY_PATH] = "ld_library_path",
        [WILLRUN_VIA_LD_SO_CACHE] = "ld.so.cache",
        [WILLRUN_VIA_DEFAULT] = "default",
        [WILLRUN_VIA_PRELOAD] = "preload",
        [WILLRUN_VIA_MUSL_PATH_FILE] = "musl-path-file",
        [WILLRUN_VIA_BUILTIN] = "builtin",
        [WILLRUN_VIA_PATH] = "path",
        [WILLRUN_VIA_LOADED] = "loaded",
    };
    return NAME(names, via);
}

const char *willrun_severity_name(enum willrun_severity severity)
{
    static const char *const names[] = {
        [WILLRUN_ERROR] = "error",
        [WILLRUN_WARNING] = "warning",
        [WILLRUN_NOTE] = "note",
    };
    return NAME(names, severity);
}
