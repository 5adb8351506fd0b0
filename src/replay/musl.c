/* A start under musl's loader, and dlopen by it: musl ldso/dynlink.c, in its order. */
#include "replay/musl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "replay/musl_parts.h"
#include "replay/opens.h"

bool musl_is_loader(const struct elf_facts *elf)
{
    return elf->musl_release != NULL;
}

/* ---- objects ---- */

/* Names that are the libc itself whatever follows (load_library): 1 + their
 * kind; 0: another name. ldd tells of each kind once. */
static size_t reserved_kind(const char *name)
{
    static const char *const parts[] = {"c.", "pthread.", "rt.", "m.", "dl.", "util.", "xnet."};
    if (strncmp(name, "lib", 3) != 0)
        return 0;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strncmp(name + 3, parts[i], strlen(parts[i])) == 0)
            return i + 1;
    return 0;
}

static int add_object(struct musl *musl, const struct loaded *object, const char *shortname)
{
    *vec_push(&musl->replay->objects) = *object;
    *vec_push(&musl->shortnames) = shortname;
    memset(vec_push(&musl->needs), 0, sizeof *musl->needs.at);
    return (int)musl->replay->objects.count - 1;
}

/* The object that stands for the loader under a name of this kind. */
static int libc_object(struct musl *musl, int by, const char *name)
{
    int *index = &musl->libc_names[reserved_kind(name)];
    musl->libc_loaded = true;
    if (*index == 0)
        *index = 1 + add_object(musl,
                                &(struct loaded){.name = name,
                                                 .path = musl->loader,
                                                 .node = musl->libc_node,
                                                 .elf = musl->libc,
                                                 .by = by,
                                                 .via = WILLRUN_VIA_BUILTIN,
                                                 .builtin = true},
                                NULL);
    return *index - 1;
}

/* The list that is searched for what is loaded already: the program is not in
 * it, nor is the loader, nor what its process has yet to open. */
static bool is_listed(const struct musl *musl, size_t index)
{
    const struct loaded *object = &musl->replay->objects.at[index];
    return (int)index != musl->program && (index != 0 || !musl->host_starts) && !object->builtin &&
           object->node != NULL;
}

static int find_shortname(const struct musl *musl, const char *name)
{
    for (size_t i = 0; i < musl->shortnames.count; i++)
        if (is_listed(musl, i) && musl->shortnames.at[i] != NULL &&
            strcmp(musl->shortnames.at[i], name) == 0)
            return (int)i;
    return -1;
}

static int find_same_file(struct musl *musl, const struct node *node, const char *shortname)
{
    for (size_t i = 0; i < musl->replay->objects.count; i++) {
        if (!is_listed(musl, i) || node->content == 0 ||
            musl->replay->objects.at[i].node->content != node->content)
            continue;
        if (musl->shortnames.at[i] == NULL && shortname != NULL)
            musl->shortnames.at[i] = strrchr(musl->replay->objects.at[i].path, '/') + 1;
        return (int)i;
    }
    return -1;
}

/* ---- loading ---- */

/* glibc's libc, or musl's own by another path, must not be mapped beside this one. */
static bool is_libc(const struct elf_facts *elf)
{
    static const char main_name[] = "__libc_start_main", stream[] = "stdin";
    return musl_defines(elf, main_name, hash_bytes(main_name, sizeof main_name - 1), true) &&
           musl_defines(elf, stream, hash_bytes(stream, sizeof stream - 1), true);
}

static int load_found(struct musl *musl, int by, const char *name, const struct musl_found *found,
                      enum refusal *refusal)
{
    const char *shortname = strchr(name, '/') != NULL ? NULL : strrchr(found->path, '/') + 1;
    int same = find_same_file(musl, found->node, shortname);
    if (same >= 0)
        return same;
    const struct elf_facts *elf;
    *refusal = musl_map(musl, found->node, &elf);
    if (*refusal != REFUSED_NONE)
        return -1;
    if (is_libc(elf))
        return libc_object(musl, by, "libc.so");
    return add_object(musl,
                      &(struct loaded){.name = name,
                                       .path = found->path,
                                       .node = found->node,
                                       .elf = elf,
                                       .by = by,
                                       .via = found->via},
                      shortname);
}

