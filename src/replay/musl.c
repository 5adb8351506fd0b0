/* A start under musl's loader: musl ldso/dynlink.c, in its order. */
#include "replay/musl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "replay/replay.h"

bool musl_is_loader(const struct elf_facts *elf)
{
    return elf->musl_release != NULL;
}

bool gcompat_is_loader(const struct elf_facts *interp)
{
    for (size_t i = 0; i < interp->needed_count; i++)
        if (strncmp(interp->needed[i], "libc.musl-", 10) == 0)
            return true;
    return false;
}

struct musl {
    struct facts *facts;
    const struct process *process;
    struct replay *replay;
    struct arena *arena;
    const struct elf_facts *libc;
    const struct node *libc_node;
    const char *loader;      /* path of the loader, as PT_INTERP names it */
    const char *system_path; /* of the path file, or the default */
    int system_error;        /* errno where the path file cannot be read */
    int libc_names[8];       /* by reserved kind: 1 + the object that stands for it; 0: none yet */
    bool has_relr;
    struct VEC(const char *) shortnames; /* by object: last part it was found by; NULL: none */
    struct VEC(struct VEC(int)) needs;
};

/* ---- names ---- */

/* Names that are the libc itself whatever follows (load_library): 1 + their
 * kind; 0: another name. Each kind is told of once. */
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

