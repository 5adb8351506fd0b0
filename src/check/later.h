/* What a program meets when it runs: files that it looks for, and libraries that it opens. */
#ifndef WILLRUN_CHECK_LATER_H
#define WILLRUN_CHECK_LATER_H

#include "check/subject.h"
#include "verdict/findings.h"

/* A start that succeeds, as far as loaders go. */
struct later {
    const struct target *target;
    const struct process *process;
    const struct exec_result *exec;
    const struct replay *replay; /* NULL: a static program */
    bool dlopen;                 /* of a shared object */
    bool own;                    /* what the user brings or starts */
    const char *runs;            /* the file that the program is told to run; NULL: not known */
    struct findings *findings;
};

/* Names that the subject may open when it runs, for process->opens; in `arena`. NULL: none. */
const char *const *later_opens(const struct target *target, const struct exec_result *exec,
                               bool own, struct arena *arena);

/* A note for each file that the target lacks and the subject's code can reach; a warning for what
 * it reaches in all likelihood. */
void later_find(const struct later *later);

/* later_process.c: what the environment says, and which functions of libc lead to libraries. */
void later_process(const struct later *later);

/* later_dotnet.c: of a program of .NET, whose bytes are `file`, what its host looks for; and the
 * releases of ICU, each given to `name`. */
void later_dotnet(const struct later *later, struct span file);
typedef void later_name(void *context, const char *name);
void later_dotnet_opens(struct span file, const struct elf_facts *elf, struct arena *arena,
                        later_name *name, void *context);

/* later_opened.c: mark with a reason in `symbol` the libraries that are found and do not load. */
void later_try_opened(const struct later *later, struct replay *replay);

/* Does the file import one of the functions, which are parted by blanks? The first that it does. */
const char *later_import(const struct elf_facts *elf, const char *functions, struct arena *arena);

/* Is there such a file, or such a folder with something in it? */
bool later_exists(const struct target *target, const char *path);

#endif