enum { UNLISTED = -2 }; /* the loader by its own name, which ldd passes over, or the vdso */

/* load_library: an object, UNLISTED, or -1 with what refused it in *refusal, and errno in
 * musl->error. */
static int load_library(struct musl *musl, int by, const char *name, struct musl_found *found,
                        enum refusal *refusal)
{
    *found = (struct musl_found){0};
    *refusal = REFUSED_ERRNO;
    if (*name == 0) {
        musl->error = EINVAL;
        return -1;
    }
    if (reserved_kind(name) != 0)
        return libc_object(musl, by, name);
    if (strcmp(name, musl->loader) == 0) {
        musl->libc_loaded = true;
        return UNLISTED;
    }
    /* the list of a process that runs has the kernel's object, too (__dls3) */
    if (musl->dlopen && !musl->host_starts && strcmp(name, "linux-gate.so.1") == 0)
        return UNLISTED;
    int known = strchr(name, '/') == NULL ? find_shortname(musl, name) : -1;
    if (known >= 0)
        return known;
    return musl_search(musl, by, name, found) ? load_found(musl, by, name, found, refusal) : -1;
}

/* A library that is needed and cannot be had: the loader tells of it and goes on. */
static int tell_missing(struct musl *musl, int by, const char *name, const struct musl_found *found,
                        enum refusal refusal)
{
    int index = add_object(musl, &(struct loaded){.name = name, .by = by}, NULL);
    struct event *event =
        replay_event(musl->replay, found->node == NULL ? EV_NOT_FOUND : EV_REFUSED);
    event->by = by;
    event->object = index;
    event->name = name;
    event->path = found->path;
    event->refusal = refusal;
    event->error = musl->error;
    return index;
}

/* load_preload: what cannot be loaded is passed over without a word. */
static void preload(struct musl *musl, const char *name)
{
    struct musl_found found;
    enum refusal refusal;
    size_t before = musl->replay->objects.count;
    int index = load_library(musl, -1, name, &found, &refusal);
    if (index >= 0 && (size_t)index >= before)
        musl->replay->objects.at[index].via = WILLRUN_VIA_PRELOAD;
    if (index != -1 || *name == 0)
        return;
    struct event *event = replay_event(musl->replay, EV_PRELOAD_IGNORED);
    event->name = name;
    event->origin = "LD_PRELOAD";
    event->path = found.path;
    event->refusal = refusal;
    event->error = musl->error;
}

static void load_preloads(struct musl *musl, const char *text)
{
    static const char separators[] = " \t\n\v\f\r:";
    while (text != NULL && *text != 0) {
        text += strspn(text, separators);
        size_t length = strcspn(text, separators);
        preload(musl, arena_copy(musl->arena, text, length));
        text += length;
    }
}

/* load_direct_deps */
static void load_needs(struct musl *musl, int at)
{
    const struct elf_facts *elf = musl->replay->objects.at[at].elf;
    if (elf == NULL || musl->replay->objects.at[at].builtin)
        return;
    for (size_t i = 0; i < elf->needed_count; i++) {
        struct musl_found found;
        enum refusal refusal;
        const char *name = elf->needed[i];
        int index = load_library(musl, at, name, &found, &refusal);
        if (index == -1)
            index = tell_missing(musl, at, name, &found, refusal);
        if (index != UNLISTED)
            *vec_push(&musl->needs.at[at]) = index;
    }
}

/* load_deps: the needs of `first` and of all that come behind it. */
static void load_deps(struct musl *musl, size_t first)
{
    for (size_t at = first; at < musl->replay->objects.count; at++)
        load_needs(musl, (int)at);
}

/* ---- relocation ---- */

