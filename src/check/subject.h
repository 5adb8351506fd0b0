/* One subject judged: kernel, loader, findings, verdict. */
#ifndef WILLRUN_CHECK_SUBJECT_H
#define WILLRUN_CHECK_SUBJECT_H

#include "file/file_facts.h"
#include "replay/memo.h"
#include "replay/replay.h"
#include "source/base.h"
#include "verdict/advice.h"
#include "verdict/rules.h"
#include "willrun/result.h"

/* The loader that programs of one platform find in the root. */
struct target_libc {
    enum willrun_libc kind;
    const char *path; /* of the loader; NULL: none */
    const struct node *node;
    const struct elf_facts *elf;
    const char *version; /* NULL: not known */
    const char *unread;  /* a loader's path that willrun could not read; NULL: none */
    int error;           /* its errno */
};

struct refused_start;

/* What all subjects of a target share. */
struct target {
    struct facts *facts;
    const char *source;              /* as it was given */
    const struct platform *platform; /* NULL: not known */
    struct target_libc libc;
    const struct distribution *versions; /* of an image whose files are not known, else NULL */
    struct advice advice;
    const char *const *env;
    struct cred cred;
    const struct node *cwd;
    const struct refused_start *refused; /* no process starts; NULL: they do */
    const char *host;                    /* NULL: none */
    const char *const *started; /* commands that the image starts, NULL at the end; NULL: none */
    struct stages *stages;
    int cpu_level;
    bool trail;
};

/* Whose loader is it? */
enum willrun_libc target_loader_kind(const struct elf_facts *elf);

/* The replay of such a loader. */
replay_call *target_loader_call(enum willrun_libc kind);

/* The loader that would load the shared object `elf`: of its own libc family where the root has
 * both; false: there is none. */
bool target_loader_for(struct facts *facts, const struct elf_facts *elf, struct target_libc *libc);

/* The loader of `platform` in the root, by the table's paths. */
void target_find_libc(struct facts *facts, const struct platform *platform,
                      struct target_libc *libc);

/* The process that is started there. */
struct process target_process(const struct target *target, struct memo *memo);

/* Fill in the libc, and the platform where none was asked for: that of the
 * root's libc, the first of the table whose loader is there. */
void target_find_platform(struct target *target);

struct gap;
struct no_choice;

/* By which instruction of a Dockerfile, or field of an image, a command is started. */
enum asked_from { ASKED_FILE, ASKED_ENTRYPOINT, ASKED_COMMAND, ASKED_HEALTHCHECK };

/* What is to be judged. */
struct asked {
    const char *path;
    bool command; /* `path` is a command, found as container runtimes find it */
    int error;    /* `path` could not be looked at, and this is why; 0: it can */
    enum asked_from from;
    const struct gap *gap; /* what is there is not known, by this; NULL: it is */
    bool as_jar;           /* only what lies in it is asked about */
    bool named;            /* the file itself was asked for, and not a tree that has it */
    const char *runs;      /* the file that the command is told to run; NULL: not known */
    const struct no_choice *no_choice; /* its package has no build for the target; NULL: it has */
};

/* Why a file fails, whatever is in it: what its package looks for in this target is not there, or
 * it is told to be run and is not there. */
struct no_choice {
    enum rule rule;
    enum willrun_phase phase; /* in which it fails */
    const char *message, *object, *fix;
};

/* Judge it. Texts are in `arena`. */
void subject_judge(const struct target *target, struct memo *memo, const struct asked *asked,
                   struct arena *arena, struct willrun_subject *subject);

/* Is it worth judging when a whole tree is asked for: an ELF program, a shared
 * object, or a script with execute permission? */
bool subject_is_worth(const struct node *node, const struct file_facts *file);

/* May a file be, or hold, a subject that starts with `head`: SIEVE_HEAD bytes, or all of it? */
bool subject_may_start(struct span head);

#endif
