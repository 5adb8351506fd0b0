/* The program in whose process a shared object is opened. */
#ifndef WILLRUN_CHECK_HOST_H
#define WILLRUN_CHECK_HOST_H

#include "check/subject.h"
#include "plugin/plugin.h"
#include "replay/memo.h"
#include "verdict/findings.h"
#include "verdict/words.h"

/* Of a program that was to load a plugin and does not start: how it ends. */
struct host_failure {
    struct words words;  /* what its loader prints; to be freed */
    const char *runtime; /* what the container runtime says; NULL: nothing */
    int error;           /* of its execve; 0: that goes well */
};

/* What --host says where a shared object is opened by a process of which nothing is known. */
#define NO_HOST "none"

struct host {
    const struct plugin *plugin;   /* what the object is; NULL: no kind that is known */
    const struct plugin_host *row; /* what the program is; NULL: none of the table */
    struct exec_result exec;
    bool known; /* there is a program, and what it would offer is known */
    struct host_failure failure;
    bool failed;         /* there is one: of the host that was named, or that comes first */
    const char *instead; /* what it prints whatever dlopen says; NULL: what dlopen makes of it */
};

/* Find who opens the object at `path`: the program of --host, else the one that loads its kind of
 * plugin in this target. A finding says why there is none where one is needed. With one, `process`
 * becomes its. */
void host_find(const struct target *target, struct process *process, const char *path,
               const struct elf_facts *elf, struct findings *findings, struct host *host);

/* A host that dlopen has served may still refuse what it has loaded: then there is a finding, and
 * `words` are its words, as those of dlerror. `words`: of the replay of dlopen. */
void host_judge(const struct target *target, const struct process *process, const struct host *host,
                const struct replay *replay, struct words *words, struct findings *findings);

/* What those that ask as a certain host does look at. */
struct host_judging {
    const struct target *target;
    const struct process *process;
    const struct host *host;
    const struct replay *replay; /* of dlopen, which went well */
    struct words *words;
    struct findings *findings;
};

/* What the file at `node` (NULL: none) says of its build: `size` bytes (BUILD_MOST at most) of the
 * finder's struct, all 0 where nothing can be read: the bytes of a profile are cut down. */
void host_build(const struct host_judging *judging, const struct node *node, build_finder *finder,
                void *build, size_t size);

/* Add that the host refuses the plugin, with `message` (in the findings' arena); the fix is for the
 * caller to say. */
struct willrun_finding *host_refuses(const struct host_judging *judging, const char *message);

/* Add that `what` leaves open whether the host takes the plugin; the fix is for the caller to say.
 */
struct willrun_finding *host_not_known(const struct host_judging *judging, const char *what);

/* What the host prints for these words about the plugin at `path`. */
void host_words(const struct target *target, const struct process *process, const struct host *host,
                const char *path, struct words *words, struct arena *arena);

/* Say of findings about symbols which release of the host has them. */
void host_advise(const struct target *target, const struct host *host,
                 const struct exec_result *exec, struct findings *findings);

/* Let the process have opened `paths` (parted by ":", NULL: none) before it opens the plugin: they
 * are in its global scope, as preloaded objects are. */
void host_has_opened(struct process *process, const char *paths, struct arena *arena);

#endif