static int libc_object(struct musl *musl, int by, const char *name)
{
    int *index = &musl->libc_names[reserved_kind(name)];
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

static const char *folder_of(struct musl *musl, const char *path)
{
    const char *slash = strrchr(path, '/');
    if (slash == NULL)
        return ".";
    return slash == path ? "/" : arena_copy(musl->arena, path, (size_t)(slash - path));
}

/* fixup_rpath: $ORIGIN and ${ORIGIN} alone; anything else with a $ and the path is no use. */
static const char *expand(struct musl *musl, const char *text, const char *origin)
{
    char *result = arena_string(musl->arena, "");
    for (;;) {
        const char *dollar = strchr(text, '$');
        if (dollar == NULL)
            return arena_format(musl->arena, "%s%s", result, text);
        size_t length = strncmp(dollar, "${ORIGIN}", 9) == 0 ? 9
                        : strncmp(dollar, "$ORIGIN", 7) == 0 ? 7
                                                             : 0;
        if (length == 0)
            return NULL;
        result = arena_format(musl->arena, "%s%.*s%s", result, (int)(dollar - text), text, origin);
        text = dollar + length;
    }
}

/* ---- search ---- */

struct found {
    const struct node *node;
    const char *path;
    enum willrun_via via;
    int error;
};

static void consider(struct musl *musl, int by, const char *name, const char *path,
                     enum willrun_via via, int error)
{
    if (!musl->process->trail)
        return;
    struct event *event = replay_event(musl->replay, EV_CONSIDERED);
    event->by = by;
    event->name = name;
    event->path = arena_string(musl->arena, path);
    event->via = via;
    event->refusal = REFUSED_ERRNO;
    event->error = error;
}

static const struct node *open_node(struct musl *musl, const char *path, int *error)
{
    const struct process *process = musl->process;
    const struct node *node = root_lookup(facts_root(musl->facts), process->cwd, path,
                                          &process->cred, LOOKUP_FOLLOW, error);
    if (node != NULL && !node_allows(node, &process->cred, ACCESS_READ)) {
        *error = EACCES;
        return NULL;
    }
    if (node != NULL && node->type == NODE_SOCKET) {
        *error = ENXIO;
        return NULL;
    }
    return node;
}

/* path_open: colons and newlines separate; an error but these three ends the search. */
static bool search_path(struct musl *musl, int by, const char *name, const char *list,
                        enum willrun_via via, struct found *found, bool *stop)
{
    for (const char *at = list;;) {
        at += strspn(at, ":\n");
        size_t length = strcspn(at, ":\n");
        if (length == 0)
            return false;
        const char *path = arena_format(musl->arena, "%.*s/%s", (int)length, at, name);
        const struct node *node = open_node(musl, path, &found->error);
        if (node != NULL) {
            *found = (struct found){.node = node, .path = path, .via = via};
            return true;
        }
        consider(musl, by, name, path, via, found->error);
        if (found->error != ENOENT && found->error != ENOTDIR && found->error != EACCES &&
            found->error != ENAMETOOLONG) {
            *stop = true;
            return false;
        }
        at += length;
    }
}

static bool search(struct musl *musl, int by, const char *name, struct found *found)
{
    bool stop = false;
    const char *env = process_env(musl->process, "LD_LIBRARY_PATH");
    if (env != NULL && search_path(musl, by, name, env, WILLRUN_VIA_LD_LIBRARY_PATH, found, &stop))
        return true;
    for (int at = by; at >= 0 && !stop; at = musl->replay->objects.at[at].by) {
        const struct loaded *object = &musl->replay->objects.at[at];
        if (object->elf == NULL || object->elf->musl_path == NULL)
            continue;
        const char *list =
            expand(musl, object->elf->musl_path, object->origin != NULL ? object->origin : ".");
        enum willrun_via via =
            object->elf->runpath != NULL ? WILLRUN_VIA_RUNPATH : WILLRUN_VIA_RPATH;
        if (list != NULL && search_path(musl, by, name, list, via, found, &stop))
            return true;
    }
    if (stop)
        return false;
    if (musl->system_path == NULL) {
        found->error = musl->system_error;
        return false;
    }
    return search_path(musl, by, name, musl->system_path, WILLRUN_VIA_DEFAULT, found, &stop);
}

/* "ARCH" of /lib/ld-musl-ARCH.so.1; its path file is in /etc of the loader's prefix. */
static void read_path_file(struct musl *musl)
{
    enum { LARGEST = 1 << 20 };
    static const char usual[] = "/lib:/usr/local/lib:/usr/lib";
    const char *slash = strrchr(musl->loader, '/');
    const char *arch = slash != NULL ? strstr(slash, "ld-musl-") : NULL;
    musl->system_path = usual;
    if (arch == NULL)
        return;
    arch += strlen("ld-musl-");
    size_t arch_length = strcspn(arch, ".");
    const char *lib = strstr(musl->loader, "/lib/");
    size_t prefix = lib != NULL ? (size_t)(lib - musl->loader) : 0;
    const char *path = arena_format(musl->arena, "%.*s/etc/ld-musl-%.*s.path", (int)prefix,
                                    musl->loader, (int)arch_length, arch);
    struct span text;
    int error = 0;
    const struct node *node = open_node(musl, path, &error);
    if (node == NULL && error == ENOENT)
        return;
    musl->system_path = NULL;
    musl->system_error = node == NULL ? error : node->type == NODE_DIR ? EISDIR : 0;
    if (node != NULL && node->type == NODE_FILE &&
        (error = facts_text(musl->facts, node, LARGEST, musl->arena, &text)) == 0)
        musl->system_path = arena_copy(musl->arena, (const char *)text.data, text.size);
}

/* ---- loading ---- */

static int not_loaded(struct musl *musl, int by, const char *name, const struct found *found,
                      enum refusal refusal, int error)
{
    int index = add_object(musl, &(struct loaded){.name = name, .by = by}, NULL);
    struct event *event =
        replay_event(musl->replay, refusal == REFUSED_ERRNO ? EV_NOT_FOUND : EV_REFUSED);
    event->by = by;
    event->object = index;
    event->name = name;
    event->path = found->path;
    event->refusal = refusal;
    event->error = error;
    return index;
}

/* map_library: what it cannot map is "Exec format error"; the machine is not looked at. */
static enum refusal verify(const struct file_facts *file)
{
    if (file->kind != FILE_ELF || file->elf->state == ELF_SHORT_HEADER)
        return REFUSED_NOEXEC;
    const struct elf_facts *elf = file->elf;
    if ((elf->type != ET_DYN && elf->type != ET_EXEC) || elf->phdrs == NULL || !elf->has_dynamic)
        return REFUSED_NOEXEC;
    return elf->state == ELF_WHOLE ? REFUSED_NONE : REFUSED_MALFORMED;
}

static int find_shortname(const struct musl *musl, const char *name)
{
    for (size_t i = 0; i < musl->shortnames.count; i++)
        if (musl->shortnames.at[i] != NULL && strcmp(musl->shortnames.at[i], name) == 0)
            return (int)i;
    return -1;
}

static int find_same_file(struct musl *musl, const struct node *node, const char *shortname)
{
    for (size_t i = 0; i < musl->replay->objects.count; i++) {
        const struct node *other = musl->replay->objects.at[i].node;
        if (other == NULL || other->content == 0 || other->content != node->content)
            continue;
        if (musl->shortnames.at[i] == NULL && shortname != NULL)
            musl->shortnames.at[i] = shortname;
        return (int)i;
    }
    return -1;
}

static bool defines(const struct elf_facts *elf, const char *name)
{
    return elf_first_def(elf, hash_bytes(name, strlen(name))) != NULL;
}

static int load_found(struct musl *musl, int by, const char *name, const struct found *found)
{
    bool has_slash = strchr(name, '/') != NULL;
    const char *shortname = has_slash ? NULL : strrchr(found->path, '/') + 1;
    if (found->node->content == musl->libc_node->content)
        return libc_object(musl, by, name);
    int same = found->node->type == NODE_FILE ? find_same_file(musl, found->node, shortname) : -1;
    if (same >= 0)
        return same;
    if (found->node->type == NODE_DIR)
        return not_loaded(musl, by, name, found, REFUSED_ERRNO, EISDIR);
    if (found->node->type != NODE_FILE)
        return not_loaded(musl, by, name, found,
                          found->node->type == NODE_FIFO ? REFUSED_FIFO : REFUSED_NOEXEC, 0);
    const struct file_facts *file = facts_of(musl->facts, found->node);
    enum refusal refusal = verify(file);
    if (refusal != REFUSED_NONE)
        return not_loaded(musl, by, name, found, refusal, 0);
    /* a foreign libc would take the process over: musl itself serves for it */
    if (defines(file->elf, "__libc_start_main") && defines(file->elf, "stdin"))
        return libc_object(musl, by, "libc.so");
    return add_object(musl,
                      &(struct loaded){.name = name,
                                       .path = found->path,
                                       .origin = folder_of(musl, found->path),
                                       .node = found->node,
                                       .elf = file->elf,
                                       .by = by,
                                       .via = found->via},
                      shortname);
}

/* load_library; -1 for a preload that is not there. */
static int load_library(struct musl *musl, int by, const char *name, bool needed)
{
    struct found found = {0};
    bool done;
    if (reserved_kind(name) != 0)
        return libc_object(musl, by, name);
    if (strchr(name, '/') != NULL) {
        found.node = open_node(musl, name, &found.error);
        found.path = name;
        found.via = WILLRUN_VIA_PATH;
        done = found.node != NULL;
        if (!done)
            consider(musl, by, name, name, WILLRUN_VIA_PATH, found.error);
    } else {
        int known = find_shortname(musl, name);
        if (known >= 0)
            return known;
        done = search(musl, by, name, &found);
    }
    if (done)
        return load_found(musl, by, name, &found);
    return needed ? not_loaded(musl, by, name, &found, REFUSED_ERRNO, found.error) : -1;
}

static void load_preloads(struct musl *musl)
{
    const char *text = process_env(musl->process, "LD_PRELOAD");
    while (text != NULL && *text != 0) {
        text += strspn(text, " \t\n\v\f\r:");
        size_t length = strcspn(text, " \t\n\v\f\r:");
        if (length == 0)
            return;
        size_t before = musl->replay->objects.count;
        int index = load_library(musl, -1, arena_copy(musl->arena, text, length), false);
        if (index >= 0 && (size_t)index >= before)
            musl->replay->objects.at[index].via = WILLRUN_VIA_PRELOAD;
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
            int index = load_library(musl, (int)at, elf->needed[i], true);
            *vec_push(&musl->needs.at[at]) = index;
        }
    }
}

