/* What a process start would do, as a list of events in the loader's own order.
 * A replay prints nothing and judges nothing. */
#ifndef WILLRUN_REPLAY_REPLAY_H
#define WILLRUN_REPLAY_REPLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/vec.h"
#include "file/file_facts.h"
#include "platform/platform.h"
#include "root/root.h"
#include "willrun/result.h"

/* The process that would start. */
struct exec_result;
struct process {
    const char *const *env; /* "K=V", NULL at the end */
    struct cred cred;
    const struct node *cwd;          /* working directory; NULL: the root directory */
    const struct platform *platform; /* of the machine; NULL: that of the program itself */
    int cpu_level;                   /* x86-64 micro-architecture level, 1 to 4 */
    bool trail;                      /* record every path considered (EV_CONSIDERED) */
    const struct exec_result *host;  /* of a dlopen: the program that calls it; NULL: not known */
    bool opens_lazily;               /* … it does with RTLD_LAZY, else with RTLD_NOW */
    const char *const *opens; /* names that the subject may open when it runs; NULL at the end */
    struct memo *memo;        /* what replays of one root in one thread share (memo.h) */
};

/* The value of `name` in the process environment; NULL: not set. */
const char *process_env(const struct process *process, const char *name);

/* Why a candidate file was passed over or refused. The text a loader prints
 * for each is in verdict/words.c. */
enum refusal {
    REFUSED_NONE,
    REFUSED_ERRNO,         /* open or read failed: errno in the event */
    REFUSED_CLASS,         /* another ELF class */
    REFUSED_MACHINE,       /* another machine, byte order or ABI flags */
    REFUSED_SHORT,         /* file too short */
    REFUSED_MAGIC,         /* invalid ELF header */
    REFUSED_DATA,          /* another byte order: ELF file data encoding not … */
    REFUSED_READ,          /* cannot read file data: errno in the event (a folder: EISDIR) */
    REFUSED_IDENT_VERSION, /* EI_VERSION */
    REFUSED_OSABI,         /* EI_OSABI */
    REFUSED_ABIVERSION,    /* EI_ABIVERSION */
    REFUSED_PADDING,       /* nonzero padding in e_ident */
    REFUSED_VERSION,       /* e_version */
    REFUSED_TYPE,          /* only ET_DYN and ET_EXEC can be loaded */
    REFUSED_PHENTSIZE,     /* ELF file's phentsize not the expected size */
    REFUSED_PHDRS,         /* program headers cannot be read */
    REFUSED_NO_SEGMENTS,   /* object file has no loadable segments */
    REFUSED_NO_DYNAMIC,    /* object file has no dynamic section */
    REFUSED_ALIGN_PAGE,    /* ELF load command alignment not page-aligned */
    REFUSED_ALIGN_OFFSET,  /* ELF load command address/offset not properly aligned */
    REFUSED_EXEC,          /* cannot dynamically load executable */
    REFUSED_PIE,           /* cannot dynamically load position-independent executable */
    REFUSED_NOOPEN,        /* DF_1_NOOPEN: shared object cannot be dlopen()ed */
    REFUSED_ISA,           /* CPU ISA level is lower than required */
    REFUSED_STATIC_TLS,    /* cannot allocate memory in static TLS block */
    REFUSED_EXEC_STACK,    /* cannot enable executable stack */
    REFUSED_NOEXEC,        /* musl: ENOEXEC for whatever it cannot map */
    REFUSED_ABI_NOTE,      /* glibc: ABI note of another OS or a newer kernel: passed over */
    REFUSED_MALFORMED,     /* tables outside of the file: a loader would crash on it */
    REFUSED_RELR,          /* musl before 1.2.4, glibc before 2.36: DT_RELR is not applied to a
                              constructor's address, or to a program */
    REFUSED_RELR_DATA,     /* … nor to other pointers: it loads, and is broken */
    REFUSED_RELR_MARKER,   /* glibc: DT_RELR without a need for GLIBC_ABI_DT_RELR */
    REFUSED_TLS_NOWHERE,   /* musl: weak thread-local symbol that nothing defines: it crashes */
    REFUSED_RELEASE,       /* glibc: libc.so.6 of another release than ld.so */
    REFUSED_LIBC,          /* glibc: musl's libc, by which the program would be started */
    REFUSED_NO_HASH,       /* musl: neither DT_HASH nor DT_GNU_HASH, on which it crashes */
    REFUSED_FIFO,          /* a fifo: the real loader would hang in open */
};

