/**
 * @file
 * libwillrun: will a binary run in a given root filesystem?
 *
 * A context holds what is asked (a target root, a process environment,
 * subjects); willrun_check() and its like answer with a result.
 *
 * Ownership: what a call takes it copies, callbacks and their contexts excepted.
 * A result is the caller's and is freed by the function of its name; all that
 * hangs on it lives as long, be the context freed or used for more. What a
 * callback is handed is of the result that comes to be: where the call fails,
 * or is cancelled, it ends with the call. NULL may be freed.
 *
 * Errors: a call that does not return WILLRUN_OK has set its result to NULL, and
 * willrun_error() has the sentence. A file of the target that is broken is a
 * finding, no error. Where memory is exhausted the process ends.
 *
 * Threads: a context is used by one thread at a time, willrun_cancel()
 * excepted; different contexts are independent. A result is not changed any
 * more: any number of threads may read it. A call starts threads of its own
 * (willrun_set_threads()) and ends them before it returns; a callback is called
 * from any of them, by one at a time. No call changes the locale, the working
 * folder, signals, or standard streams but standard input where "-" is named;
 * willrun_bundle() of an archive changes the umask for a moment, to know it.
 *
 * The library never runs a target's code, starts no process, opens no network
 * connection and writes to no file but those handed to it, and temporary files
 * without a name for what comes as a stream.
 */
#ifndef WILLRUN_WILLRUN_H
#define WILLRUN_WILLRUN_H

#include <stdbool.h>
#include <stdio.h>

#include "willrun/bundle.h"
#include "willrun/diff.h"
#include "willrun/error.h"
#include "willrun/explain.h"
#include "willrun/inspect.h"
#include "willrun/plan.h"
#include "willrun/result.h"
#include "willrun/rule.h"

#if defined(__GNUC__)
#define WILLRUN_API __attribute__((visibility("default")))
#else
#define WILLRUN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

struct willrun;

/** A new, empty context; willrun_free() ends it. */
WILLRUN_API struct willrun *willrun_new(void);
WILLRUN_API void willrun_free(struct willrun *willrun);

/** The library's version, "0.1.0". */
WILLRUN_API const char *willrun_version(void);

/** The sentence of the last call that did not return WILLRUN_OK: which file,
 *  where, what was expected. Valid until the next call on this context. */
WILLRUN_API const char *willrun_error(const struct willrun *willrun);

/** The target runtime root: a folder (`DIR`, `dir:DIR`), a tar archive (`FILE`,
 *  `tar:FILE`), an image (`docker-archive:FILE[:NAME]`, `oci:DIR[:TAG]`,
 *  `oci-archive:FILE[:TAG]`), `scratch`, or `-`: one of those archives on standard
 *  input. An image for several platforms is several targets, unless one is set.
 *  An image also gives the environment, the user and the working directory, where
 *  they are not set, and what is checked where no subject is named. Copied. */
WILLRUN_API enum willrun_err willrun_set_root(struct willrun *willrun, const char *source);

/** A Dockerfile, in place of a root: the stage that it builds is the target. Stages and images are
 *  opened from those of willrun_add_stage and willrun_add_base, else from the profiles that ship;
 *  what has to be run to be known makes a verdict unknown. `-`: standard input. Copied. */
WILLRUN_API enum willrun_err willrun_set_dockerfile(struct willrun *willrun, const char *path);

/** The stage to build, by its name or number; NULL: the last one. */
WILLRUN_API enum willrun_err willrun_set_target_stage(struct willrun *willrun, const char *stage);

/** The folder that COPY takes files from, without what its .dockerignore names; NULL: that of the
 *  Dockerfile. */
WILLRUN_API enum willrun_err willrun_set_build_context(struct willrun *willrun, const char *path);

/** The files of an image that the Dockerfile names, "IMAGE=SOURCE". May be called again. */
WILLRUN_API enum willrun_err willrun_add_base(struct willrun *willrun, const char *base);

/** A value for ARG, "K=V"; "K" takes that of this process' environment. May be called again. */
WILLRUN_API enum willrun_err willrun_add_build_arg(struct willrun *willrun, const char *argument);

/** The machine it will run on, "linux/arm64"; NULL: the root's libc's, else the subject's own.
 *  "linux/amd64/v3" is a CPU of level x86-64-v3 too, where willrun_set_cpu does not say another. */
WILLRUN_API enum willrun_err willrun_set_platform(struct willrun *willrun, const char *name);

/** The x86-64 micro-architecture level of the CPU: "x86-64-v1" to "x86-64-v4". */
WILLRUN_API enum willrun_err willrun_set_cpu(struct willrun *willrun, const char *level);

