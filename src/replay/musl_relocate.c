/* What relocation finds missing: do_relocs and find_sym of musl ldso/dynlink.c. */
#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "elf/elf_relocs.h"
#include "elf/reloc.h"
#include "replay/musl_parts.h"

/* ---- symbols ---- */

/* The first symbol of that name which is not of a hidden version decides. */
bool musl_defines(const struct elf_facts *elf, const char *name, uint64_t key, bool need_def)
{
    enum {
        TYPES = 1 << STT_NOTYPE | 1 << STT_OBJECT | 1 << STT_FUNC | 1 << STT_COMMON | 1 << STT_TLS,
        BINDS = 1 << STB_GLOBAL | 1 << STB_WEAK | 1 << STB_GNU_UNIQUE,
        HIDDEN = 0x8000
    };
    const struct elf_def *def = elf_first_def(elf, name, key);
    while (def != NULL && (def->versym & HIDDEN) != 0)
        def = elf_next_def(elf, def);
    if (def == NULL || (def->undefined && (need_def || def->type == STT_TLS)) ||
        (def->zero && def->type != STT_TLS))
        return false;
    return (1U << def->type & TYPES) != 0 && (1U << def->bind & BINDS) != 0;
}

enum { NO_OBJECT = -1, THE_LOADER = -2 };

/* The object that defines the name. The loader's own symbols count once
 * something needs it, and in a process that runs. */
static int definer(const struct musl *musl, const char *name, uint64_t key, bool need_def,
                   bool copy)
{
    for (size_t i = 0; i < musl->replay->objects.count; i++) {
        const struct loaded *object = &musl->replay->objects.at[i];
        if (copy && (int)i == musl->program)
            continue;
        if (object->elf != NULL && !object->builtin &&
            musl_defines(object->elf, name, key, need_def))
            return (int)i;
    }
    return (musl->libc_loaded || musl->dlopen) && musl_defines(musl->libc, name, key, need_def)
               ? THE_LOADER
               : NO_OBJECT;
}

/* Names of large files in old binaries ("fopen64"), which the loader answers
 * itself since 1.2.4 (get_lfs64). */
static bool is_lfs64(const struct musl *musl, const char *name)
{
    size_t length = strlen(name);
    const struct elf_facts *libc = musl->libc;
    if (libc->lfs64_count == 0)
        return false;
    if (strcmp(name, "readdir64_r") == 0)
        return musl_defines(libc, "readdir_r", hash_bytes("readdir_r", 9), true);
    if (length < 2 || length > musl->lfs64_longest || strcmp(name + length - 2, "64") != 0)
        return false;
    for (size_t i = 0; i < libc->lfs64_count; i++)
        if (strncmp(libc->lfs64[i], name, length - 2) == 0 && libc->lfs64[i][length - 2] == 0)
            return musl_defines(libc, libc->lfs64[i], hash_bytes(name, length - 2), true);
    return false;
}

/* prepare_lazy: may what the object lacks wait until another dlopen brings it? */
static bool is_lazy(const struct musl *musl, const struct elf_facts *elf)
{
    return musl->dlopen && musl->process->opens_lazily && !elf->bind_now;
}

static bool may_wait(uint16_t machine, const struct elf_raw_reloc *reloc)
{
    return reloc_class(machine, reloc->type) == RELOC_JUMP_SLOT ||
           reloc_is_got(machine, reloc->type);
}

/* Names of an object some of whose relocations do not wait, sorted. */
struct hurried {
    bool asked;   /* they were read, or could not be */
    bool unknown; /* the file cannot be read */
    const char **names;
    size_t count;
};