enum event_kind {
    EV_EXEC_FAILED, /* execve fails: error; path = what failed (the program, its
                       interpreter, a shebang's program), name = why (enum exec_reason) */
    EV_CONSIDERED,  /* name looked for at path, and passed over: refusal, error; only for `trail` */
    EV_NOT_FOUND,   /* name, needed by object `by`, is nowhere; refusal and error say how the
                       loader ends the line; `at_path` where it names a path instead of the name */
    EV_REFUSED,     /* a file found for `name` cannot be loaded: path, refusal, error; fatal */
    EV_PRELOAD_IGNORED, /* preload `name` from `origin` is not loaded: refusal, error */
    EV_VERSION_MISSING, /* `object` does not define `version`, needed by `by`; weak: only a warning
                         */
    EV_VERSION_NO_INFO, /* `object` has no version information, needed by `by` */
    EV_VERSION_ASSERT,  /* an assertion of ld.so ends the process: name = the file whose versions
                           `by`  needs, path = the assertion's text; symbol: it is met when that is
                           bound */
    EV_SYMBOL_UNBOUND,  /* `symbol` [`version`] of `by` is nowhere in scope; lazy: only when called
                         */
    EV_COPY_SIZE,       /* copy relocation of `symbol` in `by`: its size differs from `object`'s */
    EV_PROTECTED, /* the program takes `symbol` of `object`, which is protected, for its own: by a
                     copy relocation, or (number 1) by the address of its PLT entry;
                     weak: only a warning */
    EV_RELOC_UNKNOWN, /* relocation `number` in `by` is of a type the loader does not know; lazy:
                         it stands among those of the PLT, which are not bound yet */
    EV_TLS_DYNAMIC,   /* musl: initial-exec TLS of `symbol` in `by` resolves to dynamic `object` */
    EV_VERSION_IGNORED, /* musl: `symbol` of `by`, meant for `version` of the library `name`, is
                           taken from `object` */
    EV_BETTER_CPU, /* `name`, needed by `by`: a better CPU of the machine takes `path` for it */
    EV_OPENS,  /* `by` opens `name` when it runs, for `origin`, and finds `path` (NULL: nothing);
                  number: enum open_priority */
    EV_UNREAD, /* `path`, which the loader reads, is kept from willrun itself: error */
    EV_FATAL,  /* loader's own fatal line: name = text, exit status in `number` */
};

/* How much depends on what an object opens when it runs. */
enum open_priority {
    OPEN_UNKNOWN, /* it has the name in it, and no note says what for */
    OPEN_SUGGESTED,
    OPEN_RECOMMENDED,
    OPEN_REQUIRED,
};

enum exec_reason {
    EXEC_OK,
    EXEC_NOT_FOUND,       /* the command itself does not exist (its path cannot be walked) */
    EXEC_NOT_IN_PATH,     /* no such command in PATH */
    EXEC_PATH_RELATIVE,   /* found through a relative folder of PATH, which runtimes refuse */
    EXEC_NOT_REGULAR,     /* a folder, a device … */
    EXEC_NO_PERMISSION,   /* no x bit */
    EXEC_EMPTY,           /* empty file */
    EXEC_NO_FORMAT,       /* neither ELF nor script */
    EXEC_SHEBANG_BAD,     /* a shebang line without a program */
    EXEC_SHEBANG_MISSING, /* the shebang's program does not exist */
    EXEC_SHEBANG_CRLF,    /* … because of a CR at the end of its name */
    EXEC_SHEBANG_REFUSED, /* the shebang's program cannot be executed */
    EXEC_SHEBANG_LOOP,    /* more than 5 levels of scripts */
    EXEC_ENV_MISSING,     /* #!/usr/bin/env X, and X is not in PATH: env says so, status 127 */
    EXEC_MACHINE,         /* the platform cannot run this machine */
    EXEC_TYPE,            /* an ELF file that is no program (object file, core) */
    EXEC_MALFORMED,       /* an ELF file whose headers the kernel refuses */
    EXEC_INTERP_MISSING,  /* PT_INTERP names a file that does not exist */
    EXEC_INTERP_REFUSED, /* … that is no ELF file of the machine, has no x bit, is a folder … */
    EXEC_KILLED,         /* execve succeeds, and the process is killed while it is mapped */
    EXEC_UNREADABLE,     /* willrun itself could not read a file that decides */
    EXEC_ENV_REFUSED, /* #!/usr/bin/env refuses its own argument (busybox: -S; GNU: bad -S text) */
    EXEC_SCRIPT_UNREADABLE, /* the interpreter starts, and may not read the script */
};

/* What a loader dies of where the file's own tables are whole. */
enum crash {
    CRASH_NONE,     /* they are not: the file's facts tell what is wrong */
    CRASH_BASE,     /* PT_PHDR does not tell where the program is mapped */
    CRASH_HEADERS,  /* PT_PHDR lies in no memory */
    CRASH_INTERP,   /* PT_INTERP does */
    CRASH_READONLY, /* the loader writes to a dynamic section that is mapped read-only */
    CRASH_END,      /* it reads behind the end of the file */
    CRASH_STRINGS,  /* there is no DT_STRTAB */
    CRASH_ENTRY,    /* the first instruction is in no code */
    CRASH_VERSIONS, /* symbols have versions that have no names */
    CRASH_GOT,      /* calls are bound as they are made, and no DT_PLTGOT may be written to */
    CRASH_TLS,      /* a relocation is an offset into a block of thread-local data that is none */
};

struct event {
    enum event_kind kind;
    enum refusal refusal;
    enum exec_reason reason; /* EV_EXEC_FAILED */
    int error;               /* errno, 0: none */
    int by;                  /* index of the object that asked; -1: none */
    int object;              /* index of the object it is about; -1: none */
    enum willrun_via via;    /* EV_CONSIDERED: which search */
    bool weak, lazy, at_path;
    uint32_t number;
    enum crash crash; /* REFUSED_MALFORMED */
    const char *name, *path, *symbol, *version, *origin;
};

