/* An ELF file cut down for a profile has the facts of the whole one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "elf/elf_cut.h"
#include "elf/elf_facts.h"
#include "elf/elf_relocs.h"
#include "snapshot/cut.h"
#include "source/source.h"
#include "temp_tree.h"

/* The files of a folder of this machine that are ELF files, a few of each. */
enum { MOST = 400 };

static void same_text(const char *a, const char *b)
{
    assert_int_equal(a == NULL, b == NULL);
    if (a != NULL)
        assert_string_equal(a, b);
}

static void same_texts(const char *const *a, size_t a_count, const char *const *b, size_t b_count)
{
    assert_int_equal(a_count, b_count);
    for (size_t i = 0; i < a_count; i++)
        same_text(a[i], b[i]);
}

#define SAME(field) assert_int_equal(a->field, b->field)
#define SAME_BYTES(field, count)                                                                   \
    do {                                                                                           \
        SAME(count);                                                                               \
        assert_memory_equal(a->field, b->field, a->count * sizeof *a->field);                      \
    } while (0)

static void same_header(const struct elf_facts *a, const struct elf_facts *b)
{
    SAME(state), SAME(trouble_at), SAME(file_size), SAME(type), SAME(machine), SAME(version);
    SAME(flags), SAME(ehsize), SAME(phentsize), SAME(phnum), SAME(entry), SAME(phoff);
    SAME(wide), SAME(big), SAME(interp_size), SAME(interp_ended), SAME(has_dynamic);
    SAME(dynamic_size), SAME(tls_size), SAME(tls_align), SAME(tls_first), SAME(has_tls);
    SAME(has_stack), SAME(stack_exec), SAME(load_align);
    assert_memory_equal(a->ident, b->ident, sizeof a->ident);
    assert_int_equal(a->phdrs == NULL, b->phdrs == NULL);
    if (a->phdrs != NULL)
        assert_memory_equal(a->phdrs, b->phdrs, a->phnum * sizeof *a->phdrs);
    same_text(a->interp, b->interp);
    same_text(a->trouble, b->trouble);
}

static void same_dynamic(const struct elf_facts *a, const struct elf_facts *b)
{
    same_texts(a->needed, a->needed_count, b->needed, b->needed_count);
    same_texts(a->filters, a->filter_count, b->filters, b->filter_count);
    same_texts(a->auxiliaries, a->auxiliary_count, b->auxiliaries, b->auxiliary_count);
    same_text(a->soname, b->soname);
    same_text(a->rpath, b->rpath);
    same_text(a->runpath, b->runpath);
    same_text(a->musl_path, b->musl_path);
    SAME(dt_flags), SAME(dt_flags_1), SAME(symbolic), SAME(bind_now), SAME(textrel);
    SAME(static_tls), SAME(own_static_tls), SAME(has_relr), SAME(has_hash), SAME(has_gnu_hash);
    SAME(has_versym), SAME(has_verdef), SAME(relr_init);
}

static void same_versions(const struct elf_facts *a, const struct elf_facts *b)
{
    SAME(need_count), SAME(version_count), SAME(version_of_count);
    for (size_t i = 0; i < a->need_count; i++) {
        same_text(a->needs[i].file, b->needs[i].file);
        SAME(needs[i].count);
        for (size_t k = 0; k < a->needs[i].count; k++) {
            same_text(a->needs[i].versions[k].name, b->needs[i].versions[k].name);
            SAME(needs[i].versions[k].hash), SAME(needs[i].versions[k].weak);
            SAME(needs[i].versions[k].index), SAME(needs[i].versions[k].hidden);
        }
    }
    for (size_t i = 0; i < a->version_count; i++) {
        same_text(a->versions[i].name, b->versions[i].name);
        SAME(versions[i].hash), SAME(versions[i].index), SAME(versions[i].base);
    }
    for (size_t i = 0; i < a->version_of_count; i++) {
        same_text(a->version_of[i].name, b->version_of[i].name);
        same_text(a->version_of[i].file, b->version_of[i].file);
    }
}