struct event *musl_refuse(struct musl *musl, size_t index, enum refusal refusal)
{
    const struct loaded *object = &musl->replay->objects.at[index];
    struct event *event = replay_event(musl->replay, EV_REFUSED);
    event->by = object->by;
    event->object = (int)index;
    event->name = object->name;
    event->path = object->path;
    event->refusal = refusal;
    return event;
}

/* Do constructors run? A start has them run by __libc_start_main, which a
 * program need not call; dlopen runs those of what it loads. */
static bool runs_constructors(const struct musl *musl)
{
    static const char start[] = "__libc_start_main";
    uint64_t key = hash_bytes(start, sizeof start - 1);
    const struct elf_facts *program = musl->replay->objects.at[0].elf;
    for (size_t i = 0; !musl->dlopen && i < program->ref_count; i++)
        if (program->refs[i].key == key)
            return true;
    return musl->dlopen;
}

/* A loader that knows nothing of packed relative relocations leaves them
 * undone: a constructor is called where no code is, and other pointers wait
 * for whoever follows them. */
static void check_relr(struct musl *musl)
{
    bool constructors = runs_constructors(musl);
    for (size_t i = 0; !musl->has_relr && i < musl->replay->objects.count; i++) {
        const struct loaded *object = &musl->replay->objects.at[i];
        if (object->elf == NULL || object->builtin || !object->elf->has_relr ||
            musl_hosted(musl, i))
            continue;
        bool crashes = constructors && object->elf->relr_init;
        musl_refuse(musl, i, crashes ? REFUSED_RELR : REFUSED_RELR_DATA)->lazy = true;
    }
}

/* A program without a table of its symbols: the first lookup crashes on it,
 * which at the latest is that of malloc once all is relocated (__dls3). */
static bool check_hash(struct musl *musl)
{
    const struct elf_facts *program = musl->replay->objects.at[0].elf;
    if (musl->dlopen || program->has_hash || program->has_gnu_hash)
        return true;
    bool looks_up = false;
    for (size_t i = 0; i < musl->replay->objects.count; i++) {
        const struct loaded *object = &musl->replay->objects.at[i];
        looks_up |= object->elf != NULL && !object->builtin && object->elf->ref_count != 0;
    }
    musl_refuse(musl, 0, REFUSED_NO_HASH)->lazy = !looks_up;
    return !looks_up;
}

/* The program comes last at a start, for its copies are of what the libraries
 * have by then; dlopen begins with the object that it opens. */
static void relocate_all(struct musl *musl)
{
    size_t count = musl->replay->objects.count;
    if (!check_hash(musl))
        return;
    if (musl->dlopen)
        musl_relocate(musl, 0);
    for (size_t i = musl->first_opened; i < count; i++)
        musl_relocate(musl, (int)i);
    if (!musl->dlopen)
        musl_relocate(musl, 0);
    check_relr(musl);
}

/* ---- the whole start ---- */

static void keep_needs(struct musl *musl)
{
    struct replay *replay = musl->replay;
    for (size_t i = 0; i < replay->objects.count; i++) {
        int *needs = arena_array(musl->arena, musl->needs.at[i].count + 1, sizeof *needs);
        for (size_t j = 0; j < musl->needs.at[i].count; j++)
            needs[j] = musl->needs.at[i].at[j];
        replay->objects.at[i].needs = needs;
        replay->objects.at[i].need_count = musl->needs.at[i].count;
        vec_free(&musl->needs.at[i]);
    }
    vec_free(&musl->needs);
    vec_free(&musl->shortnames);
}

/* The process that calls dlopen, as it started: what it lacks is told of where
 * it is judged itself. */