/* One object of the process, as a loader's link map. */
struct loaded {
    const char *name;   /* as it was asked for (DT_NEEDED, LD_PRELOAD); of the program its path */
    const char *path;   /* as the loader would print it; NULL: not found */
    const char *origin; /* what $ORIGIN is for it; NULL: unknown */
    const struct node *node;     /* NULL: not found, or builtin */
    const struct elf_facts *elf; /* NULL: not found */
    int by;                      /* index of the object that had it loaded; -1: program, preload */
    enum willrun_via via;
    bool builtin;     /* the loader itself */
    const int *needs; /* indices of objects, one a DT_NEEDED name in file order */
    size_t need_count;
};

enum libc_kind { LIBC_NONE, LIBC_GLIBC, LIBC_MUSL, LIBC_UCLIBC, LIBC_BIONIC, LIBC_UNKNOWN };

/* The result of one replay. */
struct replay {
    struct arena *arena;               /* owns names and paths made here; borrowed */
    struct VEC(struct loaded) objects; /* [0] is the program; in load order */
    struct VEC(struct event) events;   /* in the order of happening */
    const int *order; /* objects in search order, the program first; NULL: as they stand */
    size_t order_count;
    const char *argv0;     /* by which the loader names the program in its lines */
    enum libc_kind loader; /* which loader was replayed; LIBC_NONE: static */
    bool wide, big;        /* its class and byte order */
    bool starts;           /* exec succeeded: the loader (or the program) got control */
    bool host_known;       /* of dlopen: the symbols of the program that calls it were looked at */
};

void replay_free(struct replay *replay);
struct event *replay_event(struct replay *replay, enum event_kind kind);

/* What execve of `path` leads to. */
struct exec_result {
    enum exec_reason reason; /* EXEC_OK: the kernel starts it */
    int error;               /* errno of execve, 0 */
    const char *culprit;     /* path of what failed: program, interpreter, shebang program */
    const struct node *culprit_node; /* NULL: there is none, or nothing failed */
    const char *detail;              /* what is wrong with it, a phrase without a subject ("is for
                                        arm64"); NULL: the reason says it all */
    const char *program;     /* path of the ELF program that runs at the end of the shebang chain */
    const struct node *node; /* of that program */
    const struct elf_facts *elf; /* of that program */
    const struct node *interp;   /* its PT_INTERP's node; NULL: static */
    const struct elf_facts *interp_elf;
    const char *execfn;           /* AT_EXECFN that it sees: the path of the last execve, which
                                     for a script is the script's; NULL: not known */
    const char *argv0;            /* argv[0] that it sees */
    const char *const *arguments; /* behind argv[0], NULL at the end; NULL: none */
    const char *stderr_line; /* what a wrapper such as env prints, lines parted by '\n', none at
                                the end; NULL: nothing, or not known */
    int exit_status;         /* of that wrapper; 0: none */
    const char *const *chain;
    size_t chain_count;                /* scripts passed, outermost first */
    const struct exec_result *wrapper; /* the program that ran first: env of a shebang line,
                                          which executes `program`, or an interpreter that cannot
                                          read its script; NULL: none. It starts (EXEC_OK as far
                                          as the kernel goes); what fails behind it has
                                          `exit_status`, and `error` 0 */
    bool uncertain; /* EXEC_SCRIPT_UNREADABLE: whether this interpreter reads it is not known */
    const char *const *env; /* environment that `program` gets, where a wrapper made it; NULL:
                               that of the process */
};

/* Replay execve (Linux fs/exec.c, binfmt_script.c, binfmt_elf.c) of `path`,
 * relative to the process' working directory, without a search in PATH. */
void exec_replay(struct facts *facts, const struct process *process, const char *path,
                 struct arena *arena, struct exec_result *result);

/* Is the first instruction of the program, of its loader or behind it, among the bytes of a segment
 * that may be executed? */
bool exec_entry_maps(const struct elf_facts *elf);

/* Find `command` as container runtimes do: as it is where it has a slash, else
 * through PATH. NULL: refused before any execve, with `reason` and `error` in
 * `result`. */
const char *exec_find(struct facts *facts, const struct process *process, const char *command,
                      struct arena *arena, struct exec_result *result);

/* Replay glibc's ld.so for the program in `exec` (or, for a shared object that
 * some process loads with dlopen, `exec->node` with `dlopen` true). Appends to
 * `replay`, whose arena is set. */
void glibc_replay(struct facts *facts, const struct process *process,
                  const struct exec_result *exec, bool dlopen, struct replay *replay);

/* The same for musl's loader. */
void musl_replay(struct facts *facts, const struct process *process, const struct exec_result *exec,
                 bool dlopen, struct replay *replay);

/* Either of them. */
typedef void replay_call(struct facts *facts, const struct process *process,
                         const struct exec_result *exec, bool dlopen, struct replay *replay);

#endif