static void same_symbols(const struct elf_facts *a, const struct elf_facts *b)
{
    SAME(def_count), SAME(ref_count), SAME(odd_for_musl), SAME(symbols_read);
    for (size_t i = 0; i < a->def_count; i++) {
        SAME(defs[i].key), SAME(defs[i].size), SAME(defs[i].versym), SAME(defs[i].type);
        SAME(defs[i].bind), SAME(defs[i].zero), SAME(defs[i].undefined), SAME(defs[i].absolute);
        SAME(defs[i].guarded), SAME(defs[i].internal);
    }
    for (size_t i = 0; i < a->ref_count; i++) {
        same_text(a->refs[i].name, b->refs[i].name);
        SAME(refs[i].size), SAME(refs[i].version), SAME(refs[i].when), SAME(refs[i].type);
        SAME(refs[i].bind), SAME(refs[i].call), SAME(refs[i].other), SAME(refs[i].copy);
        SAME(refs[i].tls), SAME(refs[i].tls_static), SAME(refs[i].defined);
        SAME(refs[i].is_protected), SAME(refs[i].canonical);
    }
    SAME_BYTES(bindings, binding_count);
    SAME_BYTES(plt_bindings, plt_binding_count);
    SAME(odd_reloc_count);
    for (size_t i = 0; i < a->odd_reloc_count; i++)
        SAME(odd_relocs[i].type), SAME(odd_relocs[i].plt);
}

static void same_words(const struct elf_facts *a, const struct elf_facts *b)
{
    SAME(abi_os), SAME(abi_kernel[0]), SAME(abi_kernel[1]), SAME(abi_kernel[2]);
    SAME(isa_needed), SAME(isa_used), SAME(indirect_access);
    same_text(a->build_id, b->build_id);
    same_text(a->package_note, b->package_note);
    same_text(a->dlopen_note, b->dlopen_note);
    same_text(a->glibc_release, b->glibc_release);
    same_text(a->musl_release, b->musl_release);
    same_texts(a->lfs64, a->lfs64_count, b->lfs64, b->lfs64_count);
    same_texts(a->system_dirs, a->system_dir_count, b->system_dirs, b->system_dir_count);
}

static void same_relocs(struct span whole, struct span cut)
{
    struct arena arena = {0};
    const struct elf_raw_reloc *a, *b;
    size_t count = elf_raw_relocs(whole, &arena, &a);
    assert_int_equal(count, elf_raw_relocs(cut, &arena, &b));
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(a[i].type, b[i].type);
        assert_int_equal(a[i].local, b[i].local);
        assert_int_equal(a[i].weak, b[i].weak);
        same_text(a[i].name, b[i].name);
    }
    arena_free(&arena);
}

static void same_facts(struct span whole, struct span cut)
{
    struct elf_facts *a = elf_facts_read(whole, true), *b = elf_facts_read(cut, true);
    same_header(a, b);
    same_dynamic(a, b);
    same_versions(a, b);
    same_symbols(a, b);
    same_words(a, b);
    elf_facts_free(a);
    elf_facts_free(b);
    same_relocs(whole, cut);
}

/* The bytes that the runs of a cut hold, on a ground of zeros. */
static unsigned char *unpack(const struct cut *cut)
{
    unsigned char *bytes = calloc(cut->size, 1);
    assert_non_null(bytes);
    size_t before = 0;
    for (size_t i = 0; i < cut->runs.count; i++) {
        const struct tar_run *run = &cut->runs.at[i];
        assert_true(run->offset >= before && run->offset + run->size <= cut->size);
        assert_int_equal(run->offset % TAR_BLOCK, 0);
        before = run->offset + run->size;
        assert_true(before == cut->size || before % TAR_BLOCK == 0);
        memcpy(bytes + run->offset, cut->bytes.data + run->offset, run->size);
    }
    return bytes;
}

static size_t hold(struct root *root, const struct node *node)
{
    struct kept_texts texts = {0};
    struct file_bytes bytes;
    struct cut cut;
    size_t kept = 0;
    assert_int_equal(root_bytes(root, node, &bytes), 0);
    if (bytes.span.size >= SELFMAG && memcmp(bytes.span.data, ELFMAG, SELFMAG) == 0) {
        cut_file(node, &texts, bytes.span, node->size, &cut);
        assert_int_equal(cut.size, bytes.span.size);
        unsigned char *cut_bytes = unpack(&cut);
        same_facts(bytes.span, (struct span){cut_bytes, cut.size});
        free(cut_bytes);
        for (size_t i = 0; i < cut.runs.count; i++)
            kept += cut.runs.at[i].size;
        cut_free(&cut);
    }
    file_bytes_release(&bytes);
    return kept;
}

