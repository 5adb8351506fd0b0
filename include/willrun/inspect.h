/**
 * @file
 * What binaries are and what they need at least. Plain structures, owned by the
 * inspection they hang on, valid until willrun_inspection_free(). NULL means "none".
 */
#ifndef WILLRUN_INSPECT_H
#define WILLRUN_INSPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "willrun/result.h"

/** Of what there is a least level. */
enum willrun_floor_of {
    WILLRUN_FLOOR_GLIBC,
    WILLRUN_FLOOR_MUSL,
    WILLRUN_FLOOR_LIBSTDCXX, /**< "3.4.30" of GLIBCXX_3.4.30 */
    WILLRUN_FLOOR_CXXABI,
    WILLRUN_FLOOR_LIBGCC,
    WILLRUN_FLOOR_OPENSSL,
    WILLRUN_FLOOR_KERNEL, /**< of the file's ABI note */
    WILLRUN_FLOOR_CPU,    /**< "x86-64-v2" */
    WILLRUN_FLOORS,
};

/** What sets a floor: one of the file's demands at the highest level. */
struct willrun_floor_cause {
    const char *version; /**< "GLIBC_2.34"; NULL: no symbol version sets it */
    const char *library; /**< that must define it, as DT_NEEDED has it; NULL: none */
    const char *reason;  /**< in words where it is no version: "DT_RELR" */
    const char *const *symbols;
    size_t symbol_count;
};

struct willrun_floor {
    const char *level; /**< NULL: nothing asks for any */
    const struct willrun_floor_cause *causes;
    size_t cause_count;
};

/** A name with its value: settings of a build. */
struct willrun_setting {
    const char *name, *value;
};

struct willrun_module {
    const char *path, *version;
    const char *sum;         /**< NULL: none */
    const char *replaced_by; /**< "path version"; NULL: it is not */
};

/** What made the file, or a part of it. */
struct willrun_toolchain {
    const char *name;     /**< "go", "gcc", "clang", "rust", "dotnet", … */
    const char *version;  /**< NULL: not known */
    const char *evidence; /**< where it says so: ".comment", "Go build info" */
    const struct willrun_setting *settings;
    size_t setting_count;
    const struct willrun_module *modules; /**< the main one first */
    size_t module_count;
};

/** Will it run where there is nothing else? */
enum willrun_scratch_answer {
    WILLRUN_SCRATCH_NO_PROGRAM, /**< the question makes no sense */
    WILLRUN_SCRATCH_READY,
    WILLRUN_SCRATCH_WITH_FILES,
    WILLRUN_SCRATCH_NOT_STATIC,
};

/** A file that it looks for at run time. */
struct willrun_scratch_file {
    const char *path;
    const char *why;  /**< who asks for it */
    const char *copy; /**< a line of a Dockerfile; the stage is called "build" */
};

struct willrun_scratch {
    enum willrun_scratch_answer answer;
    const struct willrun_scratch_file *files;
    size_t file_count;
    const char *const *blockers; /**< sentences */
    size_t blocker_count;
    const char *fix; /**< how to build it static; NULL: nothing to do */
};

/** One file. */
struct willrun_inspected {
    const char *path;    /**< as it was named, or inside the archive */
    const char *archive; /**< in which it is: "/NAME" parts of nested ones follow; NULL: none */
    enum willrun_kind kind;
    uint64_t size;       /**< bytes */
    const char *trouble; /**< why not all could be read; NULL: it could */
    const char *platform;
    const char *machine; /**< "x86-64"; NULL: no ELF file */
    enum willrun_libc libc;
    const char *libc_evidence;     /**< how that is known, a sentence; NULL: no ELF file */
    enum willrun_libc static_libc; /**< that is linked into a static program, where it shows */
    enum willrun_linkage linkage;
    bool libc_only; /**< dynamic, but of shared objects it needs those of its libc alone */
    const char *interpreter;
    const char *const *needed;
    size_t needed_count;
    const char *soname, *rpath, *runpath;
    struct willrun_floor floors[WILLRUN_FLOORS];
    bool private_glibc;         /**< needs GLIBC_PRIVATE: the very glibc it was built with */
    const char *const *runs_on; /**< images whose libraries are new enough */
    size_t runs_on_count;
    const char *const *policies; /**< of wheels that it fits, the widest first */
    size_t policy_count;
    const char *const *policy_troubles; /**< why it fits none, or no wider one */
    size_t policy_trouble_count;
    uint64_t page_size; /**< largest for which its segments lie right; 0: none are loaded */
    bool exec_stack, text_relocations, stripped, debug_info;
    const char *build_id, *package_note, *dlopen_note;
    const struct willrun_toolchain *toolchains;
    size_t toolchain_count;
    struct willrun_scratch scratch;
};

/** The highest floor of all, and who sets it. */
struct willrun_floor_sum {
    const char *level;
    const char *const *paths;
    size_t path_count;
};

struct willrun_inspection {
    const struct willrun_inspected *files;
    size_t file_count;
    struct willrun_floor_sum floors[WILLRUN_FLOORS];
    const char *const *troubles; /**< archives that could not be read to their end */
    size_t trouble_count;
};

#endif
