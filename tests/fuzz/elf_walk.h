/* Touch everything that the facts of one ELF file point to, and hold them to
 * what elf_facts.h promises: a reader that left a pointer into the file's bytes
 * or an index beyond a table is caught here, under AddressSanitizer. */
#ifndef TESTS_FUZZ_ELF_WALK_H
#define TESTS_FUZZ_ELF_WALK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "elf/elf_facts.h"

#define WALK_EXPECT(condition)                                                                     \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static inline size_t walk_text(const char *text)
{
    return text != NULL ? strlen(text) : 0;
}

static inline size_t walk_texts(const char *const *texts, size_t count)
{
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        WALK_EXPECT(texts[i] != NULL);
        length += strlen(texts[i]);
    }
    return length;
}

static inline size_t walk_versions(const struct elf_facts *facts)
{
    size_t length = 0;
    for (size_t i = 0; i < facts->need_count; i++) {
        length += walk_text(facts->needs[i].file);
        for (size_t k = 0; k < facts->needs[i].count; k++)
            length += walk_text(facts->needs[i].versions[k].name);
    }
    for (size_t i = 0; i < facts->version_count; i++)
        length += walk_text(facts->versions[i].name);
    return length;
}

static inline void walk_defs(const struct elf_facts *facts)
{
    WALK_EXPECT((facts->def_room & (facts->def_room - 1)) == 0);
    for (size_t i = 0; i < facts->def_room; i++)
        WALK_EXPECT(facts->def_slots[i] <= facts->def_count);
    for (size_t i = 0; i < facts->def_count; i++) {
        WALK_EXPECT(facts->defs[i].next <= facts->def_count);
        WALK_EXPECT(facts->def_room == 0 || elf_first_def(facts, "", facts->defs[i].key) != NULL);
    }
}

static inline size_t walk_refs(const struct elf_facts *facts)
{
    size_t length = 0;
    for (size_t i = 0; i < facts->ref_count; i++) {
        const struct elf_ref *ref = &facts->refs[i];
        WALK_EXPECT(ref->name != NULL);
        const struct elf_version *version = elf_ref_version(facts, ref);
        length += walk_text(ref->name) + walk_text(version->name) + walk_text(version->file);
        size_t steps = 0;
        for (const struct elf_def *def = elf_first_def(facts, ref->name, ref->key); def != NULL;
             def = elf_next_def(facts, def))
            WALK_EXPECT(++steps <= facts->def_count);
    }
    for (size_t i = 0; i < facts->binding_count; i++)
        WALK_EXPECT(facts->bindings[i] < facts->ref_count);
    for (size_t i = 0; i < facts->plt_binding_count; i++)
        WALK_EXPECT(facts->plt_bindings[i] < facts->ref_count);
    return length;
}

/* Returns a number that depends on all of it, so that no read is optimised away. */
static inline size_t walk_elf_facts(const struct elf_facts *facts)
{
    size_t sum = facts->state != ELF_WHOLE ? walk_text(facts->trouble) : 0;
    for (size_t i = 0; facts->phdrs != NULL && i < facts->phnum; i++)
        sum += facts->phdrs[i].p_type;
    sum += walk_text(facts->interp) + walk_text(facts->soname) + walk_text(facts->rpath);
    sum += walk_text(facts->runpath) + walk_text(facts->musl_path) + walk_text(facts->build_id);
    sum += walk_text(facts->package_note) + walk_text(facts->dlopen_note);
    sum += walk_text(facts->glibc_release) + walk_text(facts->musl_release);
    sum += walk_texts(facts->needed, facts->needed_count);
    sum += walk_texts(facts->filters, facts->filter_count);
    sum += walk_texts(facts->auxiliaries, facts->auxiliary_count);
    sum += walk_texts(facts->system_dirs, facts->system_dir_count);
    for (size_t i = 0; i < facts->odd_reloc_count; i++)
        sum += facts->odd_relocs[i].type;
    walk_defs(facts);
    return sum + walk_versions(facts) + walk_refs(facts);
}

#endif