/* Libraries and programs of the machine that runs the test. */
static void facts_outlive_the_cut(void **state)
{
    (void)state;
    static const char *const dirs[] = {"/usr/bin",
                                       "/usr/lib",
                                       "/lib64",
                                       "/usr/lib/musl/lib",
                                       "/usr/lib/x86_64-linux-gnu",
                                       "/usr/lib/aarch64-linux-gnu"};
    struct err err = {0};
    struct root *root = root_new(source_open_dir("/", &err));
    size_t files = 0, whole = 0, kept = 0;
    for (size_t i = 0; i < sizeof dirs / sizeof *dirs; i++) {
        struct arena arena = {0};
        int error;
        const struct node *dir = root_lookup(root, NULL, dirs[i], NULL, LOOKUP_FOLLOW, &error);
        const struct node **nodes;
        size_t count = 0, taken = 0;
        if (dir != NULL && dir->type == NODE_DIR)
            assert_int_equal(root_list(root, dir, &arena, &nodes, &count), 0);
        for (size_t k = 0; k < count && taken < MOST; k++) {
            size_t part = nodes[k]->type == NODE_FILE ? hold(root, nodes[k]) : 0;
            files += part != 0, taken += part != 0, kept += part;
            whole += part != 0 ? nodes[k]->size : 0;
        }
        arena_free(&arena);
    }
    root_free(root);
    assert_true(files > 50);
    assert_true(kept < whole / 2); /* or it would be no cut */
}

static const struct node *node_named(struct node *dir, struct node *node, const char *folder,
                                     const char *name, unsigned mode)
{
    *dir = (struct node){.name = folder, .type = NODE_DIR};
    dir->parent = dir;
    *node = (struct node){
        .parent = dir, .name = name, .type = NODE_FILE, .mode = (uint16_t)mode, .content = 7};
    return node;
}

/* What of `text` stays in a file of that folder and name. */
static size_t kept_of(const char *folder, const char *name, unsigned mode, const char *text,
                      size_t size)
{
    struct node dir, node;
    struct kept_texts texts = {0};
    struct cut cut;
    struct span file = {(const unsigned char *)text, size};
    cut_file(node_named(&dir, &node, folder, name, mode), &texts, file, size, &cut);
    size_t kept = 0;
    for (size_t i = 0; i < cut.runs.count; i++)
        kept += cut.runs.at[i].size;
    cut_free(&cut);
    return kept;
}

static void data_is_emptied_and_texts_that_count_stay(void **state)
{
    (void)state;
    static char script[9000] = "#!/bin/sh\n", data[9000] = "secret";
    assert_int_equal(kept_of("etc", "shadow", 0640, data, sizeof data), 0);
    assert_int_equal(kept_of("etc", "token", 0644, "tiny", 4), 0);
    assert_int_equal(kept_of("bin", "run", 0755, script, sizeof script), 4096);
    assert_int_equal(kept_of("etc", "ld-musl-x86_64.path", 0644, "/lib\n", 5), 5);
    assert_int_equal(kept_of("opt", "ld-musl-x86_64.path", 0644, "/lib\n", 5), 0);
    assert_int_equal(kept_of("bin", "odd", 0755, data, sizeof data), sizeof data);
}

/* The first kinds of files whose bytes count whatever their names are. */
static void only_what_counts_is_read_whole(void **state)
{
    (void)state;
    struct node dir, node;
    struct kept_texts texts = {0};
    assert_int_equal(cut_wants((struct span){(const unsigned char *)"\177ELF", 4}), WANT_ALL);
    assert_int_equal(cut_wants((struct span){(const unsigned char *)"#!/bin/sh", 9}), WANT_ALL);
    assert_int_equal(cut_wants((struct span){(const unsigned char *)"PK\3\4", 4}), WANT_HEAD);
    assert_false(cut_wants_node(node_named(&dir, &node, "etc", "shadow", 0640), &texts));
    *vec_push(&texts) = node.content;
    assert_true(cut_wants_node(&node, &texts));
    vec_free(&texts);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_outlive_the_cut),
        cmocka_unit_test(data_is_emptied_and_texts_that_count_stay),
        cmocka_unit_test(only_what_counts_is_read_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
