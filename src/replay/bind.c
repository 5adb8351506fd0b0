/* Symbol references held against the global scope: glibc elf/dl-lookup.c. */
#include <libelf.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "replay/glibc.h"
#include "replay/memo.h"

/* do_lookup_x takes only these types, and these bindings. */
static bool may_bind(const struct elf_def *def)
{
    enum {
        TYPES = 1 << STT_NOTYPE | 1 << STT_OBJECT | 1 << STT_FUNC | 1 << STT_COMMON | 1 << STT_TLS |
                1 << STT_GNU_IFUNC,
        BINDS = 1 << STB_GLOBAL | 1 << STB_WEAK | 1 << STB_GNU_UNIQUE
    };
    return (1U << def->type & TYPES) != 0 && (1U << def->bind & BINDS) != 0 &&
           (!def->zero || def->absolute || def->type == STT_TLS);
}

/* check_match with a version: the very one, or an unversioned definition. Up to 2.41 that is one
 * without a hash; then, and in what distributions make of 2.41, one without a name. */
static bool version_matches(const struct glibc *glibc, const struct elf_facts *elf,
                            const struct elf_version *version, const struct elf_def *def)
{
    enum { HIDDEN = 0x8000, FIRST_BY_NAME = 41 };
    const struct elf_version *own = elf_def_version(elf, def);
    if (own->hash == version->hash && own->key == version->key)
        return true;
    bool unversioned = glibc->loader->minor < FIRST_BY_NAME ? own->hash == 0 : own->key == 0;
    return unversioned && !version->hidden && (def->versym & HIDDEN) == 0;
}

/* ld.so has an object's symbol versions only where it defines or needs any with an index above 0
 * (_dl_check_map_versions). */
static bool has_versions(const struct elf_facts *elf)
{
    return elf->has_versym && elf->version_of_count > 1;
}

/* check_match over the symbols of one name. */
static const struct elf_def *check_match(const struct glibc *glibc, const struct elf_facts *elf,
                                         const struct elf_ref *ref,
                                         const struct elf_version *version, bool call)
{
    enum { INDEX = 0x7fff, HIDDEN = 0x8000, FIRST_VERSION = 3 };
    const struct elf_def *only = NULL;
    unsigned versions = 0;
    for (const struct elf_def *def = elf_first_def_of(elf, ref); def != NULL;
         def = elf_next_def(elf, def)) {
        if (!may_bind(def) || (call && def->undefined))
            continue;
        if (!has_versions(elf))
            return def;
        if (version->hash != 0) {
            if (version_matches(glibc, elf, version, def))
                return def;
            continue;
        }
        if ((def->versym & INDEX) < FIRST_VERSION)
            return def;
        if ((def->versym & HIDDEN) == 0 && versions++ == 0)
            only = def;
    }
    return versions == 1 ? only : NULL;
}

/* The definition in `elf` of the reference `ref` with `version`; `call`: for a
 * jump slot or TLS, where an undefined symbol with a value does not count. */
static const struct elf_def *match(const struct glibc *glibc, const struct elf_facts *elf,
                                   const struct elf_ref *ref, const struct elf_version *version,
                                   bool call)
{
    const struct elf_def *def = check_match(glibc, elf, ref, version, call);
    return def != NULL && !def->internal ? def : NULL;
}

struct binding {
    struct glibc *glibc;
    const struct elf_facts *elf; /* whose references */
    int object;
    bool *bound;    /* by reference */
    bool asserts;   /* some reference meets an assertion of ld.so */
    uint32_t *left; /* those that are not bound yet, in their order */
    size_t left_count;
    struct VEC(const struct elf_facts *) used;
};

/* Does `definer` bind `ref` for every kind of use it has? A copy relocation
 * must not find the program's own symbol. */