/** One variable of the process environment, "K=V"; may be called again. Of two values of
 *  one variable the last holds. */
WILLRUN_API enum willrun_err willrun_add_env(struct willrun *willrun, const char *assignment);

/** The user it runs as, as Docker's USER: "USER" or "USER:GROUP", numbers or names of the
 *  root's /etc/passwd and /etc/group. Default: 0:0. */
WILLRUN_API enum willrun_err willrun_set_user(struct willrun *willrun, const char *user);

/** The working directory inside the root; runtimes make one that is not there. Default "/". */
WILLRUN_API enum willrun_err willrun_set_workdir(struct willrun *willrun, const char *path);

/** The program, inside the root, that loads the shared objects among the subjects; "none": a
 *  process of which nothing is known. Default: for a plugin the program of its kind, where the root
 *  has it. */
WILLRUN_API enum willrun_err willrun_set_host(struct willrun *willrun, const char *path);

/** Record for every object which paths were considered (willrun_object.trail). */
WILLRUN_API void willrun_set_trail(struct willrun *willrun, bool on);

/** Threads to use; 0: as many as the processors it may use. */
WILLRUN_API void willrun_set_threads(struct willrun *willrun, unsigned threads);

/** "NAME=N": what this process spends at most on what it reads, in all contexts; not while another
 *  thread uses the library. K, M, G or T may stand behind N (powers of 1,024). The names, and what
 *  holds without this, stand in willrun(1); "memory" is for the caller to hold (setrlimit(2)). */
WILLRUN_API enum willrun_err willrun_set_limit(struct willrun *willrun, const char *limit);

/** A builder stage, "NAME=SOURCE": what copies take files from. May be called again. */
WILLRUN_API enum willrun_err willrun_add_stage(struct willrun *willrun, const char *stage);

/** "NAME:SRC:DST", as COPY --from=NAME SRC DST of a Dockerfile: lays SRC of the stage NAME over
 *  the root at DST; without a NAME, SRC is a path of the local disk. Behind another colon stand
 *  settings, parted by commas: "chmod=MODE", "chown=USER[:GROUP]". A backslash before a colon makes
 *  it a part of a path. May be called again: copies are made in order. */
WILLRUN_API enum willrun_err willrun_add_copy(struct willrun *willrun, const char *text);

/** A subject: an absolute path inside the root, or a relative path of the local
 *  disk that is laid over the root as /NAME first. A folder stands for every
 *  ELF file and script in it. May be called again. Without any subject, all that was copied in
 *  is checked. */
WILLRUN_API enum willrun_err willrun_add_subject(struct willrun *willrun, const char *path);

/** A subject that is started as the command of a container: looked up in PATH
 *  where it has no slash, relative to the working directory where it has one. */
WILLRUN_API enum willrun_err willrun_add_command(struct willrun *willrun, const char *command);

/** Every ELF file and script of the root is a subject. */
WILLRUN_API void willrun_add_all(struct willrun *willrun);

/** Take findings as they are: they are marked so, and a subject of which nothing else decides is
 *  counted as accepted; its verdict stays. Copied. May be called again: the first that is for a
 *  finding counts. WILLRUN_EUSAGE where the rule is none, or the day is no day. */
WILLRUN_API enum willrun_err willrun_add_acceptance(struct willrun *willrun,
                                                    const struct willrun_acceptance *acceptance);

/** Take as they are the findings in `path`, a report of an earlier check as JSON or JSON lines.
 *  WILLRUN_EINPUT where it cannot be read. */
WILLRUN_API enum willrun_err willrun_add_baseline(struct willrun *willrun, const char *path);

/** Called for each subject as soon as it is judged, in the order of the result. */
typedef void willrun_on_subject(void *context, const struct willrun_target *target,
                                const struct willrun_subject *subject);
WILLRUN_API void willrun_set_on_subject(struct willrun *willrun, willrun_on_subject *call,
                                        void *context);

/** Called now and then in long work, from one thread at a time: `what` is "reading", and `done` and
 *  `all` are bytes; or "checking", and they are subjects. `all` is 0 where it is not known. */
typedef void willrun_on_progress(void *context, const char *what, size_t done, size_t all);
WILLRUN_API void willrun_set_on_progress(struct willrun *willrun, willrun_on_progress *call,
                                         void *context);

/** End what the context is about, from another thread, a callback or a signal's handler: the call
 * that runs comes back soon with WILLRUN_ECANCELED and no result, and so does each later one that
 * reads files. What is read at that moment is read to the end of its block, the subjects that are
 * judged are judged. A call that is at its very end may still succeed. */