static int by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void read_hurried(const struct musl *musl, const struct loaded *object,
                         struct hurried *hurried)
{
    struct file_bytes bytes;
    const struct elf_raw_reloc *relocs;
    hurried->asked = true;
    hurried->unknown = root_bytes(facts_root(musl->facts), object->node, &bytes) != 0;
    if (hurried->unknown)
        return;
    size_t count = elf_raw_relocs(bytes.span, musl->arena, &relocs);
    file_bytes_release(&bytes);
    hurried->names = arena_array(musl->arena, count + 1, sizeof *hurried->names);
    for (size_t i = 0; i < count; i++)
        if (relocs[i].name != NULL && !may_wait(musl->libc->machine, &relocs[i]))
            hurried->names[hurried->count++] = relocs[i].name;
    qsort(hurried->names, hurried->count, sizeof *hurried->names, by_name);
}

/* Does every relocation of `name` in the object wait? */
static bool all_wait(const struct musl *musl, const struct loaded *object, const char *name,
                     struct hurried *hurried)
{
    if (!hurried->asked)
        read_hurried(musl, object, hurried);
    return !hurried->unknown &&
           bsearch(&name, hurried->names, hurried->count, sizeof *hurried->names, by_name) == NULL;
}

static void unbound(struct musl *musl, int index, const char *name, const char *file, bool waits)
{
    struct event *event = replay_event(musl->replay, EV_SYMBOL_UNBOUND);
    event->by = index;
    event->symbol = name; /* musl knows no version of it */
    event->name = file;
    event->lazy = waits;
}

/* A process that runs has given its static TLS away at its start. */
static void static_tls(struct musl *musl, int index, const char *name, int object)
{
    if (!musl->dlopen || object < 0 || musl_hosted(musl, (size_t)object) ||
        !musl->replay->objects.at[object].elf->has_tls)
        return;
    struct event *event = replay_event(musl->replay, EV_TLS_DYNAMIC);
    event->by = index;
    event->object = object;
    event->symbol = name;
}

/* A weak symbol may be nowhere, but do_relocs asks for the module that has it. */
static void tls_nowhere(struct musl *musl, int index, const char *name)
{
    musl_refuse(musl, (size_t)index, REFUSED_TLS_NOWHERE)->symbol = name;
}

static bool has_version(const struct elf_facts *elf, const char *name)
{
    for (size_t i = 0; i < elf->version_count; i++)
        if (strcmp(elf->versions[i].name, name) == 0)
            return true;
    return false;
}

/* find_sym asks for no version. Where another library with versions of its own comes before the
 * one that the reference is meant for, it is bound to other code than it was linked with. */
static void wrong_version(struct musl *musl, int index, const struct elf_ref *ref, int object)
{
    const struct replay *replay = musl->replay;
    const struct elf_version *version = elf_ref_version(replay->objects.at[index].elf, ref);
    const struct elf_facts *taken = replay->objects.at[object].elf;
    if (version->file == NULL || version->name == NULL || object == index || !taken->has_verdef ||
        has_version(taken, version->name))
        return;
    for (size_t i = (size_t)object + 1; i < replay->objects.count; i++) {
        const struct loaded *meant = &replay->objects.at[i];
        if (meant->elf == NULL || meant->builtin || strcmp(meant->name, version->file) != 0 ||
            !has_version(meant->elf, version->name) ||
            !musl_defines(meant->elf, ref->name, ref->key, true))
            continue;
        struct event *event = replay_event(musl->replay, EV_VERSION_IGNORED);
        event->by = index;
        event->object = object;
        event->symbol = ref->name;
        event->version = version->name;
        event->name = version->file;
        return;
    }
}

/* ---- objects of the loader's own kind ---- */

/* By reference, its last relocation in the list: linkers put a copy behind all
 * others of its symbol. */
static uint32_t *last_places(const struct elf_facts *elf, const uint32_t *list, size_t count)
{
    uint32_t *last = must_alloc((elf->ref_count + 1) * sizeof *last);
    for (size_t i = 0; i < count; i++)
        last[list[i]] = (uint32_t)i;
    return last;
}