/* ---- relocation ---- */

/* Old binaries' large-file names ("fopen64"), which 1.2.4 and later answer in
 * the loader alone: the length of the name without its end; 0: no such name. */
static size_t lfs64_length(const struct elf_facts *libc, const char *name)
{
    size_t length = strlen(name);
    if (length < 3 || strcmp(name + length - 2, "64") != 0)
        return 0;
    for (size_t i = 0; i < libc->lfs64_count; i++)
        if (strncmp(libc->lfs64[i], name, length - 2) == 0 && libc->lfs64[i][length - 2] == 0)
            return length - 2;
    return 0;
}

static bool may_bind(const struct elf_def *def, bool call)
{
    enum {
        TYPES = 1 << STT_NOTYPE | 1 << STT_OBJECT | 1 << STT_FUNC | 1 << STT_COMMON | 1 << STT_TLS,
        BINDS = 1 << STB_GLOBAL | 1 << STB_WEAK | 1 << STB_GNU_UNIQUE,
        HIDDEN = 0x8000
    };
    if (def->undefined && (call || def->type == STT_TLS))
        return false;
    if (def->zero && def->type != STT_TLS)
        return false;
    return (1U << def->type & TYPES) != 0 && (1U << def->bind & BINDS) != 0 &&
           (def->versym & HIDDEN) == 0;
}

static bool defined_in(const struct elf_facts *elf, uint64_t key, bool call)
{
    for (const struct elf_def *def = elf_first_def(elf, key); def != NULL;
         def = elf_next_def(elf, def))
        if (may_bind(def, call))
            return true;
    return false;
}

