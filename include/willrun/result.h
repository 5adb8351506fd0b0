/**
 * @file
 * The result of a check: plain structures, owned by the result they hang on,
 * valid until willrun_result_free(). Strings are UTF-8 where the files' names
 * are; NULL means "none".
 */
#ifndef WILLRUN_RESULT_H
#define WILLRUN_RESULT_H

#include <stdbool.h>
#include <stddef.h>

/** Will it run? The worse, the higher. */
enum willrun_verdict { WILLRUN_RUNS, WILLRUN_DEGRADED, WILLRUN_UNKNOWN, WILLRUN_FAILS };

/** Where the start ends. */
enum willrun_phase {
    WILLRUN_PHASE_NONE,
    WILLRUN_PHASE_EXEC,     /**< the kernel refuses it */
    WILLRUN_PHASE_LOAD,     /**< an object is not found or refused */
    WILLRUN_PHASE_VERSION,  /**< a symbol version is not defined */
    WILLRUN_PHASE_RELOCATE, /**< a symbol is not defined */
    WILLRUN_PHASE_RUN,      /**< it starts; later something fails */
};

enum willrun_kind {
    WILLRUN_KIND_EXECUTABLE,
    WILLRUN_KIND_SHARED_OBJECT,
    WILLRUN_KIND_SCRIPT,
    WILLRUN_KIND_OTHER,
};

enum willrun_libc {
    WILLRUN_LIBC_NONE,
    WILLRUN_LIBC_GLIBC,
    WILLRUN_LIBC_MUSL,
    WILLRUN_LIBC_UCLIBC,
    WILLRUN_LIBC_BIONIC,
    WILLRUN_LIBC_UNKNOWN,
};

enum willrun_linkage { WILLRUN_LINKAGE_NONE, WILLRUN_DYNAMIC, WILLRUN_STATIC, WILLRUN_STATIC_PIE };

/** By which search a loader found an object. */
enum willrun_via {
    WILLRUN_VIA_NONE,
    WILLRUN_VIA_RPATH,
    WILLRUN_VIA_RUNPATH,
    WILLRUN_VIA_LD_LIBRARY_PATH,
    WILLRUN_VIA_LD_SO_CACHE,
    WILLRUN_VIA_DEFAULT,
    WILLRUN_VIA_PRELOAD,
    WILLRUN_VIA_MUSL_PATH_FILE,
    WILLRUN_VIA_BUILTIN, /**< the loader itself (musl's libc) */
    WILLRUN_VIA_PATH,    /**< the name has a slash */
    WILLRUN_VIA_LOADED,  /**< loaded before (glibc's ld.so by the kernel) */
};

enum willrun_severity { WILLRUN_ERROR, WILLRUN_WARNING, WILLRUN_NOTE };

/** One path that was tried for a name. */
struct willrun_trail {
    const char *path;
    enum willrun_via via;
    const char *outcome; /**< "no such file", "another machine (aarch64)", … */
};

/** One object that the loader looks up, in load order. */
struct willrun_object {
    const char *name;      /**< the DT_NEEDED name */
    const char *path;      /**< the path that the loader opens; NULL: not found */
    const char *needed_by; /**< path of the object that asked first; NULL: preload */
    enum willrun_via via;
    const size_t *needs; /**< indices into the subject's objects, in DT_NEEDED order */
    size_t need_count;
    const struct willrun_trail *trail; /**< only where asked for, or where it was not found */
    size_t trail_count;
};

/** Files of a builder stage that go to one folder of the target. */
struct willrun_copy_line {
    const char *stage;
    const char *const *sources; /**< absolute paths in the stage */
    size_t source_count;
    const char *to; /**< the folder, with a slash at its end */
};

/** A finding that the user knows of and takes as it is. */
struct willrun_acceptance {
    const char *rule;    /**< a rule's name, or a pattern of names (fnmatch(3)) */
    const char *path;    /**< pattern of subjects' paths; NULL: any. `*` matches slashes, too */
    const char *object;  /**< pattern of findings' objects; NULL: any */
    const char *reason;  /**< why it is taken; NULL: none was given */
    const char *expires; /**< the last day on which it holds, "2026-12-31"; NULL: it stays */
    const char *origin;  /**< who says so: "FILE:LINE", an option; NULL: not known */
};