static bool satisfies(const struct binding *binding, const struct elf_facts *definer,
                      const struct elf_ref *ref)
{
    bool call = ref->call || ref->tls || ref->copy;
    if (ref->copy && definer == binding->elf)
        return false;
    return match(binding->glibc, definer, ref, elf_ref_version(binding->elf, ref), call) != NULL;
}

/* Before 2.41 check_match asserts that the very file that a version is needed of has
 * versions. */
static bool meets_assertion(const struct binding *binding, int definer, const struct elf_ref *ref)
{
    enum { FIRST_WITHOUT = 41 };
    const struct elf_version *version = elf_ref_version(binding->elf, ref);
    return binding->glibc->loader->minor < FIRST_WITHOUT && version->hash != 0 &&
           version->file != NULL && glibc_name_matches(binding->glibc, definer, version->file);
}

static void bind_in(struct binding *binding, int index)
{
    const struct elf_facts *definer = binding->glibc->replay->objects.at[index].elf;
    bool unversioned = !has_versions(definer);
    size_t left = 0;
    for (size_t i = 0; i < binding->left_count; i++) {
        uint32_t which = binding->left[i];
        const struct elf_ref *ref = &binding->elf->refs[which];
        if (!satisfies(binding, definer, ref))
            binding->left[left++] = which;
        else if (unversioned && meets_assertion(binding, index, ref))
            binding->asserts = true;
        else
            binding->bound[which] = true;
    }
    if (left != binding->left_count)
        *vec_push(&binding->used) = definer;
    binding->left_count = left;
}

/* The object at a place of the search order: the host's scope, then the own one. */
static int searched(const struct glibc *glibc, size_t place)
{
    return place < glibc->global.count ? glibc->global.at[place]
                                       : glibc->scope.at[place - glibc->global.count];
}

static size_t searched_count(const struct glibc *glibc)
{
    return glibc->global.count + glibc->scope.count;
}

static bool in_scope(const struct glibc *glibc, const struct elf_facts *elf)
{
    for (size_t i = 0; i < searched_count(glibc); i++)
        if (glibc->replay->objects.at[searched(glibc, i)].elf == elf)
            return true;
    return false;
}

static bool known_to_bind(const struct glibc *glibc, const struct elf_facts *elf)
{
    const struct satisfiers *known = memo_satisfiers(glibc->process->memo, elf);
    if (!known->known)
        return false;
    for (size_t i = 0; i < known->count; i++)
        if (!in_scope(glibc, known->objects[i]))
            return false;
    return true;
}

int glibc_definer(const struct glibc *glibc, const struct elf_facts *elf, const struct elf_ref *ref,
                  const struct elf_facts *but)
{
    for (size_t i = 0; i < searched_count(glibc); i++) {
        int index = searched(glibc, i);
        const struct elf_facts *definer = glibc->replay->objects.at[index].elf;
        if (definer != NULL && definer != but &&
            match(glibc, definer, ref, elf_ref_version(elf, ref), true) != NULL)
            return index;
    }
    return -1;
}

bool glibc_has_version(const struct glibc *glibc, const char *name, const char *version)
{
    struct elf_ref ref = {.name = name, .key = hash_bytes(name, strlen(name))};
    struct elf_version wanted = {.name = version,
                                 .key = hash_bytes(version, strlen(version)),
                                 .hash = (uint32_t)elf_hash(version)};
    for (size_t i = 0; i < searched_count(glibc); i++) {
        const struct elf_facts *elf = glibc->replay->objects.at[searched(glibc, i)].elf;
        if (elf != NULL && match(glibc, elf, &ref, &wanted, false) != NULL)
            return true;
    }
    return false;
}

/* The program must not have a protected symbol for its own: _dl_check_protected_symbol of
 * sysdeps/generic/dl-protected.h, since 2.35. */