WILLRUN_API void willrun_cancel(struct willrun *willrun);

/** Judge the subjects. The result is the caller's: willrun_result_free(). */
WILLRUN_API enum willrun_err willrun_check(struct willrun *willrun, struct willrun_result **result);
WILLRUN_API void willrun_result_free(struct willrun_result *result);

/** The words that JSON has for the values of a result: "runs", "load", "ld.so.cache". NULL where
 * JSON has null, and for a value that this library does not know. */
WILLRUN_API const char *willrun_verdict_name(enum willrun_verdict verdict);
WILLRUN_API const char *willrun_phase_name(enum willrun_phase phase);
WILLRUN_API const char *willrun_kind_name(enum willrun_kind kind);
WILLRUN_API const char *willrun_libc_name(enum willrun_libc libc);
WILLRUN_API const char *willrun_linkage_name(enum willrun_linkage linkage);
WILLRUN_API const char *willrun_via_name(enum willrun_via via);
WILLRUN_API const char *willrun_severity_name(enum willrun_severity severity);

/** Where a profile comes from, for its readers. Any may be NULL. */
struct willrun_origin {
    const char *origin; /**< what it was made of: "image debian:12-slim" */
    const char *date;   /**< when that was, "2026-11-23" */
    /** Absolute paths of files that the original has and `source` has not: what
     *  comes to need one of them is judged as unknown. */
    const char *const *absent;
    size_t absent_count;
};

/** Write the profile of the root filesystem in `source`, as willrun_set_root()
 *  takes it: a tar.zst in which ELF files are cut down to what a loader reads.
 *  A check of the profile gives what a check of the root does. The same root
 *  gives the same bytes. */
WILLRUN_API enum willrun_err willrun_snapshot(struct willrun *willrun, const char *source,
                                              const struct willrun_origin *origin, FILE *out);

/** How a result is written. */
enum willrun_format {
    WILLRUN_FORMAT_TEXT,
    WILLRUN_FORMAT_JSON,
    WILLRUN_FORMAT_JSONL,      /**< one subject a line, each with its target; last a summary */
    WILLRUN_FORMAT_DOT,        /**< Graphviz: the trees of a check */
    WILLRUN_FORMAT_MERMAID,    /**< a flowchart of Mermaid: the same */
    WILLRUN_FORMAT_MARKDOWN,   /**< for a comment on a change */
    WILLRUN_FORMAT_DOCKERFILE, /**< the runtime stage of a plan */
    WILLRUN_FORMAT_SARIF,      /**< SARIF 2.1.0, of a check */
    WILLRUN_FORMAT_JUNIT,      /**< JUnit's XML, of a check: a test case a subject */
    WILLRUN_FORMAT_GITHUB,     /**< annotations of GitHub Actions, of a check */
    WILLRUN_FORMAT_GITLAB,     /**< GitLab's code quality report, of a check */
    WILLRUN_FORMAT_HTML,       /**< a page of its own, of a check; best with trails */
};

struct willrun_style {
    bool color;      /**< ANSI colours */
    bool unicode;    /**< lines and marks beyond ASCII */
    unsigned width;  /**< columns; 0: no wrapping */
    bool verbose;    /**< notes and subjects that run, too */
    bool quiet;      /**< only what does not run */
    const char *why; /**< text: print the search trail of this name; NULL: none */
};

/** Judge the subjects in two roots and tell what changes from `before` to
 *  `after`, sources as willrun_set_root() takes them. A subject need not be in
 *  both; with none named, every ELF file and script of both is one. The diff is
 *  the caller's: willrun_diff_free(). */
WILLRUN_API enum willrun_err willrun_diff(struct willrun *willrun, const char *before,
                                          const char *after, struct willrun_diff **diff);
WILLRUN_API void willrun_diff_free(struct willrun_diff *diff);

/** Write it: text, JSON or Markdown. */
WILLRUN_API bool willrun_write_diff(const struct willrun_diff *diff, enum willrun_format format,
                                    const struct willrun_style *style, FILE *out);

/** Write the subjects, and what of the root they need to start, as a minimal root
 *  filesystem, and check them in what was written. Where one of them does not run in the root
 *  (and `request->partial` is not set) nothing is written, and bundle->check tells
 *  why. The bundle is the caller's: willrun_bundle_free(). */
WILLRUN_API enum willrun_err willrun_bundle(struct willrun *willrun,
                                            const struct willrun_bundle_request *request,
                                            struct willrun_bundle **bundle);
WILLRUN_API void willrun_bundle_free(struct willrun_bundle *bundle);

