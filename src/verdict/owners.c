#include "verdict/owners.h"

#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "root/table.h"

enum { LIST_MOST = 16 << 20, DATABASE_MOST = 64 << 20 }; /* bytes */

struct owner {
    struct table_entry entry; /* first; the path */
    const char *package;
};

struct owners {
    struct arena arena;
    struct table files;
    enum installer installer;
};

/* ---- the index ---- */

/* Roots whose /lib is a link to usr/lib have packages that list the one and the other. */
static const char *without_usr(const char *path)
{
    return strncmp(path, "/usr/", 5) == 0 ? path + 4 : path;
}

static bool is_library(const char *path)
{
    const char *name = strrchr(path, '/');
    return name != NULL && (strstr(name, ".so") != NULL || strncmp(name, "/ld-", 4) == 0);
}

static void keep(struct owners *owners, const char *path, const char *package)
{
    const char *key = without_usr(path);
    size_t length = strlen(key);
    uint64_t hash = hash_bytes(key, length);
    if (!is_library(key) || table_find(&owners->files, hash, key, length) != NULL)
        return;
    struct owner *owner = arena_alloc(&owners->arena, sizeof *owner);
    owner->entry = (struct table_entry){hash, arena_copy(&owners->arena, key, length), length};
    owner->package = package;
    table_add(&owners->files, &owner->entry, &owners->arena);
}

const char *owners_find(const struct owners *owners, const char *path)
{
    const char *key = without_usr(path);
    size_t length = strlen(key);
    const struct owner *owner =
        (const struct owner *)table_find(&owners->files, hash_bytes(key, length), key, length);
    return owner != NULL ? owner->package : NULL;
}

enum installer owners_installer(const struct owners *owners)
{
    return owners->installer;
}

/* The whole text of the file, in `arena`; NULL: it cannot be read. */
static char *read_text(struct facts *facts, const struct node *node, size_t limit,
                       struct arena *arena)
{
    struct span text;
    if (node == NULL || node->type != NODE_FILE ||
        facts_text(facts, node, limit, arena, &text) != 0)
        return NULL;
    return arena_copy(arena, (const char *)text.data, text.size);
}

/* ---- dpkg: /var/lib/dpkg/info/PACKAGE[:ARCHITECTURE].list, a path a line ---- */

static void read_list(struct owners *owners, struct facts *facts, const struct node *node)
{
    struct arena scratch = {0};
    size_t length = strlen(node->name);
    if (length > 5 && strcmp(node->name + length - 5, ".list") == 0) {
        size_t name = strcspn(node->name, ":");
        const char *package =
            arena_copy(&owners->arena, node->name, name < length ? name : length - 5);
        char *rest = read_text(facts, node, LIST_MOST, &scratch), *place = NULL;
        for (char *line = rest != NULL ? strtok_r(rest, "\n", &place) : NULL; line != NULL;
             line = strtok_r(NULL, "\n", &place))
            keep(owners, line, package);
    }
    arena_free(&scratch);
}

static void read_dpkg(struct owners *owners, struct facts *facts, const struct node *folder)
{
    struct arena scratch = {0};
    const struct node **nodes;
    size_t count;
    if (root_list(facts_root(facts), folder, &scratch, &nodes, &count) == 0)
        for (size_t i = 0; i < count; i++)
            read_list(owners, facts, nodes[i]);
    arena_free(&scratch);
    owners->installer = INSTALLER_APT;
}

/* ---- apk: one file; of a package first P:NAME, then F:FOLDER with its R:FILE lines ---- */

static void read_apk(struct owners *owners, struct facts *facts, const struct node *node)
{
    struct arena scratch = {0};
    char *rest = read_text(facts, node, DATABASE_MOST, &scratch), *place = NULL;
    const char *package = NULL, *folder = "";
    for (char *line = rest != NULL ? strtok_r(rest, "\n", &place) : NULL; line != NULL;
         line = strtok_r(NULL, "\n", &place)) {
        if (strncmp(line, "P:", 2) == 0)
            package = arena_string(&owners->arena, line + 2);
        else if (strncmp(line, "F:", 2) == 0)
            folder = line + 2;
        else if (strncmp(line, "R:", 2) == 0 && package != NULL && strstr(line, ".so") != NULL)
            keep(owners, arena_format(&scratch, "/%s/%s", folder, line + 2), package);
    }
    arena_free(&scratch);
    owners->installer = INSTALLER_APK;
}

/* ---- reading ---- */

struct owners *owners_read(struct facts *facts)
{
    static const struct {
        const char *path;
        void (*read)(struct owners *owners, struct facts *facts, const struct node *node);
    } databases[] = {{"/var/lib/dpkg/info", read_dpkg},
                     {"/lib/apk/db/installed", read_apk},
                     {"/usr/lib/apk/db/installed", read_apk}};
    struct owners *owners = must_alloc(sizeof *owners);
    *owners = (struct owners){.installer = INSTALLER_NONE};
    for (size_t i = 0; i < sizeof databases / sizeof *databases; i++) {
        int error;
        const struct node *node =
            root_lookup(facts_root(facts), NULL, databases[i].path, NULL, LOOKUP_FOLLOW, &error);
        if (node != NULL && owners->installer == INSTALLER_NONE)
            databases[i].read(owners, facts, node);
    }
    return owners;
}

void owners_free(struct owners *owners)
{
    if (owners == NULL)
        return;
    arena_free(&owners->arena);
    free(owners);
}