static void check_protected(struct binding *binding, const struct elf_ref *ref)
{
    enum { FIRST_RELEASE = 35 };
    struct glibc *glibc = binding->glibc;
    if (glibc->dlopen || glibc->loader->minor < FIRST_RELEASE ||
        !(ref->copy || (ref->call && ref->canonical)))
        return;
    int index = glibc_definer(glibc, binding->elf, ref, ref->copy ? binding->elf : NULL);
    const struct elf_facts *definer = index > 0 ? glibc->replay->objects.at[index].elf : NULL;
    const struct elf_def *def =
        definer != NULL ? match(glibc, definer, ref, elf_ref_version(binding->elf, ref), true)
                        : NULL;
    if (def == NULL || !def->guarded)
        return;
    struct event *event = replay_event(glibc->replay, EV_PROTECTED);
    event->by = binding->object;
    event->object = index;
    event->symbol = ref->name;
    event->number = !ref->copy;
    event->weak = !definer->indirect_access;
    event->lazy =
        !ref->copy && ref->when == BIND_LAZY && !binding->elf->bind_now && !glibc->bind_now;
}

/* A copy relocation warns where the shared object's symbol is larger than the
 * program's (elf_machine_rela, R_*_COPY). */
static void check_copy(struct binding *binding, const struct elf_ref *ref)
{
    struct glibc *glibc = binding->glibc;
    int index = glibc_definer(glibc, binding->elf, ref, binding->elf);
    if (index < 0)
        return;
    const struct elf_def *def = match(glibc, glibc->replay->objects.at[index].elf, ref,
                                      elf_ref_version(binding->elf, ref), true);
    if (def->size <= ref->size)
        return;
    struct event *event = replay_event(glibc->replay, EV_COPY_SIZE);
    event->by = binding->object;
    event->object = index;
    event->symbol = ref->name;
}

static void report_unbound(struct binding *binding, const uint32_t *order, size_t count, bool plt)
{
    const struct elf_facts *elf = binding->elf;
    for (size_t i = 0; i < count; i++) {
        const struct elf_ref *ref = &elf->refs[order[i]];
        if (binding->object == 0 && binding->bound[order[i]])
            check_protected(binding, ref);
        if (ref->copy && binding->bound[order[i]])
            check_copy(binding, ref);
        if (binding->bound[order[i]])
            continue;
        binding->bound[order[i]] = true; /* once is enough */
        bool defined = binding->asserts && glibc_definer(binding->glibc, elf, ref, NULL) >= 0;
        struct event *event =
            replay_event(binding->glibc->replay, defined ? EV_VERSION_ASSERT : EV_SYMBOL_UNBOUND);
        event->by = binding->object;
        event->path = defined ? glibc_assertion(binding->glibc, ASSERT_MATCH) : NULL;
        event->symbol = ref->name;
        const struct elf_version *version = elf_ref_version(elf, ref);
        event->version = version->hash != 0 ? version->name : NULL;
        event->name = version->file;
        event->lazy = plt && ref->when == BIND_LAZY && !elf->bind_now && !binding->glibc->bind_now;
    }
}

/* A weak reference is never an error: it is 0 where nothing defines it. */
static void skip_weak(struct binding *binding)
{
    for (uint32_t i = 0; i < binding->elf->ref_count; i++) {
        binding->bound[i] = binding->elf->refs[i].bind == STB_WEAK;
        if (!binding->bound[i])
            binding->left[binding->left_count++] = i;
    }
}

/* Machines whose table of relocations is whole (elf/reloc.c). */
static bool knows_relocs(uint16_t machine)
{
    static const uint16_t known[] = {EM_X86_64, EM_386, EM_AARCH64, EM_S390};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (known[i] == machine)
            return true;
    return false;
}

/* _dl_reloc_bad_type ends a process at the first relocation of a type that ld.so does
 * not know. */
static void report_odd(struct glibc *glibc, int index, const struct elf_facts *elf)
{
    bool lazy = !elf->bind_now && !glibc->bind_now;
    size_t at = 0;
    while (at < elf->odd_reloc_count &&
           (elf->odd_relocs[at].lazy ? !lazy : !knows_relocs(elf->machine)))
        at++;
    if (at == elf->odd_reloc_count)
        return;
    struct event *event = replay_event(glibc->replay, EV_RELOC_UNKNOWN);
    event->by = index;
    event->number = elf->odd_relocs[at].type;
    event->lazy = elf->odd_relocs[at].plt && lazy;
}