static void start_host(struct musl *musl, const char *preloads)
{
    const struct exec_result *host = musl->process->host;
    size_t events = musl->replay->events.count;
    musl->host_starts = true;
    if (host != NULL) {
        musl->program = add_object(musl,
                                   &(struct loaded){.name = host->program,
                                                    .path = host->program,
                                                    .node = host->node,
                                                    .elf = host->elf,
                                                    .by = -1},
                                   NULL);
        musl->replay->objects.at[0].by = musl->program;
    }
    load_preloads(musl, preloads);
    load_deps(musl, 1);
    for (size_t i = 1; i < musl->replay->objects.count; i++) {
        musl->replay->objects.at[i].by = -1;
        musl->replay->objects.at[i].via = WILLRUN_VIA_LOADED;
        musl->needs.at[i].count = 0; /* told again where the object needs it */
    }
    memset(musl->libc_names, 0, sizeof musl->libc_names);
    musl->replay->events.count = events;
    musl->host_starts = false;
    musl->error = 0; /* __dls3 leaves it so */
}

/* What the object reaches, in the order of its needs: of the process' own
 * objects those alone. */
static void order_objects(struct musl *musl)
{
    struct replay *replay = musl->replay;
    int *order = arena_array(musl->arena, replay->objects.count + 1, sizeof *order);
    bool *reached = arena_array(musl->arena, replay->objects.count + 1, sizeof *reached);
    size_t count = 1;
    for (size_t at = 0; at < count; at++) {
        const struct loaded *object = &replay->objects.at[order[at]];
        for (size_t i = 0; i < object->need_count; i++)
            if (object->needs[i] != 0 && !reached[object->needs[i]]) {
                reached[object->needs[i]] = true;
                order[count++] = object->needs[i];
            }
    }
    replay->order = order;
    replay->order_count = count;
}

/* dlopen's own look at the object. False: it is there already, or nothing comes of it. */
static bool open_subject(struct musl *musl, const struct exec_result *exec)
{
    const struct elf_facts *elf;
    struct replay *replay = musl->replay;
    for (size_t i = 1; i < musl->first_opened; i++)
        if (is_listed(musl, i) && exec->node->content != 0 &&
            replay->objects.at[i].node->content == exec->node->content)
            return false;
    enum refusal refusal = musl_map(musl, exec->node, &elf);
    if (refusal == REFUSED_NONE)
        return true;
    struct event *event = musl_refuse(musl, 0, refusal);
    event->name = event->path = exec->program;
    event->by = -1;
    event->error = musl->error;
    return false;
}

/* The name that __dls3 takes for the program. */
static const char *program_name(const struct exec_result *exec)
{
    const char *path = exec->execfn != NULL ? exec->execfn : exec->program;
    return strncmp(path, "/proc/", 6) != 0 ? path : exec->argv0;
}

/* "x86_64" of "/lib/ld-musl-x86_64.so.1". */
static const char *arch_of(const struct platform *platform, struct arena *arena)
{
    static const char prefix[] = "/lib/ld-musl-";
    if (platform == NULL || platform->musl_interp == NULL)
        return NULL;
    const char *arch = platform->musl_interp + strlen(prefix);
    return arena_copy(arena, arch, strcspn(arch, "."));
}

static void run_dlopen(struct musl *musl, const struct exec_result *exec, const char *preloads)
{
    musl->program = -1;
    start_host(musl, preloads);
    musl->first_opened = musl->replay->objects.count;
    bool opened = open_subject(musl, exec);
    load_needs(musl, 0);
    load_deps(musl, musl->first_opened);
    if (opened)
        relocate_all(musl);
}

static void run_start(struct musl *musl, const char *preloads)
{
    musl->first_opened = 1;
    if (!musl->replay->objects.at[0].elf->has_dynamic) { /* decode_dyn crashes on it */
        musl_refuse(musl, 0, REFUSED_NO_DYNAMIC);
        return;
    }
    load_preloads(musl, preloads);
    load_deps(musl, 0);
    relocate_all(musl);
    if (!exec_entry_maps(musl->replay->objects.at[0].elf))
        musl_refuse(musl, 0, REFUSED_MALFORMED)->crash = CRASH_ENTRY;
}