/** A place in a Dockerfile: lines and columns from 1, columns in characters. */
struct willrun_place {
    const char *file; /**< NULL: there is none */
    size_t line, column, end_line;
    const char *text; /**< the instruction on one line */
};

/** What to put in place of some lines of a Dockerfile. */
struct willrun_edit {
    size_t first, last; /**< lines, from 1 */
    const char *text;   /**< one line or more, without the last line's end; NULL: no edit */
};

struct willrun_finding {
    const char *rule; /**< stable name, see willrun-rules(7) */
    enum willrun_severity severity;
    const char *message; /**< one sentence */
    const char *object, *needed_by, *symbol, *version;
    const char *fix; /**< one sentence with the concrete step */
    /** What brings a missing library, with all that it needs, from a stage; none where no stage has
     *  it. */
    const struct willrun_copy_line *copies;
    size_t copy_count;
    const char *package;        /**< the stage's package that has the library */
    struct willrun_place place; /**< the instruction of a Dockerfile that causes it */
    struct willrun_edit edit;   /**< of that file */
    const struct willrun_acceptance
        *accepted; /**< by which it is taken as it is; NULL: it is not */
};

struct willrun_subject {
    const char *path;
    const char *origin_stage; /**< that it was copied from; NULL: none, or the local disk */
    const char *origin_path;  /**< in that stage, or on the local disk; NULL: the target's own */
    enum willrun_kind kind;
    const char *platform; /**< "linux/amd64"; NULL: none */
    enum willrun_libc libc;
    const char *interpreter; /**< PT_INTERP, or the shebang's program */
    /** What is executed on the way to the program that runs, and that program: scripts, env of a
     *  shebang line. Of an ELF program itself alone. */
    const char *const *starts;
    size_t start_count;
    const char *plugin; /**< kind of plugin, "node-addon"; NULL: none that is known */
    const char *host;   /**< the program in whose process it is opened; NULL: none is known */
    enum willrun_linkage linkage;
    enum willrun_verdict verdict;
    bool accepted; /**< it does not run, but all that decides that is accepted */
    enum willrun_phase phase;
    int exit_status;   /**< predicted; -1: none */
    const char *error; /**< predicted errno of execve, "ENOENT"; NULL: it starts */
    const char *const *stderr_lines;
    size_t stderr_count;
    const char *runtime; /**< the container runtime's line; NULL: it starts */
    const struct willrun_object *objects;
    size_t object_count;
    const size_t *needs; /**< the subject's own needs: indices into objects */
    size_t need_count;
    const struct willrun_finding *findings;
    size_t finding_count;
};

struct willrun_target {
    const char *root;                       /**< the source as it was given */
    const char *platform;                   /**< NULL: not known */
    enum willrun_libc libc;                 /**< of the target's root */
    const char *libc_version;               /**< "2.36", "1.2.5"; NULL: not known */
    const char *loader;                     /**< path of the target's loader; NULL: none */
    const struct willrun_finding *findings; /**< about the target as a whole */
    size_t finding_count;
    const struct willrun_subject *subjects;
    size_t subject_count;
};

/** How an acceptance fared. */
struct willrun_acceptance_use {
    struct willrun_acceptance acceptance;
    bool expired; /**< so that it was not heeded */
    size_t count; /**< findings that it is for, though it may have expired */
};

struct willrun_result {
    const struct willrun_target *targets;
    size_t target_count;
    size_t runs, degraded, fails, unknown;            /**< subjects by verdict */
    size_t accepted;                                  /**< of them: willrun_subject.accepted */
    size_t accepted_fails;                            /**< of the accepted: those that fail */
    const struct willrun_acceptance_use *acceptances; /**< in the order in which they were added */
    size_t acceptance_count;
};

#endif