/* Some offset into static thread-local data is of an object that has none. */
static bool lacks_tls(const struct glibc *glibc, const struct elf_facts *elf)
{
    if (elf->own_static_tls && !elf->has_tls)
        return true;
    for (size_t i = 0; elf->bound_static_tls && i < elf->ref_count; i++) {
        int definer = elf->refs[i].tls_static ? glibc_definer(glibc, elf, &elf->refs[i], NULL) : -1;
        if (definer >= 0 && !glibc->replay->objects.at[definer].elf->has_tls)
            return true;
    }
    return false;
}

/* elf_machine_runtime_setup; on these machines a look at DT_JMPREL comes first. */
static bool lacks_got(const struct glibc *glibc, const struct elf_facts *elf)
{
    return elf->lacks_got && !elf->bind_now && !glibc->bind_now && knows_relocs(elf->machine);
}

/* What ld.so dies of at a relocation: it did not make the one table, and divides by the alignment
 * of the other block, which is 0. */
static enum crash relocation_crash(const struct glibc *glibc, const struct elf_facts *elf)
{
    if (elf->ref_count != 0 && elf->has_versym && !has_versions(elf))
        return CRASH_VERSIONS;
    if (lacks_got(glibc, elf))
        return CRASH_GOT;
    return lacks_tls(glibc, elf) ? CRASH_TLS : CRASH_NONE;
}

static void bind_object(struct glibc *glibc, int index)
{
    const struct elf_facts *elf = glibc->replay->objects.at[index].elf;
    report_odd(glibc, index, elf);
    enum crash crash = relocation_crash(glibc, elf);
    if (crash != CRASH_NONE)
        glibc_refuse(glibc, index, REFUSED_MALFORMED)->crash = crash;
    if (elf->ref_count == 0 || (index != 0 && known_to_bind(glibc, elf)))
        return;
    struct binding binding = {.glibc = glibc, .elf = elf, .object = index};
    binding.bound = must_alloc(elf->ref_count * sizeof *binding.bound);
    binding.left = must_alloc(elf->ref_count * sizeof *binding.left);
    skip_weak(&binding);
    for (size_t i = 0; i < searched_count(glibc) && binding.left_count > 0; i++) {
        int definer = searched(glibc, i);
        if (glibc->replay->objects.at[definer].elf != NULL)
            bind_in(&binding, definer);
    }
    if (binding.left_count == 0 && !binding.asserts)
        memo_keep_satisfiers(glibc->process->memo, elf, binding.used.at, binding.used.count);
    if (binding.left_count != 0 || binding.asserts ||
        index == 0) { /* the program's copies are looked at in any case */
        report_unbound(&binding, elf->bindings, elf->binding_count, false);
        report_unbound(&binding, elf->plt_bindings, elf->plt_binding_count, true);
    }
    vec_free(&binding.used);
    free(binding.left);
    free(binding.bound);
}

void glibc_bind(struct glibc *glibc)
{
    int *order = must_alloc((glibc->scope.count + 1) * sizeof *order);
    size_t count;
    struct tls_room room;
    if (glibc->dlopen)
        glibc_tls_begin(glibc, &room);
    glibc_relocation_order(glibc, order, &count);
    for (size_t i = 0; i < count; i++) {
        if (glibc->maps.at[order[i]].builtin || glibc->replay->objects.at[order[i]].elf == NULL ||
            (glibc->program > 0 && glibc_of_host(glibc, order[i])))
            continue;
        bind_object(glibc, order[i]);
        if (glibc->dlopen && !glibc_of_host(glibc, order[i]))
            glibc_tls_take(glibc, &room, order[i]);
    }
    free(order);
}
