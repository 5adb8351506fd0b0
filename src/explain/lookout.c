#include "explain/lookout.h"

#include <string.h>

enum { NODES_MOST = 400000, DEPTH_MOST = 64, TEXT_MOST = 1 << 20 };

/* ---- libraries ---- */

struct lookout {
    struct facts *facts;
    const char *soname;
    size_t stem; /* bytes of it up to ".so" and these */
    struct arena *arena;
    struct whereabouts *found;
    size_t nodes;
};

static bool is_elf(const struct lookout *lookout, const struct node *node)
{
    int error;
    char *path = node_path(node, lookout->arena);
    const struct node *file =
        root_lookup(facts_root(lookout->facts), NULL, path, NULL, LOOKUP_FOLLOW, &error);
    return file != NULL && file->type == NODE_FILE &&
           facts_of(lookout->facts, file)->kind == FILE_ELF;
}

static void consider(struct lookout *lookout, const struct node *node)
{
    struct whereabouts *found = lookout->found;
    if (strncmp(node->name, lookout->soname, lookout->stem) != 0)
        return;
    bool same = strcmp(node->name, lookout->soname) == 0;
    const char **place = same ? &found->same : &found->other;
    char next = node->name[lookout->stem];
    if (*place == NULL && (same || next == '.') && is_elf(lookout, node))
        *place = node_path(node, lookout->arena);
}

static bool is_kernels(const struct node *folder, unsigned depth)
{
    static const char *const names[] = {"proc", "sys", "dev"};
    for (size_t i = 0; depth == 1 && i < sizeof names / sizeof *names; i++)
        if (strcmp(folder->name, names[i]) == 0)
            return true;
    return false;
}

static void walk(struct lookout *lookout, const struct node *folder, unsigned depth)
{
    const struct node **nodes;
    size_t count;
    if (depth > DEPTH_MOST || is_kernels(folder, depth) ||
        root_list(facts_root(lookout->facts), folder, lookout->arena, &nodes, &count) != 0)
        return;
    for (size_t i = 0; i < count && lookout->nodes < NODES_MOST; i++) {
        lookout->nodes++;
        if (nodes[i]->type == NODE_DIR)
            walk(lookout, nodes[i], depth + 1);
        else
            consider(lookout, nodes[i]);
    }
}

static const struct node *node_at(struct facts *facts, const char *path)
{
    int error;
    return root_lookup(facts_root(facts), NULL, path, NULL, LOOKUP_FOLLOW, &error);
}

static const char *text_of(struct facts *facts, const struct node *node, struct arena *arena)
{
    struct span text;
    if (node == NULL || node->type != NODE_FILE ||
        facts_text(facts, node, TEXT_MOST, arena, &text) != 0)
        return "";
    return arena_copy(arena, (const char *)text.data, text.size);
}

/* Is there a line of this folder, perhaps with slashes behind it? */
static bool has_line(const char *text, const char *folder, size_t length)
{
    for (; *text != 0; text += strcspn(text, "\n"), text += *text == '\n') {
        if (strncmp(text, folder, length) != 0)
            continue;
        const char *end = text + length + strspn(text + length, "/");
        if (strchr("\n\r \t", *end) != NULL)
            return true;
    }
    return false;
}