/** The names of things to take along, from `index` 0; NULL behind the last. */
WILLRUN_API const struct willrun_bundle_extra *willrun_bundle_extra(size_t index);

/** Write what a bundle holds: text or JSON. */
WILLRUN_API bool willrun_write_bundle(const struct willrun_bundle *bundle,
                                      enum willrun_format format, const struct willrun_style *style,
                                      FILE *out);

/** Find the base images on which the subjects and copies of the context run, with what the
 *  stages have of the libraries that are missing there; and the runtime stage for the best.
 *  Subjects with an absolute path are files of the stages here. The plan is the caller's:
 *  willrun_plan_free(). */
WILLRUN_API enum willrun_err willrun_plan(struct willrun *willrun,
                                          const struct willrun_plan_request *request,
                                          struct willrun_plan **plan);
WILLRUN_API void willrun_plan_free(struct willrun_plan *plan);

/** Write a plan: text, JSON, or the stage as a Dockerfile has it. */
WILLRUN_API bool willrun_write_plan(const struct willrun_plan *plan, enum willrun_format format,
                                    const struct willrun_style *style, FILE *out);

/** Tell of each subject what it is and what it needs at least. Absolute paths are in the root
 *  (default: the local disk), relative ones on the local disk; a folder stands for every ELF file
 *  in it, and those in its wheels and jars; an archive that is named (a wheel, a jar, .deb, .apk,
 *  .rpm, tar or zip) for those in it. The inspection is the caller's: willrun_inspection_free(). */
WILLRUN_API enum willrun_err willrun_inspect(struct willrun *willrun,
                                             struct willrun_inspection **inspection);
WILLRUN_API void willrun_inspection_free(struct willrun_inspection *inspection);

/** Write it: text or JSON. */
WILLRUN_API bool willrun_write_inspection(const struct willrun_inspection *inspection,
                                          enum willrun_format format,
                                          const struct willrun_style *style, FILE *out);

/** Tell what a message of a failure means: the likeliest causes first. Where a root is set, the
 *  files in it decide: what the message is about, else the subjects of the context, else what the
 *  image starts is judged there. A message that says nothing known is no error: it has no causes.
 *  The explanation is the caller's: willrun_explanation_free(). */
WILLRUN_API enum willrun_err willrun_explain(struct willrun *willrun,
                                             const struct willrun_explain_request *request,
                                             struct willrun_explanation **explanation);
WILLRUN_API void willrun_explanation_free(struct willrun_explanation *explanation);

/** The name of a cause class and what it means, from `index` 0; NULL behind the last. */
WILLRUN_API const char *willrun_cause_class(size_t index, const char **meaning);

/** Write it: text or JSON. */
WILLRUN_API bool willrun_write_explanation(const struct willrun_explanation *explanation,
                                           enum willrun_format format,
                                           const struct willrun_style *style, FILE *out);

/** The rule at `index` from 0, errors first; false behind the last. */
WILLRUN_API bool willrun_rule(size_t index, struct willrun_rule *rule);

/** The rule of that name; false: there is none. */
WILLRUN_API bool willrun_rule_find(const char *name, struct willrun_rule *rule);

/** Write the page of a rule: text, Markdown or JSON. */
WILLRUN_API bool willrun_write_rule(const struct willrun_rule *rule, enum willrun_format format,
                                    const struct willrun_style *style, FILE *out);

/** Write the list of all rules, text, or with their pages, JSON. */
WILLRUN_API bool willrun_write_rules(enum willrun_format format, const struct willrun_style *style,
                                     FILE *out);

/** Write which base images `base:NAME` knows, and what each is: text or JSON. */
WILLRUN_API bool willrun_write_bases(enum willrun_format format, const struct willrun_style *style,
                                     FILE *out);

/** Write the verdicts (`check`). False where the format is not one for it or the stream failed. */
WILLRUN_API bool willrun_write_check(const struct willrun_result *result,
                                     enum willrun_format format, const struct willrun_style *style,
                                     FILE *out);

/** Write the dependency trees (`tree`). */
WILLRUN_API bool willrun_write_tree(const struct willrun_result *result, enum willrun_format format,
                                    const struct willrun_style *style, FILE *out);

/** The parts of a JSONL stream, for writing while subjects are judged. */
WILLRUN_API bool willrun_write_jsonl_subject(const struct willrun_target *target,
                                             const struct willrun_subject *subject, FILE *out);
WILLRUN_API bool willrun_write_jsonl_summary(const struct willrun_result *result, FILE *out);

#ifdef __cplusplus
}
#endif

#endif