static bool find_symbol(const struct musl *musl, const struct elf_facts *asker,
                        const struct elf_ref *ref, bool call)
{
    if (defined_in(musl->libc, ref->key, call))
        return true;
    for (size_t i = 0; i < musl->replay->objects.count; i++) {
        const struct loaded *object = &musl->replay->objects.at[i];
        if (object->elf == NULL || object->builtin || (ref->copy && object->elf == asker))
            continue;
        if (defined_in(object->elf, ref->key, call))
            return true;
    }
    size_t length = lfs64_length(musl->libc, ref->name);
    return length != 0 && defined_in(musl->libc, hash_bytes(ref->name, length), call);
}

static void bind_list(struct musl *musl, int index, const uint32_t *list, size_t count, bool call)
{
    const struct elf_facts *elf = musl->replay->objects.at[index].elf;
    for (size_t i = 0; i < count; i++) {
        const struct elf_ref *ref = &elf->refs[list[i]];
        if ((ref->bind == STB_WEAK && !ref->defined) || find_symbol(musl, elf, ref, call))
            continue;
        struct event *event = replay_event(musl->replay, EV_SYMBOL_UNBOUND);
        event->by = index;
        event->symbol = ref->name; /* musl knows no version of it */
        event->name = elf_ref_version(elf, ref)->file;
    }
}

/* do_relocs takes DT_JMPREL first, then DT_REL, then DT_RELA. */
static void relocate(struct musl *musl, int index)
{
    const struct loaded *object = &musl->replay->objects.at[index];
    if (object->elf == NULL || object->builtin)
        return;
    for (size_t i = 0; i < object->elf->odd_reloc_count; i++) {
        struct event *event = replay_event(musl->replay, EV_RELOC_UNKNOWN);
        event->by = index;
        event->number = object->elf->odd_relocs[i].type;
    }
    bind_list(musl, index, object->elf->plt_bindings, object->elf->plt_binding_count, true);
    bind_list(musl, index, object->elf->bindings, object->elf->binding_count, false);
    if (object->elf->has_relr && !musl->has_relr) {
        struct event *event = replay_event(musl->replay, EV_REFUSED);
        event->by = event->object = index;
        event->name = object->name;
        event->path = object->path;
        event->refusal = REFUSED_MALFORMED;
    }
}

/* ---- the whole start ---- */

static unsigned release_number(const char *release)
{
    unsigned part[3] = {0};
    for (size_t i = 0; release != NULL && i < 3; i++) {
        char *end;
        part[i] = (unsigned)strtoul(release, &end, 10);
        release = *end == '.' ? end + 1 : NULL;
    }
    return part[0] * 10000 + part[1] * 100 + part[2];
}

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

/* dlopen's own look at the object. */
static void verify_subject(struct musl *musl, const struct exec_result *exec)
{
    enum refusal refusal = verify(facts_of(musl->facts, exec->node));
    if (refusal == REFUSED_NONE)
        return;
    struct event *event = replay_event(musl->replay, EV_REFUSED);
    event->by = -1;
    event->name = event->path = exec->program;
    event->refusal = refusal;
}

static void add_program(struct musl *musl, const struct exec_result *exec)
{
    const char *path = node_path(exec->node, musl->arena);
    add_object(musl,
               &(struct loaded){.name = exec->argv0,
                                .path = exec->argv0,
                                .origin = folder_of(musl, path),
                                .node = exec->node,
                                .elf = exec->elf,
                                .by = -1},
               NULL);
}

void musl_replay(struct facts *facts, const struct process *process, const struct exec_result *exec,
                 bool dlopen, struct replay *replay)
{
    enum { FIRST_RELR = 10204 };
    struct musl musl = {.facts = facts,
                        .process = process,
                        .replay = replay,
                        .arena = replay->arena,
                        .libc = exec->interp_elf,
                        .libc_node = exec->interp};
    const struct platform *platform = platform_of_elf(exec->interp_elf);
    unsigned release = release_number(exec->interp_elf->musl_release);
    musl.has_relr = release >= FIRST_RELR;
    musl.loader = exec->elf->interp;
    if (musl.loader == NULL || dlopen)
        musl.loader = platform != NULL && platform->musl_interp != NULL
                          ? platform->musl_interp
                          : node_path(exec->interp, replay->arena);
    replay->loader = LIBC_MUSL;
    replay->starts = true;
    replay->argv0 = exec->argv0;
    read_path_file(&musl);
    add_program(&musl, exec);
    if (dlopen)
        verify_subject(&musl, exec);
    else
        load_preloads(&musl);
    load_deps(&musl);
    for (size_t i = 1; i < replay->objects.count; i++)
        relocate(&musl, (int)i);
    relocate(&musl, 0);
    keep_needs(&musl);
}