/* Do /etc/ld.so.conf and the files that distributions let it include name the folder of `path`? */
static bool is_configured(struct facts *facts, const char *path, struct arena *arena)
{
    const struct node **files;
    size_t count = 0, length = (size_t)(strrchr(path, '/') - path);
    const struct node *folder = node_at(facts, "/etc/ld.so.conf.d");
    if (has_line(text_of(facts, node_at(facts, "/etc/ld.so.conf"), arena), path, length))
        return true;
    if (folder == NULL || root_list(facts_root(facts), folder, arena, &files, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (has_line(text_of(facts, files[i], arena), path, length))
            return true;
    return false;
}

void lookout_library(struct facts *facts, const char *soname, struct arena *arena,
                     struct whereabouts *found)
{
    const char *suffix = strstr(soname, ".so");
    struct lookout lookout = {.facts = facts,
                              .soname = soname,
                              .stem =
                                  suffix != NULL ? (size_t)(suffix - soname) + 3 : strlen(soname),
                              .arena = arena,
                              .found = found};
    *found = (struct whereabouts){0};
    if (*soname == 0)
        return;
    walk(&lookout, root_top(facts_root(facts)), 0);
    found->configured = found->same != NULL && is_configured(facts, found->same, arena);
}

/* ---- what is met later ---- */

/* The first of `paths`, ended by NULL, that is there and not empty; NULL: none. */
static const char *first_there(struct facts *facts, const char *const *paths)
{
    for (; *paths != NULL; paths++) {
        const struct node *node = node_at(facts, *paths);
        if (node != NULL && (node->type == NODE_DIR || node->size != 0))
            return *paths;
    }
    return NULL;
}

static bool has_certificates(struct facts *facts, struct arena *arena, const char **sentence)
{
    static const char *const bundles[] = {"/etc/ssl/certs/ca-certificates.crt",
                                          "/etc/pki/tls/certs/ca-bundle.crt",
                                          "/etc/ssl/ca-bundle.pem",
                                          "/etc/pki/tls/cacert.pem",
                                          "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
                                          "/etc/ssl/cert.pem",
                                          NULL};
    const char *there = first_there(facts, bundles);
    *sentence = there != NULL
                    ? arena_format(arena,
                                   "the target has %s: the issuer is not in it, or the "
                                   "program looks elsewhere",
                                   there)
                    : "the target has no bundle of certificates: neither "
                      "/etc/ssl/certs/ca-certificates.crt nor any of the other usual files";
    return there != NULL;
}

static bool has_zone(struct facts *facts, const char *zone, struct arena *arena,
                     const char **sentence)
{
    const char *path = arena_format(arena, "/usr/share/zoneinfo%s%s", zone != NULL ? "/" : "",
                                    zone != NULL ? zone : "");
    bool there = node_at(facts, path) != NULL;
    *sentence = arena_format(arena, there ? "the target has %s" : "the target has no %s", path);
    return there;
}

/* Is there a line of /etc/passwd or /etc/group for the name or number? */
static bool has_entry(const char *text, const char *name)
{
    size_t length = strlen(name);
    for (; *text != 0; text += strcspn(text, "\n"), text += *text == '\n') {
        if (strncmp(text, name, length) == 0 && text[length] == ':')
            return true;
        const char *number = text + strcspn(text, ":\n");
        number += *number == ':';
        number += strcspn(number, ":\n");
        if (*number == ':' && strncmp(number + 1, name, length) == 0 && number[length + 1] == ':')
            return true;
    }
    return false;
}

static bool has_user(struct facts *facts, const char *name, struct arena *arena,
                     const char **sentence)
{
    static const char *const files[] = {"/etc/passwd", "/etc/group"};
    for (size_t i = 0; i < 2; i++) {
        const struct node *node = node_at(facts, files[i]);
        if (node != NULL && (name == NULL || has_entry(text_of(facts, node, arena), name))) {
            *sentence = arena_format(arena, "the target's %s has %s", files[i],
                                     name != NULL ? name : "entries");
            return true;
        }
    }
    *sentence =
        node_at(facts, "/etc/passwd") == NULL
            ? "the target has no /etc/passwd"
            : arena_format(arena, "neither /etc/passwd nor /etc/group of the target has %s", name);
    return false;
}

bool lookout_has(struct facts *facts, unsigned group, const char *name, struct arena *arena,
                 const char **sentence)
{
    if (group == GROUP_CERTIFICATES)
        return has_certificates(facts, arena, sentence);
    if (group == GROUP_ZONES)
        return has_zone(facts, name, arena, sentence);
    return has_user(facts, name, arena, sentence);
}
