/* What the parts of the glibc replay share. Private to src/replay. */
#ifndef WILLRUN_REPLAY_GLIBC_H
#define WILLRUN_REPLAY_GLIBC_H

#include "replay/ldcache.h"
#include "replay/replay.h"

/* Facts of one ld.so in one root, made once and shared by all replays of a thread. */
struct glibc_loader {
    const struct node *node; /* of the loader */
    const struct elf_facts *elf;
    unsigned minor;          /* of "2.36" */
    const char *const *dirs; /* default directories, best first */
    size_t dir_count;
    const char *lib; /* what $LIB stands for */
    struct ldcache *cache;
    bool has_cache;  /* /etc/ld.so.cache exists */
    int cache_error; /* why it cannot be read here; 0: it can, or there is none */
    struct cpu cpu;
    const char *folders[HWCAPS_FOLDERS]; /* tried in every directory, best first; the last: "" */
    size_t folder_count;
};

/* Bits of a mode: chmod's u+s and g+s. */
enum { SET_USER = 04000, SET_GROUP = 02000 };

/* A list of directories to search, in glibc's spelling: ends with a slash. */
struct search_list {
    const char **dirs;
    uint32_t *dead; /* bits of subfolders, by loader->folders, and of glibc-hwcaps (DEAD_LEVELS),
                       known not to exist: passed over without a system call */
    size_t count;
    bool made; /* expanded already */
    enum willrun_via via;
};

/* What the replay keeps for each loaded object beside struct loaded. */
struct link_map {
    struct search_list rpath, runpath;
    const char *names[4]; /* by which it was asked for; the rest in `more_names` */
    size_t name_count;
    struct VEC(const char *) more_names;
    bool absent;           /* dlopen's own object, while its host starts */
    bool faked;            /* not found */
    bool builtin;          /* ld.so itself */
    bool broken;           /* refused: it ends a real start */
    bool crashed;          /* ld.so died when it mapped the file, and that is told */
    bool hosted;           /* libc of dlopen's host, while nothing here has needed it */
    struct VEC(int) needs; /* objects, in DT_NEEDED order */
};

struct glibc {
    struct facts *facts;
    struct root *root;
    const struct process *process;
    struct replay *replay;
    struct arena *arena;
    const struct glibc_loader *loader;
    struct search_list library_path, defaults;
    struct VEC(struct link_map) maps; /* beside replay->objects */
    struct VEC(int) scope;            /* search order: indices of objects */
    struct VEC(const char *) missed;  /* directories that do not exist, as they were tried once */
    struct VEC(int) global;           /* of dlopen: the host's scope, which is searched first */
    int program;                      /* index of the main program; -1: not known */
    size_t host_end;                  /* of dlopen: objects that were there before, and object 0 */
    bool secure; /* AT_SECURE: the program has more rights than who starts it */
    bool preloading;
    bool dlopen;
    bool opening;       /* dlopen itself has begun: its host stands */
    bool opened_before; /* the host has loaded the object by itself */
    bool stack_exec;    /* the host's stack is executable */
    bool bind_now;      /* LD_BIND_NOW is set to something, or dlopen is called with RTLD_NOW */
    bool cache_asked;   /* /etc/ld.so.cache was opened, or not found */
    int last_error;     /* errno, which ld.so prints at the end of a search */
};

/* Where a name was found. */
struct found {
    const struct node *node;
    const struct elf_facts *elf;
    const char *path; /* as ld.so names it */
    enum willrun_via via;
    enum refusal refusal; /* of a file that ends the search; REFUSED_NONE: it serves */
    int error;            /* errno: of the refusal, or of the search */
    bool other_class;     /* some candidate was of another class */
    bool better;          /* a better CPU takes another file: told of */
};

/* glibc_search.c: the file for `name` as asked by object `by` (-1: none);
 * false: nowhere (found->error is what errno would be). */
bool glibc_search(struct glibc *glibc, int by, const char *name, struct found *found);

/* What ld.so thinks of a file it has opened (elf/dl-load.c, open_verify and
 * _dl_map_object_from_fd). *skip: passed over without a word. */
enum refusal glibc_verify(const struct glibc *glibc, const struct file_facts *file, bool *skip,
                          int *error, bool *other_class);

