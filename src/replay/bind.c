/* Symbol references held against the global scope: glibc elf/dl-lookup.c. */
#include <stdlib.h>
#include <string.h>

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

/* check_match with a version: the very one, or an unversioned definition. */
static bool version_matches(const struct elf_facts *elf, const struct elf_version *version,
                            const struct elf_def *def)
{
    enum { HIDDEN = 0x8000 };
    uint64_t key = elf_def_version(elf, def)->key;
    return key == version->key || (!version->hidden && key == 0 && (def->versym & HIDDEN) == 0);
}

/* The definition in `elf` of the reference `ref` with `version`; `call`: for a
 * jump slot or TLS, where an undefined symbol with a value does not count. */
static const struct elf_def *match(const struct elf_facts *elf, const struct elf_ref *ref,
                                   const struct elf_version *version, bool call)
{
    enum { INDEX = 0x7fff, HIDDEN = 0x8000, FIRST_VERSION = 3 };
    const struct elf_def *only = NULL;
    unsigned versions = 0;
    for (const struct elf_def *def = elf_first_def(elf, ref->name, ref->key); def != NULL;
         def = elf_next_def(elf, def)) {
        if (!may_bind(def) || (call && def->undefined))
            continue;
        if (!elf->has_versym)
            return def;
        if (version->key != 0) {
            if (version_matches(elf, version, def))
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

struct binding {
    struct glibc *glibc;
    const struct elf_facts *elf; /* whose references */
    int object;
    bool *bound;    /* by reference */
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
    return match(definer, ref, elf_ref_version(binding->elf, ref), call) != NULL;
}

static void bind_in(struct binding *binding, const struct elf_facts *definer)
{
    size_t left = 0;
    for (size_t i = 0; i < binding->left_count; i++) {
        uint32_t index = binding->left[i];
        if (satisfies(binding, definer, &binding->elf->refs[index]))
            binding->bound[index] = true;
        else
            binding->left[left++] = index;
    }
    if (left != binding->left_count)
        *vec_push(&binding->used) = definer;
    binding->left_count = left;
}

static bool in_scope(const struct glibc *glibc, const struct elf_facts *elf)
{
    for (size_t i = 0; i < glibc->lookup.count; i++)
        if (glibc->replay->objects.at[glibc->lookup.at[i]].elf == elf)
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
    for (size_t i = 0; i < glibc->lookup.count; i++) {
        int index = glibc->lookup.at[i];
        const struct elf_facts *definer = glibc->replay->objects.at[index].elf;
        if (definer != NULL && definer != but &&
            match(definer, ref, elf_ref_version(elf, ref), true) != NULL)
            return index;
    }
    return -1;
}

/* A copy relocation warns where the shared object's symbol is larger than the
 * program's (elf_machine_rela, R_*_COPY). */
static void check_copy(struct binding *binding, const struct elf_ref *ref)
{
    struct glibc *glibc = binding->glibc;
    int index = glibc_definer(glibc, binding->elf, ref, binding->elf);
    if (index < 0)
        return;
    const struct elf_def *def =
        match(glibc->replay->objects.at[index].elf, ref, elf_ref_version(binding->elf, ref), true);
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
        if (ref->copy && binding->bound[order[i]])
            check_copy(binding, ref);
        if (binding->bound[order[i]])
            continue;
        binding->bound[order[i]] = true; /* once is enough */
        struct event *event = replay_event(binding->glibc->replay, EV_SYMBOL_UNBOUND);
        event->by = binding->object;
        event->symbol = ref->name;
        event->version = elf_ref_version(elf, ref)->name;
        event->name = elf_ref_version(elf, ref)->file;
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

static void bind_object(struct glibc *glibc, int index)
{
    const struct elf_facts *elf = glibc->replay->objects.at[index].elf;
    if (elf->ref_count == 0 || (index != 0 && known_to_bind(glibc, elf)))
        return;
    struct binding binding = {.glibc = glibc, .elf = elf, .object = index};
    binding.bound = must_alloc(elf->ref_count * sizeof *binding.bound);
    binding.left = must_alloc(elf->ref_count * sizeof *binding.left);
    skip_weak(&binding);
    for (size_t i = 0; i < glibc->lookup.count && binding.left_count > 0; i++) {
        const struct elf_facts *definer = glibc->replay->objects.at[glibc->lookup.at[i]].elf;
        if (definer != NULL)
            bind_in(&binding, definer);
    }
    if (binding.left_count == 0)
        memo_keep_satisfiers(glibc->process->memo, elf, binding.used.at, binding.used.count);
    if (binding.left_count != 0 ||
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
    for (size_t i = 0; i < glibc->host_scope.count; i++)
        *vec_push(&glibc->lookup) = glibc->host_scope.at[i];
    for (size_t i = 0; i < glibc->scope.count; i++)
        *vec_push(&glibc->lookup) = glibc->scope.at[i];
    struct tls_room room;
    if (glibc->dlopen)
        glibc_tls_begin(glibc, &room);
    glibc_relocation_order(glibc, order, &count);
    for (size_t i = 0; i < count; i++) {
        if (glibc->maps.at[order[i]].builtin || glibc->replay->objects.at[order[i]].elf == NULL)
            continue;
        bind_object(glibc, order[i]);
        if (glibc->dlopen && !glibc->maps.at[order[i]].initial)
            glibc_tls_take(glibc, &room, order[i]);
    }
    free(order);
}
