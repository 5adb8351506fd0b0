/* willrun_diff: the same subjects judged in two roots. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/vec.h"
#include "check/context.h"
#include "check/versions.h"
#include "diff/library.h"
#include "verdict/findings.h"

struct owned_diff {
    struct willrun_diff diff; /* first: what the caller sees */
    struct willrun_result *before, *after;
    struct arena arena;
};

/* ---- subjects ---- */

static int by_path(const void *a, const void *b)
{
    return strcmp((*(const struct willrun_subject *const *)a)->path,
                  (*(const struct willrun_subject *const *)b)->path);
}

/* The subjects of a result by their paths. */
struct index {
    const struct willrun_subject **at;
    bool *paired;
    size_t count;
};

static struct index make_index(const struct willrun_result *result, struct arena *arena)
{
    const struct willrun_target *target = &result->targets[0];
    struct index index = {.count = target->subject_count};
    index.at = arena_array(arena, index.count + 1, sizeof *index.at);
    index.paired = arena_array(arena, index.count + 1, sizeof *index.paired);
    for (size_t i = 0; i < index.count; i++)
        index.at[i] = &target->subjects[i];
    qsort(index.at, index.count, sizeof *index.at, by_path);
    return index;
}

static size_t place_of(const struct index *index, const char *path)
{
    const struct willrun_subject key = {.path = path}, *pointer = &key;
    const struct willrun_subject **found =
        index->count != 0 ? bsearch(&pointer, index->at, index->count, sizeof *index->at, by_path)
                          : NULL;
    return found != NULL ? (size_t)(found - index->at) : SIZE_MAX;
}

/* The place of the subject that `path` means in that root, by another name where
 * folders became links: /bin/ls is /usr/bin/ls since Debian 12. */
static size_t place_in_root(const struct index *index, struct facts *facts, const char *path,
                            struct arena *arena)
{
    size_t place = place_of(index, path);
    if (place != SIZE_MAX)
        return place;
    int error;
    const struct node *node =
        root_lookup(facts_root(facts), NULL, path, NULL, LOOKUP_FOLLOW, &error);
    return node != NULL && node->type == NODE_FILE ? place_of(index, node_path(node, arena))
                                                   : SIZE_MAX;
}

/* The message of the first finding that makes it what it is. */
static const char *reason(const struct willrun_subject *subject)
{
    const struct willrun_finding *finding = finding_deciding(subject);
    return finding != NULL ? finding->message : "";
}

static enum willrun_change_kind kind_of(const struct willrun_subject *before,
                                        const struct willrun_subject *after)
{
    if (before == NULL || after == NULL)
        return before == NULL ? WILLRUN_APPEARS : WILLRUN_VANISHES;
    if (before->verdict == after->verdict) {
        bool same = before->verdict != WILLRUN_FAILS ||
                    (before->phase == after->phase && strcmp(reason(before), reason(after)) == 0);
        return same ? WILLRUN_CHANGE_KINDS : WILLRUN_OTHERWISE;
    }
    if (after->verdict == WILLRUN_FAILS)
        return WILLRUN_BREAKS;
    if (before->verdict == WILLRUN_FAILS && after->verdict != WILLRUN_UNKNOWN)
        return WILLRUN_MENDS;
    return after->verdict > before->verdict ? WILLRUN_WORSE : WILLRUN_BETTER;
}

struct changes VEC(struct willrun_change);

static void add_change(struct owned_diff *owned, struct changes *changes,
                       const struct willrun_subject *before, const struct willrun_subject *after)
{
    enum willrun_change_kind kind = kind_of(before, after);
    if (kind == WILLRUN_CHANGE_KINDS) {
        owned->diff.same++;
        return;
    }
    owned->diff.counts[kind]++;
    *vec_push(changes) =
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): one of the two is there */
        (struct willrun_change){kind, after != NULL ? after->path : before->path, before, after};
}

static int by_kind(const void *a, const void *b)
{
    const struct willrun_change *left = a, *right = b;
    if (left->kind != right->kind)
        return left->kind < right->kind ? -1 : 1;
    return strcmp(left->path, right->path);
}

