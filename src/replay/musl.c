/* A start under musl's loader, and dlopen by it: musl ldso/dynlink.c, in its order. */
#include "replay/musl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "replay/musl_parts.h"

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
 * it, nor is the loader. */
static bool is_listed(const struct musl *musl, size_t index)
{
    const struct loaded *object = &musl->replay->objects.at[index];
    return (index != 0 || musl->dlopen) && !object->builtin && object->node != NULL;
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

/* map_library: what it cannot map is "Exec format error"; neither the magic
 * number nor the machine is looked at, but another class or byte order shows as
 * nonsense. */
static enum refusal verify(const struct musl *musl, const struct file_facts *file)
{
    if (file->kind != FILE_ELF || file->elf->state == ELF_SHORT_HEADER)
        return REFUSED_NOEXEC;
    const struct elf_facts *elf = file->elf;
    if ((elf->type != ET_DYN && elf->type != ET_EXEC) || elf->phdrs == NULL || !elf->has_dynamic ||
        elf->wide != musl->libc->wide || elf->big != musl->libc->big)
        return REFUSED_NOEXEC;
    return elf->has_hash || elf->has_gnu_hash ? REFUSED_NONE : REFUSED_NO_HASH;
}

/* The refusal of an open file of any type; musl->error is set as a read or an
 * mmap of it would. */
static enum refusal refusal_of(struct musl *musl, const struct node *node)
{
    enum refusal refusal = REFUSED_NOEXEC;
    if (node->type == NODE_FIFO)
        return REFUSED_FIFO;
    if (node->type == NODE_DIR) {
        musl->error = EISDIR;
        return REFUSED_ERRNO;
    }
    if (node->type == NODE_FILE)
        refusal = verify(musl, facts_of(musl->facts, node));
    if (refusal == REFUSED_NOEXEC)
        musl->error = ENOEXEC;
    return refusal;
}

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
    *refusal = refusal_of(musl, found->node);
    if (*refusal != REFUSED_NONE)
        return -1;
    const struct elf_facts *elf = facts_of(musl->facts, found->node)->elf;
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

enum { UNLISTED = -2 }; /* the loader by its own name, which ldd passes over */

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

static void load_deps(struct musl *musl)
{
    for (size_t at = 0; at < musl->replay->objects.count; at++) {
        const struct elf_facts *elf = musl->replay->objects.at[at].elf;
        if (elf == NULL || musl->replay->objects.at[at].builtin)
            continue;
        for (size_t i = 0; i < elf->needed_count; i++) {
            struct musl_found found;
            enum refusal refusal;
            const char *name = elf->needed[i];
            int index = load_library(musl, (int)at, name, &found, &refusal);
            if (index == -1)
                index = tell_missing(musl, (int)at, name, &found, refusal);
            if (index != UNLISTED)
                *vec_push(&musl->needs.at[at]) = index;
        }
    }
}

/* ---- relocation ---- */

static void know_release(struct musl *musl)
{
    enum { FIRST_RELR = 10204, FIRST_LONG_LFS64 = 10206, LFS64_BUFFER = 16 };
    unsigned part[3] = {0};
    const char *text = musl->libc->musl_release;
    for (size_t i = 0; text != NULL && i < 3; i++) {
        char *end;
        part[i] = (unsigned)strtoul(text, &end, 10);
        text = *end == '.' ? end + 1 : NULL;
    }
    unsigned release = part[0] * 10000 + part[1] * 100 + part[2];
    musl->has_relr = release >= FIRST_RELR;
    musl->lfs64_longest = release >= FIRST_LONG_LFS64 ? SIZE_MAX : LFS64_BUFFER;
}

/* A loader that knows nothing of packed relative relocations leaves them
 * undone: what runs then runs on pointers that point nowhere. */
static void check_relr(struct musl *musl)
{
    for (size_t i = 0; !musl->has_relr && i < musl->replay->objects.count; i++) {
        const struct loaded *object = &musl->replay->objects.at[i];
        if (object->elf == NULL || object->builtin || !object->elf->has_relr)
            continue;
        struct event *event = replay_event(musl->replay, EV_REFUSED);
        event->by = object->by;
        event->object = (int)i;
        event->name = object->name;
        event->path = object->path;
        event->refusal = REFUSED_RELR;
        event->weak = (i != 0 || musl->dlopen) && !object->elf->relr_init;
    }
}

/* The program comes last at a start, for its copies are of what the libraries
 * have by then; dlopen begins with the object that it opens. */
static void relocate_all(struct musl *musl)
{
    size_t count = musl->replay->objects.count;
    for (size_t i = musl->dlopen ? 0 : 1; i < count; i++)
        musl_relocate(musl, (int)i);
    if (!musl->dlopen)
        musl_relocate(musl, 0);
    check_relr(musl);
}

/* ---- gcompat ---- */

enum { LARGEST_STUB = 1 << 20 };

/* The string in the file that ends in "libgcompat.so.0": what it preloads. */
static const char *gcompat_library(struct facts *facts, const struct node *node,
                                   struct arena *arena)
{
    static const char name[] = "libgcompat.so.0";
    struct span text;
    if (node->size > LARGEST_STUB || facts_text(facts, node, LARGEST_STUB, arena, &text) != 0)
        return NULL;
    const char *start = (const char *)text.data;
    const char *hit = memmem(start, text.size, name, sizeof name); /* with its NUL */
    if (hit == NULL)
        return NULL;
    const char *from = hit;
    while (from > start && from[-1] != 0)
        from--;
    return arena_string(arena, from);
}

bool gcompat_is_loader(struct facts *facts, const struct node *interp)
{
    struct arena scratch = {0};
    bool is = gcompat_library(facts, interp, &scratch) != NULL;
    arena_free(&scratch);
    return is;
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

/* dlopen's own look at the object; a program needs its table of symbols, too. */
static void verify_subject(struct musl *musl, const struct exec_result *exec)
{
    enum refusal refusal = refusal_of(musl, exec->node);
    if (refusal == REFUSED_NONE || (!musl->dlopen && refusal != REFUSED_NO_HASH))
        return;
    struct event *event = replay_event(musl->replay, EV_REFUSED);
    event->object = 0;
    event->name = event->path = exec->program;
    event->refusal = refusal;
    event->error = musl->error;
}

/* The path that execve was given, a script's for a script: AT_EXECFN. */
static const char *execfn(const struct exec_result *exec)
{
    const char *path = exec->chain_count != 0 ? exec->chain[0] : exec->program;
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

/* gcompat's stub executes musl's loader by its own name, with a library to
 * preload, on the file behind /proc/self/exe. */
static bool enter_gcompat(struct musl *musl, const struct platform *platform,
                          const struct exec_result *exec, const char **library)
{
    int error;
    *library = gcompat_library(musl->facts, exec->interp, musl->arena);
    musl->loader = platform != NULL ? platform->musl_interp : NULL;
    musl->libc_node = musl->loader != NULL ? root_lookup(facts_root(musl->facts), NULL,
                                                         musl->loader, NULL, LOOKUP_FOLLOW, &error)
                                           : NULL;
    const struct file_facts *file = musl->libc_node != NULL && musl->libc_node->type == NODE_FILE
                                        ? facts_of(musl->facts, musl->libc_node)
                                        : NULL;
    musl->libc =
        file != NULL && file->kind == FILE_ELF && musl_is_loader(file->elf) ? file->elf : NULL;
    if (musl->libc != NULL)
        return true;
    struct event *event = replay_event(musl->replay, EV_FATAL);
    event->symbol = "gcompat starts musl's loader, which is not in the target";
    event->number = UINT32_MAX;
    return false;
}

static void run(struct musl *musl, const struct exec_result *exec, const char *preloads)
{
    const char *name = musl->replay->argv0;
    add_object(musl,
               &(struct loaded){
                   .name = name, .path = name, .node = exec->node, .elf = exec->elf, .by = -1},
               NULL);
    if (musl->dlopen)
        verify_subject(musl, exec);
    else
        load_preloads(musl, preloads);
    load_deps(musl);
    if (!musl->dlopen)
        verify_subject(musl, exec);
    relocate_all(musl);
    keep_needs(musl);
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
    const struct platform *platform = platform_of_elf(exec->interp_elf);
    const char *preloads = process_env(process, "LD_PRELOAD");
    bool gcompat = !musl_is_loader(exec->interp_elf);
    musl.exe = node_path(exec->node, replay->arena);
    musl.arch = arch_of(platform, replay->arena);
    replay->loader = LIBC_MUSL;
    replay->starts = true;
    replay->argv0 = dlopen ? exec->program : gcompat ? musl.exe : execfn(exec);
    if (gcompat && !enter_gcompat(&musl, platform, exec, &preloads))
        return;
    if (dlopen || musl.loader == NULL)
        musl.loader = platform != NULL && platform->musl_interp != NULL
                          ? platform->musl_interp
                          : node_path(exec->interp, replay->arena);
    know_release(&musl);
    run(&musl, exec, preloads);
}