/* Does the object ask for an executable stack? Without PT_GNU_STACK the machine's
 * default counts (glibc's stackinfo.h). */
bool glibc_stack_exec(const struct elf_facts *elf);

/* Room for static TLS in the process that opens a shared object. */
struct tls_room {
    uint64_t used, size, align; /* bytes; of the block without the thread's descriptor */
    bool below;                 /* the block grows down from the thread pointer */
    bool *taken;                /* by object: it has its place, or was refused one */
};

/* glibc_tls.c: the room that the host's own objects leave; what relocating
 * object `index` takes of it, with an event where it does not fit. */
void glibc_tls_begin(const struct glibc *glibc, struct tls_room *room);
void glibc_tls_take(struct glibc *glibc, struct tls_room *room, int index);

/* bind.c: does some object of the scope define `name` in `version`? */
bool glibc_has_version(const struct glibc *glibc, const char *name, const char *version);

/* glibc_finish.c: what a start does of libc when all is relocated. */
void glibc_finish(struct glibc *glibc);

/* glibc_dlopen.c: the whole of dlopen of `exec`. */
void glibc_open(struct glibc *glibc, const struct exec_result *exec);

/* Is the object there, and relocated, before dlopen is called? */
bool glibc_of_host(const struct glibc *glibc, int index);

/* Was every version that the object needs checked before dlopen was called? */
bool glibc_checked_before(const struct glibc *glibc, int index);

/* glibc.c: the parts of a start, which dlopen's host goes through, too. */
int glibc_add_object(struct glibc *glibc, const struct loaded *object);

/* What ld.so dies of while it maps the file. */
enum crash glibc_mapping_crash(const struct glibc *glibc, const struct elf_facts *elf);

/* Tell that the object cannot be loaded, as what asked for it has it; the event, for what else
 * there is to say. */
struct event *glibc_refuse(struct glibc *glibc, int index, enum refusal refusal);

const char *glibc_origin(struct glibc *glibc, const char *path);
int glibc_add_loader(struct glibc *glibc, const char *path);
int glibc_map_object(struct glibc *glibc, int by, const char *name);
/* What the loader reads there is not known to willrun, where `error` is not 0. */
void glibc_unread(struct glibc *glibc, const char *path, int error);

void glibc_load_preloads(struct glibc *glibc);

/* What the scope's objects need. Returns how many events there were before a filtee went in front
 * of all of them; SIZE_MAX: none did. */
size_t glibc_load_all(struct glibc *glibc);

/* The needs of object `index`, which is in the scope: before 2.32 a filtee in front of it
 * meets an assertion. */
void glibc_load_from(struct glibc *glibc, int index);

bool glibc_in_scope(const struct glibc *glibc, int index);

/* bind.c: the object that binds `ref` of `elf`, passing over `but`; -1: none. */
int glibc_definer(const struct glibc *glibc, const struct elf_facts *elf, const struct elf_ref *ref,
                  const struct elf_facts *but);

/* glibc_order.c: objects in the order in which ld.so relocates them. */
void glibc_relocation_order(const struct glibc *glibc, int *order, size_t *count);

/* glibc_version.c: every version that objects need of each other. */
void glibc_check_versions(struct glibc *glibc);

/* The text of an assertion of this release, which ends a process: a version need names
 * no loaded object; a version is needed of an object that has none. */
enum glibc_assertion { ASSERT_NEEDED, ASSERT_MATCH };
const char *glibc_assertion(const struct glibc *glibc, enum glibc_assertion which);

/* glibc_release.c: "2.36", as the loader says of itself (2.33 and later) or the
 * libc.so.6 in its default directories does; NULL: neither. */
const char *glibc_release(struct facts *facts, const struct elf_facts *loader);

/* bind.c: every symbol reference of every object. */
void glibc_bind(struct glibc *glibc);

/* The object that ld.so loaded as number `place`: dlopen's own has index 0, and comes
 * behind those of its host. */
int glibc_nth(const struct glibc *glibc, size_t place);

/* Does ld.so know object `index` by `name`? */
bool glibc_name_matches(const struct glibc *glibc, int index, const char *name);

#endif
