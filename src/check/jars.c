#include "check/jars.h"

#include <stdlib.h>
#include <string.h>

#include "inspect/zip.h"
#include "root/copy.h"
#include "source/members.h"

enum { DEEPEST = 3 }; /* jars in jars: a library in a jar of a program's own jar */
static const size_t LARGEST = (size_t)128 << 20; /* bytes of one file that are unpacked */
static const size_t MOST = (size_t)1 << 30;      /* … and of all of a jar */

struct library {
    const char *path; /* in the jar */
    const char *base; /* its last part */
    enum willrun_libc libc;
    struct span bytes;
    void *heap;
};

struct jar {
    const struct target *target;
    struct arena *arena;
    struct VEC(struct library) libraries;
    size_t unpacked; /* bytes so far */
};

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static bool is_jar_name(const char *name)
{
    static const char *const endings[] = {".jar", ".war", ".ear"};
    size_t length = strlen(name);
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (length > 4 && strcmp(name + length - 4, endings[i]) == 0)
            return true;
    return false;
}

bool jar_is(const struct node *node, const struct file_facts *file)
{
    return file->kind == FILE_OTHER && file->head_size >= 4 &&
           memcmp(file->head, "PK\3\4", 4) == 0 && is_jar_name(node->name);
}

/* ---- what is in it ---- */

static bool starts_with(struct span bytes, const char *magic)
{
    return bytes.size >= 4 && memcmp(bytes.data, magic, 4) == 0;
}

/* The libc that it names among its libraries. */
static enum willrun_libc libc_of_library(const struct elf_facts *elf)
{
    for (size_t i = 0; i < elf->needed_count; i++) {
        if (strcmp(elf->needed[i], "libc.so.6") == 0)
            return WILLRUN_LIBC_GLIBC;
        if (strncmp(elf->needed[i], "libc.musl-", 10) == 0 ||
            strcmp(elf->needed[i], "libc.so") == 0)
            return WILLRUN_LIBC_MUSL;
    }
    return WILLRUN_LIBC_NONE;
}

/* Is it for the very machine, and not for another that its kernel runs beside? */
static bool is_of(const struct platform *platform, const struct elf_facts *elf)
{
    return platform == NULL || (platform->machine == elf->machine && platform->wide == elf->wide &&
                                platform->big == elf->big);
}

/* Keep a library of the target's machine, whose `heap` is the jar's then; else false. */
static bool keep_library(struct jar *jar, const char *path, struct span bytes, void *heap)
{
    struct elf_facts *elf = elf_facts_read(bytes, false);
    bool wanted = elf->type == ET_DYN && elf->interp == NULL && is_of(jar->target->platform, elf);
    if (wanted)
        *vec_push(&jar->libraries) =
            (struct library){path, base_name(path), libc_of_library(elf), bytes, heap};
    elf_facts_free(elf);
    return wanted;
}

/* Is it worth unpacking? A name that leads out of the jar is of no program's making. */
static bool is_wanted(const struct zip_entry *entry)
{
    return (strstr(entry->name, ".so") != NULL || is_jar_name(entry->name)) &&
           strstr(entry->name, "..") == NULL && entry->size <= LARGEST;
}

static void look_into(struct jar *jar, const char *prefix, struct span archive, unsigned depth)
{
    struct zip_entry *entries;
    size_t count;
    if (!zip_list(archive, jar->arena, &entries, &count))
        return;
    for (size_t i = 0; i < count && jar->unpacked <= MOST; i++) {
        struct span bytes;
        unsigned char *heap;
        if (!is_wanted(&entries[i]))
            continue;
        bool read = zip_read(archive, &entries[i], LARGEST, &bytes, &heap);
        bool inner = read && depth < DEEPEST && starts_with(bytes, "PK\3\4");
        const char *path = arena_format(jar->arena, "%s%s", prefix, entries[i].name);
        jar->unpacked += read ? bytes.size : 0;
        if (inner) {
            look_into(jar, arena_format(jar->arena, "%s!/", path), bytes, depth + 1);
            /* what was kept of it may be its own bytes */
            *vec_push(&jar->libraries) = (struct library){.heap = heap};
        } else if (!read || !starts_with(bytes, "\177ELF") || !keep_library(jar, path, bytes, heap))
            free(heap);
    }
}