static void compare_subjects(struct owned_diff *owned)
{
    struct changes changes = {0};
    struct index before = make_index(owned->before, &owned->arena);
    struct index after = make_index(owned->after, &owned->arena);
    struct facts *facts = result_facts(owned->after);
    for (size_t i = 0; i < before.count; i++) {
        size_t place = place_in_root(&after, facts, before.at[i]->path, &owned->arena);
        if (place != SIZE_MAX)
            after.paired[place] = true;
        add_change(owned, &changes, before.at[i], place != SIZE_MAX ? after.at[place] : NULL);
    }
    for (size_t i = 0; i < after.count; i++)
        if (!after.paired[i])
            add_change(owned, &changes, NULL, after.at[i]);
    if (changes.count != 0)
        qsort(changes.at, changes.count, sizeof *changes.at, by_kind);
    struct willrun_change *kept = arena_array(&owned->arena, changes.count + 1, sizeof *kept);
    if (changes.count != 0)
        memcpy(kept, changes.at, changes.count * sizeof *kept);
    owned->diff.changes = kept;
    owned->diff.change_count = changes.count;
    vec_free(&changes);
}

/* ---- libraries ---- */

/* That a subject needs an object by this name. */
struct use {
    const char *name, *path, *user;
};

struct uses VEC(struct use);

static int by_name(const void *a, const void *b)
{
    const struct use *left = a, *right = b;
    int order = strcmp(left->name, right->name);
    return order != 0 ? order : strcmp(left->user, right->user);
}

static void gather(const struct willrun_result *result, struct uses *uses)
{
    const struct willrun_target *target = &result->targets[0];
    for (size_t i = 0; i < target->subject_count; i++)
        for (size_t k = 0; k < target->subjects[i].object_count; k++) {
            const struct willrun_object *object = &target->subjects[i].objects[k];
            *vec_push(uses) = (struct use){object->name, object->path, target->subjects[i].path};
        }
    if (uses->count != 0)
        qsort(uses->at, uses->count, sizeof *uses->at, by_name);
}

/* The first path that the name was found at in [from, to). */
static const char *path_of(const struct uses *uses, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (uses->at[i].path != NULL)
            return uses->at[i].path;
    return NULL;
}

static size_t end_of(const struct uses *uses, size_t from, const char *name)
{
    while (from < uses->count && strcmp(uses->at[from].name, name) == 0)
        from++;
    return from;
}

static void keep_users(struct owned_diff *owned, const struct uses *uses, size_t from, size_t to,
                       struct willrun_library *library)
{
    const char **users = arena_array(&owned->arena, WILLRUN_USERS_NAMED, sizeof *users);
    for (size_t i = from; i < to; i++) {
        if (i > from && strcmp(uses->at[i].user, uses->at[i - 1].user) == 0)
            continue;
        if (library->user_count < WILLRUN_USERS_NAMED)
            users[library->user_count] = uses->at[i].user;
        library->user_count++;
    }
    library->users = users;
}

static bool defines(const struct elf_facts *elf, uint64_t key)
{
    for (size_t i = 0; i < elf->version_count; i++)
        if (elf->versions[i].key == key)
            return true;
    return false;
}