/* What dlopen of `name` by object `by` finds. */
static const char *search_opened(void *loader, int by, const char *name)
{
    struct musl *musl = loader;
    struct musl_found found = {0};
    if (reserved_kind(name) != 0)
        return musl->loader;
    if (strchr(name, '/') == NULL)
        for (size_t i = 0; i < musl->shortnames.count; i++)
            if (musl->shortnames.at[i] != NULL && strcmp(musl->shortnames.at[i], name) == 0)
                return musl->replay->objects.at[i].path;
    size_t events = musl->replay->events.count;
    bool there = musl_search(musl, by, name, &found);
    musl->replay->events.count = events; /* a start does not search for it */
    return there ? found.path : NULL;
}

static void run(struct musl *musl, const struct exec_result *exec, const char *preloads)
{
    if (musl->dlopen)
        run_dlopen(musl, exec, preloads);
    else
        run_start(musl, preloads);
    opens_replay(musl->replay, musl->process, musl->dlopen, search_opened, musl);
}

/* AT_SECURE: a set-id program does not trust its caller's environment. */
static bool is_secure(const struct exec_result *exec, const struct cred *cred)
{
    enum { SET_UID = 04000, SET_GID = 02000, GROUP_EXEC = 010 };
    const struct node *node = exec->node;
    return ((node->mode & SET_UID) != 0 && node->uid != cred->uid) ||
           ((node->mode & SET_GID) != 0 && (node->mode & GROUP_EXEC) != 0 &&
            node->gid != cred->gid);
}

/* The path by which the process knows its loader; `program` is its own, NULL: not known. */
static void name_loader(struct musl *musl, const struct exec_result *program,
                        const struct platform *platform, const struct exec_result *exec)
{
    if (musl->dlopen && program != NULL)
        musl->loader = program->elf->interp;
    else if (musl->dlopen || musl->loader == NULL)
        musl->loader = platform != NULL && platform->musl_interp != NULL
                           ? platform->musl_interp
                           : node_path(exec->interp, musl->arena);
}

void musl_replay(struct facts *facts, const struct process *process, const struct exec_result *exec,
                 bool dlopen, struct replay *replay)
{
    struct musl musl = {.facts = facts,
                        .process = process,
                        .replay = replay,
                        .arena = replay->arena,
                        .libc = exec->interp_elf,
                        .libc_node = exec->interp,
                        .loader = exec->elf->interp,
                        .library_path = process_env(process, "LD_LIBRARY_PATH"),
                        .dlopen = dlopen};
    const struct exec_result *program = dlopen ? process->host : exec; /* of the process */
    const struct platform *platform = platform_of_elf(exec->interp_elf);
    const char *preloads = process_env(process, "LD_PRELOAD");
    bool gcompat = !musl_is_loader(exec->interp_elf);
    musl.exe = node_path(program != NULL ? program->node : exec->node, replay->arena);
    musl.secure = program != NULL && is_secure(program, &process->cred);
    if (musl.secure)
        musl.library_path = preloads = NULL;
    musl.arch = arch_of(platform, replay->arena);
    replay->loader = LIBC_MUSL;
    replay->wide = exec->interp_elf->wide;
    replay->big = exec->interp_elf->big;
    replay->starts = true;
    replay->host_known = process->host != NULL;
    replay->argv0 = dlopen ? exec->program : gcompat ? musl.exe : program_name(exec);
    add_object(&musl,
               &(struct loaded){.name = replay->argv0,
                                .path = replay->argv0,
                                .node = exec->node,
                                .elf = exec->elf,
                                .by = -1},
               NULL);
    if (!dlopen && !gcompat && !elf_tells_base(exec->elf)) /* gcompat has musl map the program */
        musl_refuse(&musl, 0, REFUSED_MALFORMED)->crash = CRASH_BASE;
    else if (!dlopen && elf_spoils_debug(exec->elf))
        musl_refuse(&musl, 0, REFUSED_MALFORMED)->crash = CRASH_READONLY;
    if (!gcompat || musl_enter_gcompat(&musl, platform, exec, &preloads)) {
        name_loader(&musl, program, platform, exec);
        musl_know_release(&musl);
        run(&musl, exec, preloads);
    }
    keep_needs(&musl);
    if (dlopen)
        order_objects(&musl);
}