/* Is it for another libc than the target's, and has the jar its build for that? */
static bool has_twin(const struct jar *jar, const struct library *library)
{
    enum willrun_libc own = jar->target->libc.kind;
    if (library->libc == own || library->libc == WILLRUN_LIBC_NONE)
        return false;
    for (size_t i = 0; i < jar->libraries.count; i++) {
        const struct library *other = &jar->libraries.at[i];
        if (other->path != NULL && other != library &&
            (other->libc == own || other->libc == WILLRUN_LIBC_NONE) &&
            strcmp(other->base, library->base) == 0)
            return true;
    }
    return false;
}

/* ---- laying it beside the jar ---- */

/* A root of the libraries, and their paths behind `folder` in `list`; NULL: there are none. */
static struct root *root_of(const struct jar *jar, const char *folder, struct asked_list *list,
                            struct err *err)
{
    struct members *members = members_new(folder);
    bool ok = true;
    for (size_t i = 0; i < jar->libraries.count && ok; i++) {
        const struct library *library = &jar->libraries.at[i];
        if (library->path == NULL || has_twin(jar, library))
            continue;
        ok = members_add(members, library->path, library->bytes, err);
        *vec_push(list) =
            (struct asked){.path = arena_format(jar->arena, "%s/%s", folder, library->path)};
    }
    struct source *source = members_open(members);
    if (ok && list->count != 0)
        return root_new(source);
    source->ops->close(source);
    return NULL;
}

/* Lay the libraries of the jar at `path` over the root, as /app/a.jar!/…, and list them. */
static void lay(struct checking *checking, const char *path, const struct node *node,
                struct asked_list *list)
{
    struct owned_result *owned = checking->owned;
    struct jar jar = {.target = &checking->target, .arena = &owned->arena};
    struct file_bytes bytes;
    struct err err = {0};
    const char *folder = arena_format(&owned->arena, "%s!", path);
    if (root_bytes(owned->root, node, &bytes) != 0)
        return;
    look_into(&jar, "", bytes.span, 1);
    struct root *root = root_of(&jar, folder, list, &err);
    struct copy copy = {.from = root, .source = "/", .to = folder, .literal = true, .mode = -1};
    if (root != NULL)
        *vec_push(&owned->jars) = root;
    if (root == NULL || !root_copy(owned->root, &copy, &err))
        list->count = 0;
    for (size_t i = 0; i < jar.libraries.count; i++)
        free(jar.libraries.at[i].heap);
    vec_free(&jar.libraries);
    file_bytes_release(&bytes);
}

void jars_expand(struct checking *checking)
{
    struct asked_list before = checking->asked, after = {0};
    for (size_t i = 0; i < before.count; i++) {
        const struct asked *asked = &before.at[i];
        struct asked_list inner = {0};
        int error;
        const struct node *node = asked->command || asked->error != 0 || !is_jar_name(asked->path)
                                      ? NULL
                                      : root_lookup(checking->owned->root, checking->target.cwd,
                                                    asked->path, NULL, LOOKUP_FOLLOW, &error);
        if (node != NULL && node->type == NODE_FILE &&
            jar_is(node, facts_of(checking->owned->facts, node)))
            lay(checking, asked->path, node, &inner);
        for (size_t k = 0; k < inner.count; k++)
            *vec_push(&after) = inner.at[k];
        if (inner.count == 0 && !asked->as_jar)
            *vec_push(&after) = *asked;
        vec_free(&inner);
    }
    vec_free(&before);
    checking->asked = after;
}