static void keep_gone(struct owned_diff *owned, struct willrun_library *library)
{
    const struct elf_facts *old = library_at(result_facts(owned->before), library->path_before);
    const struct elf_facts *new = library_at(result_facts(owned->after), library->path);
    if (old == NULL || new == NULL)
        return;
    const char **gone = arena_array(&owned->arena, old->version_count + 1, sizeof *gone);
    for (size_t i = 0; i < old->version_count; i++)
        if (!old->versions[i].base && !defines(new, old->versions[i].key))
            gone[library->versions_gone_count++] = old->versions[i].name;
    library->versions_gone = gone;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

/* A part of glibc has the version of the whole. */
static const char *version_in(struct owned_diff *owned, const struct willrun_result *result,
                              const char *name, const char *path)
{
    const struct willrun_target *target = &result->targets[0];
    if (path != NULL && target->libc == WILLRUN_LIBC_GLIBC && versions_of_glibc(name))
        return target->libc_version;
    return library_version(result_facts(result), path, &owned->arena);
}

static bool fill_library(struct owned_diff *owned, bool before_needed,
                         struct willrun_library *library)
{
    /* one that nothing loads any more, or did not yet, may be there all the same */
    const char *path = library->path != NULL ? library->path : library->path_before;
    if (library->path == NULL && !library->needed &&
        library_at(result_facts(owned->after), path) != NULL)
        library->path = path;
    if (library->path_before == NULL && !before_needed &&
        library_at(result_facts(owned->before), path) != NULL)
        library->path_before = path;
    library->before = version_in(owned, owned->before, library->name, library->path_before);
    library->after = version_in(owned, owned->after, library->name, library->path);
    keep_gone(owned, library);
    return (library->path == NULL) != (library->path_before == NULL) ||
           library->versions_gone_count != 0 ||
           (library->path != NULL && !same_text(library->before, library->after));
}

static void compare_libraries(struct owned_diff *owned)
{
    struct VEC(struct willrun_library) libraries = {0};
    struct uses old = {0}, new = {0};
    gather(owned->before, &old);
    gather(owned->after, &new);
    for (size_t i = 0, k = 0; i < old.count || k < new.count;) {
        int order = i == old.count   ? 1
                    : k == new.count ? -1
                                     : strcmp(old.at[i].name, new.at[k].name);
        const char *name = order <= 0 ? old.at[i].name : new.at[k].name;
        size_t old_end = end_of(&old, i, name), new_end = end_of(&new, k, name);
        struct willrun_library library = {.name = name,
                                          .path_before = path_of(&old, i, old_end),
                                          .path = path_of(&new, k, new_end),
                                          .needed = new_end > k};
        bool changed = fill_library(owned, old_end > i, &library);
        if (changed && library.needed)
            keep_users(owned, &new, k, new_end, &library);
        else if (changed)
            keep_users(owned, &old, i, old_end, &library);
        if (changed)
            *vec_push(&libraries) = library;
        i = old_end, k = new_end;
    }
    struct willrun_library *kept = arena_array(&owned->arena, libraries.count + 1, sizeof *kept);
    if (libraries.count != 0)
        memcpy(kept, libraries.at, libraries.count * sizeof *kept);
    owned->diff.libraries = kept;
    owned->diff.library_count = libraries.count;
    vec_free(&libraries);
    vec_free(&old);
    vec_free(&new);
}

/* ---- the call ---- */

static enum willrun_err check_in(struct willrun *willrun, const char *root,
                                 struct willrun_result **result)
{
    willrun_set_root(willrun, root);
    enum willrun_err err = willrun_check(willrun, result);
    if (err != WILLRUN_OK || (*result)->target_count == 1)
        return err;
    err_set(context_err(willrun), WILLRUN_EUSAGE,
            "%s is for %zu platforms: say with --platform for which one", root,
            (*result)->target_count);
    return WILLRUN_EUSAGE;
}

static bool has_path(const struct willrun_result *result, const char *path)
{
    int error;
    const struct node *node =
        root_lookup(facts_root(result_facts(result)), NULL, path, NULL, LOOKUP_NOFOLLOW, &error);
    return node != NULL || error != ENOENT;
}

/* Each subject that was named is in one of the roots at least. */
static enum willrun_err check_named(struct willrun *willrun, const struct owned_diff *owned)
{
    for (size_t i = 0; i < willrun->subjects.count; i++) {
        const char *path = willrun->subjects.at[i];
        if (*path != '/' || has_path(owned->before, path) || has_path(owned->after, path))
            continue;
        err_set(context_err(willrun), WILLRUN_EINPUT, "the subject %s is neither in %s nor in %s",
                path, owned->before->targets[0].root, owned->after->targets[0].root);
        return WILLRUN_EINPUT;
    }
    return WILLRUN_OK;
}

enum willrun_err willrun_diff(struct willrun *willrun, const char *before, const char *after,
                              struct willrun_diff **diff)
{
    struct owned_diff *owned = must_alloc(sizeof *owned);
    *owned = (struct owned_diff){0};
    *diff = NULL;
    if (!context_has_subjects(willrun))
        willrun_add_all(willrun);
    context_set_lenient(willrun, true);
    enum willrun_err err = check_in(willrun, before, &owned->before);
    if (err == WILLRUN_OK)
        err = check_in(willrun, after, &owned->after);
    context_set_lenient(willrun, false);
    if (err == WILLRUN_OK)
        err = check_named(willrun, owned);
    if (err != WILLRUN_OK) {
        willrun_diff_free(&owned->diff);
        return err;
    }
    owned->diff.before = owned->before;
    owned->diff.after = owned->after;
    compare_subjects(owned);
    compare_libraries(owned);
    *diff = &owned->diff;
    return WILLRUN_OK;
}

void willrun_diff_free(struct willrun_diff *diff)
{
    if (diff == NULL)
        return;
    struct owned_diff *owned = (struct owned_diff *)diff;
    willrun_result_free(owned->before);
    willrun_result_free(owned->after);
    arena_free(&owned->arena);
    free(owned);
}