static void bind_list(struct musl *musl, int index, const uint32_t *list, size_t count, bool plt)
{
    const struct elf_facts *elf = musl->replay->objects.at[index].elf;
    uint32_t *last = last_places(elf, list, count);
    struct hurried hurried = {0};
    for (size_t i = 0; i < count; i++) {
        const struct elf_ref *ref = &elf->refs[list[i]];
        bool copy = !plt && ref->copy && last[list[i]] == i;
        int object = definer(musl, ref->name, ref->key, plt && ref->call, copy);
        if (object != NO_OBJECT) {
            if (ref->tls_static)
                static_tls(musl, index, ref->name, object);
            if (object >= 0)
                wrong_version(musl, index, ref, object);
        } else if ((ref->bind != STB_WEAK || ref->defined) && !is_lfs64(musl, ref->name)) {
            bool waits =
                is_lazy(musl, elf) &&
                (plt || all_wait(musl, &musl->replay->objects.at[index], ref->name, &hurried));
            unbound(musl, index, ref->name, elf_ref_version(elf, ref)->file, waits);
        } else if (ref->bind == STB_WEAK && ref->tls) {
            tls_nowhere(musl, index, ref->name);
        }
    }
    free(last);
}

/* ---- objects with relocations that the loader does not know ---- */

static bool knows(const struct musl *musl, uint32_t type)
{
    return reloc_in_musl(musl->libc->machine, type, musl->libc->wide) ||
           (musl->has_riscv_desc && musl->libc->machine == EM_RISCV && type == RISCV_TLSDESC);
}

/* Each relocation in turn, read by the rules of the loader's own machine. */
static void relocate_raw(struct musl *musl, int index)
{
    const struct loaded *object = &musl->replay->objects.at[index];
    uint16_t machine = musl->libc->machine;
    struct file_bytes bytes;
    const struct elf_raw_reloc *relocs;
    if (root_bytes(facts_root(musl->facts), object->node, &bytes) != 0)
        return;
    size_t count = elf_raw_relocs(bytes.span, musl->arena, &relocs);
    file_bytes_release(&bytes);
    const char *name = "";
    for (size_t i = 0; i < count; i++) {
        const struct elf_raw_reloc *reloc = &relocs[i];
        enum reloc_class class = reloc_class(machine, reloc->type);
        int by = index;
        if (reloc->type == 0) /* R_*_NONE */
            continue;
        if (reloc->name != NULL) {
            name = reloc->name;
            by = reloc->local ? index
                              : definer(musl, name, hash_bytes(name, strlen(name)),
                                        class == RELOC_JUMP_SLOT, class == RELOC_COPY);
            if (by == NO_OBJECT && !reloc->weak && !is_lfs64(musl, name)) {
                unbound(musl, index, name, NULL,
                        is_lazy(musl, object->elf) && may_wait(machine, reloc));
                continue;
            }
        }
        if (by == NO_OBJECT && (class == RELOC_TLS || class == RELOC_TLS_STATIC))
            tls_nowhere(musl, index, name);
        if (class == RELOC_TLS_STATIC)
            static_tls(musl, index, name, by);
        if (knows(musl, reloc->type))
            continue;
        struct event *event = replay_event(musl->replay, EV_RELOC_UNKNOWN);
        event->by = index;
        event->number = reloc->type;
    }
}

/* Tables outside of the file: here the loader crashes on them, after all that loading
 * has said. The program's own are told of with its header. */
static void refuse_malformed(struct musl *musl, int index)
{
    if (index != 0 || musl->dlopen)
        musl_refuse(musl, (size_t)index, REFUSED_MALFORMED);
}

void musl_relocate(struct musl *musl, int index)
{
    const struct loaded *object = &musl->replay->objects.at[index];
    const struct elf_facts *elf = object->elf;
    if (elf == NULL || object->builtin)
        return;
    if (elf->state != ELF_WHOLE)
        refuse_malformed(musl, index);
    if (elf->machine != musl->libc->machine || elf->odd_for_musl ||
        (musl->dlopen && elf->own_static_tls)) {
        relocate_raw(musl, index);
        return;
    }
    /* do_relocs takes DT_JMPREL first, then DT_REL and DT_RELA */
    bind_list(musl, index, elf->plt_bindings, elf->plt_binding_count, true);
    bind_list(musl, index, elf->bindings, elf->binding_count, false);
}
