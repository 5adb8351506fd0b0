/* Every diagnostic willrun has: its stable name and how bad it is. Each has a page in data/rules/.
 */
#ifndef WILLRUN_VERDICT_RULES_H
#define WILLRUN_VERDICT_RULES_H

#include "willrun/result.h"

/*   id                    name                     severity */
#define RULES(X)                                                                                   \
    X(COMMAND_NOT_FOUND, "command-not-found", WILLRUN_ERROR)                                       \
    X(NOT_EXECUTABLE, "not-executable", WILLRUN_ERROR)                                             \
    X(NOT_A_PROGRAM, "not-a-program", WILLRUN_ERROR)                                               \
    X(EMPTY_FILE, "empty-file", WILLRUN_ERROR)                                                     \
    X(ELF_MALFORMED, "elf-malformed", WILLRUN_ERROR)                                               \
    X(PLATFORM_MISMATCH, "platform-mismatch", WILLRUN_ERROR)                                       \
    X(INTERPRETER_MISSING, "interpreter-missing", WILLRUN_ERROR)                                   \
    X(INTERPRETER_REFUSED, "interpreter-refused", WILLRUN_ERROR)                                   \
    X(SHEBANG_MISSING, "shebang-missing", WILLRUN_ERROR)                                           \
    X(SHEBANG_CRLF, "shebang-crlf", WILLRUN_ERROR)                                                 \
    X(SHEBANG_BAD, "shebang-bad", WILLRUN_ERROR)                                                   \
    X(SHEBANG_LOOP, "shebang-loop", WILLRUN_ERROR)                                                 \
    X(SHEBANG_REFUSED, "shebang-refused", WILLRUN_ERROR)                                           \
    X(SCRIPT_MISSING, "script-missing", WILLRUN_ERROR)                                             \
    X(SCRIPT_UNREADABLE, "script-unreadable", WILLRUN_ERROR)                                       \
    X(ENV_MISSING, "env-missing", WILLRUN_ERROR)                                                   \
    X(LIBRARY_MISSING, "library-missing", WILLRUN_ERROR)                                           \
    X(LIBRARY_REFUSED, "library-refused", WILLRUN_ERROR)                                           \
    X(ISA_LEVEL, "isa-level", WILLRUN_ERROR)                                                       \
    X(VERSION_MISSING, "version-missing", WILLRUN_ERROR)                                           \
    X(SYMBOL_MISSING, "symbol-missing", WILLRUN_ERROR)                                             \
    X(RELOCATION_UNKNOWN, "relocation-unknown", WILLRUN_ERROR)                                     \
    X(LOADER_FATAL, "loader-fatal", WILLRUN_ERROR)                                                 \
    X(USER_MISSING, "user-missing", WILLRUN_ERROR)                                                 \
    X(WORKDIR_REFUSED, "workdir-refused", WILLRUN_ERROR)                                           \
    X(HOST_FAILS, "host-fails", WILLRUN_ERROR)                                                     \
    X(MODULE_NOT_IMPORTABLE, "module-not-importable", WILLRUN_ERROR)                               \
    X(HOST_REFUSES, "host-refuses", WILLRUN_ERROR)                                                 \
    X(PREBUILD_MISSING, "prebuild-missing", WILLRUN_ERROR)                                         \
    X(PACKAGE_MISSING, "platform-package-missing", WILLRUN_ERROR)                                  \
    X(SYMBOL_MISSING_LAZY, "symbol-missing-lazy", WILLRUN_WARNING)                                 \
    X(VERSION_IGNORED, "version-ignored", WILLRUN_WARNING)                                         \
    X(RELOCATION_SKIPPED, "relocation-skipped", WILLRUN_WARNING)                                   \
    X(ARCHIVE_NAME_OUTSIDE, "archive-name-outside", WILLRUN_WARNING)                               \
    X(ARCHIVE_LINK_BROKEN, "archive-link-broken", WILLRUN_WARNING)                                 \
    X(ARCHIVE_ENTRY_REFUSED, "archive-entry-refused", WILLRUN_WARNING)                             \
    X(PRELOAD_IGNORED, "preload-ignored", WILLRUN_WARNING)                                         \
    X(TWO_VERSIONS, "two-versions", WILLRUN_WARNING)                                               \
    X(DLOPEN_MISSING, "dlopen-missing", WILLRUN_WARNING)                                           \
    X(TIME_ZONE_UNKNOWN, "time-zone-unknown", WILLRUN_WARNING)                                     \
    X(LOCALE_MISSING, "locale-missing", WILLRUN_WARNING)                                           \
    X(NAME_SERVICE_MISSING, "name-service-missing", WILLRUN_WARNING)                               \
    X(DOTNET_MISSING, "dotnet-missing", WILLRUN_WARNING)                                           \
    X(ICU_MISSING, "icu-missing", WILLRUN_WARNING)                                                 \
    X(UNWINDER_MISSING, "unwinder-missing", WILLRUN_WARNING)                                       \
    X(LIBC_FAMILIES, "libc-families", WILLRUN_WARNING)                                             \
    X(BUILDER_NEWER, "builder-newer", WILLRUN_WARNING)                                             \
    X(PLATFORM_FIXED, "platform-fixed", WILLRUN_WARNING)                                           \
    X(CROSS_BUILD, "cross-build", WILLRUN_WARNING)                                                 \
    X(TAG_MOVES, "tag-moves", WILLRUN_NOTE)                                                        \
    X(COPY_SIZE, "copy-size", WILLRUN_NOTE)                                                        \
    X(SYMBOL_PROTECTED, "symbol-protected", WILLRUN_NOTE)                                          \
    X(VERSION_NO_INFO, "version-no-info", WILLRUN_NOTE)                                            \
    X(VERSION_WEAK, "version-weak-missing", WILLRUN_NOTE)                                          \
    X(CPU_DECIDES, "cpu-level-decides", WILLRUN_NOTE)                                              \
    X(PLATFORM_COMPAT, "platform-compat", WILLRUN_NOTE)                                            \
    X(SYMBOL_UNRESOLVED, "symbol-unresolved", WILLRUN_NOTE)                                        \
    X(NOT_CHOSEN, "not-chosen", WILLRUN_NOTE)                                                      \
    X(NOT_STARTED, "not-started", WILLRUN_NOTE)                                                    \
    X(HOST_UNKNOWN, "host-unknown", WILLRUN_NOTE)                                                  \
    X(PLUGIN_ORDER, "plugin-order", WILLRUN_NOTE)                                                  \
    X(MODULE_NOT_TAKEN, "module-not-taken", WILLRUN_NOTE)                                          \
    X(WHEEL_MISMATCH, "wheel-mismatch", WILLRUN_WARNING)                                           \
    X(LOADER_UNKNOWN, "loader-unknown", WILLRUN_NOTE)                                              \
    X(UNREADABLE, "unreadable", WILLRUN_NOTE)                                                      \
    X(VERSIONS_ONLY, "versions-only", WILLRUN_NOTE)                                                \
    X(BASE_CPU, "base-cpu", WILLRUN_NOTE)                                                          \
    X(PROFILE_PARTIAL, "profile-partial", WILLRUN_NOTE)                                            \
    X(CERTIFICATES_MISSING, "certificates-missing", WILLRUN_NOTE)                                  \
    X(TIME_ZONES_MISSING, "time-zones-missing", WILLRUN_NOTE)                                      \
    X(USERS_MISSING, "users-missing", WILLRUN_NOTE)                                                \
    X(SHELL_MISSING, "shell-missing", WILLRUN_NOTE)                                                \
    X(TEMPORARY_MISSING, "temporary-folder-missing", WILLRUN_NOTE)                                 \
    X(CHARACTER_SETS_MISSING, "character-sets-missing", WILLRUN_NOTE)                              \
    X(TERMINALS_MISSING, "terminals-missing", WILLRUN_NOTE)                                        \
    X(FOREIGN_BUILD, "foreign-build", WILLRUN_NOTE)                                                \
    X(TWO_LIBCS, "two-libcs", WILLRUN_NOTE)                                                        \
    X(TWO_CXX_LIBRARIES, "two-cxx-libraries", WILLRUN_NOTE)                                        \
    X(STATIC_GLIBC, "static-glibc", WILLRUN_NOTE)                                                  \
    X(DLOPEN_OPTIONAL, "dlopen-optional", WILLRUN_NOTE)                                            \
    X(STAGE_NOT_GIVEN, "stage-not-given", WILLRUN_NOTE)                                            \
    X(IMAGE_NOT_KNOWN, "image-not-known", WILLRUN_NOTE)                                            \
    X(RUN_NOT_EXECUTED, "run-not-executed", WILLRUN_NOTE)                                          \
    X(NOT_IN_CONTEXT, "not-in-context", WILLRUN_NOTE)                                              \
    X(PACKAGE_CURES, "package-cures", WILLRUN_NOTE)                                                \
    X(HOST_LIBRARY, "host-library", WILLRUN_NOTE)

enum rule {
#define ROW(id, name, severity) RULE_##id,
    RULES(ROW)
#undef ROW
        RULES_ALL,
};

struct rule_row {
    const char *name;
    enum willrun_severity severity;
};

const struct rule_row *rule_row(enum rule rule);
size_t rule_count(void);

/* The page of a rule in the manual, in the Markdown of data/rules/; NULL: there is none. */
const char *rule_page(const char *name);

#endif
