/* What the parts of the musl replay share. Private to src/replay. */
#ifndef WILLRUN_REPLAY_MUSL_PARTS_H
#define WILLRUN_REPLAY_MUSL_PARTS_H

#include "base/vec.h"
#include "replay/replay.h"

struct musl {
    struct facts *facts;
    const struct process *process;
    struct replay *replay;
    struct arena *arena;
    const struct elf_facts *libc; /* the loader itself */
    const struct node *libc_node;
    const char *loader;       /* its name: PT_INTERP's text */
    const char *arch;         /* LDSO_ARCH, which it was built for: "x86_64"; NULL: not known */
    const char *exe;          /* what /proc/self/exe says; NULL: not known */
    const char *library_path; /* LD_LIBRARY_PATH; NULL: none */
    const char *system_path;  /* of the path file, or the default; NULL: not read yet */
    enum willrun_via system_via;
    int error;         /* errno, which lasts from one search to the next; 0 at first */
    int libc_names[8]; /* by reserved kind: 1 + the object that stands for it; 0: none yet */
    bool libc_loaded;  /* some object asked for it: its symbols count */
    bool has_relr;     /* it applies DT_RELR: 1.2.4 and later, and some before that Alpine built */
    bool has_riscv_desc;  /* it knows RISCV_TLSDESC: 1.2.5 and later */
    size_t lfs64_longest; /* name that get_lfs64 can hold: 16 in 1.2.4 and 1.2.5 */
    bool dlopen;
    bool secure;      /* AT_SECURE */
    bool host_starts; /* the process that calls dlopen is being loaded */
    int program;      /* the process' own program: 0, in dlopen its host; -1: not known */
    size_t
        first_opened; /* objects behind [0] that this replay loads; those before are the host's */
    struct VEC(const char *) shortnames; /* by object: last part it was found by; NULL: none */
    struct VEC(struct VEC(int)) needs;
};

/* musl_release.c: what the loader's release knows, by `libc`. */
void musl_know_release(struct musl *musl);

struct musl_found {
    const struct node *node;
    const char *path;
    enum willrun_via via;
};

/* musl_search.c: open what `name` of object `by` (-1: none) stands for, as
 * load_library does; false: nothing, and musl->error is its errno. */
bool musl_search(struct musl *musl, int by, const char *name, struct musl_found *found);

/* musl_map.c: what map_library makes of an open file of any type. With
 * REFUSED_NONE its facts are in *elf; musl->error is set as the refusal sets it. */
enum refusal musl_map(struct musl *musl, const struct node *node, const struct elf_facts **elf);

/* Was the object there before dlopen? */
static inline bool musl_hosted(const struct musl *musl, size_t index)
{
    return index != 0 && index < musl->first_opened;
}

/* An event that says what is wrong with object `index`. */
struct event *musl_refuse(struct musl *musl, size_t index, enum refusal refusal);

/* musl_gcompat.c: gcompat's stub executes musl's loader on the program, with
 * *library to preload; false: there is none to execute. */
bool musl_enter_gcompat(struct musl *musl, const struct platform *platform,
                        const struct exec_result *exec, const char **library);

/* musl_relocate.c: what relocating object `index` finds missing (do_relocs). */
void musl_relocate(struct musl *musl, int index);

/* Does `elf` define `name`, whose key is `key`, as one step of find_sym sees it?
 * `need_def`: for a call through the PLT. */
bool musl_defines(const struct elf_facts *elf, const char *name, uint64_t key, bool need_def);

#endif
