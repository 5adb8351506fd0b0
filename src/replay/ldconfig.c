#include "replay/ldconfig.h"

#include <ctype.h>
#include <fnmatch.h>
#include <string.h>
#include <strings.h>

#include "replay/ldcache.h"
#include "root/copy.h"

struct folder {
    const char *path; /* as it was named */
    const struct node *node;
};

/* A library of a folder. */
struct library {
    const char *name, *soname;
    const struct node *file;
    bool is_link; /* its name is kept; else a link of its soname is made */
    bool own;     /* of the loader's machine and class */
};

struct following {
    struct facts *facts;
    const struct elf_facts *loader;
    struct arena *arena;
    struct ldconfig *out;
    struct VEC(struct folder) folders;
    struct VEC(struct ldcache_line) lines;
    unsigned depth; /* of files that include one another */
};

static const struct node *look_up(struct following *following, const char *path,
                                  enum lookup_flags flags)
{
    int error;
    return root_lookup(facts_root(following->facts), NULL, path, NULL, flags, &error);
}

/* ---- which folders ---- */

/* Does it look into subfolders of `path` for better CPUs? */
static bool has_better(struct following *following, const char *path)
{
    static const char *const names[] = {"glibc-hwcaps", "tls",  "x86_64", "haswell", "xeon_phi",
                                        "avx512_1",     "i586", "i686",   "sse2",    "atomics",
                                        "neon",         "vfp",  "power9", "power8",  "z13"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *inner = arena_format(following->arena, "%s/%s", path, names[i]);
        const struct node *node = look_up(following, inner, LOOKUP_FOLLOW);
        if (node != NULL && node->type == NODE_DIR)
            return true;
    }
    return false;
}

/* add_dir_1: a folder counts once, under the name by which it came first. */
static void add_folder(struct following *following, const char *line)
{
    size_t length = strcspn(line, "=");
    while (length != 0 && isspace((unsigned char)line[length - 1]))
        length--;
    while (length != 0 && line[length - 1] == '/')
        length--;
    if (length == 0)
        return;
    const char *path = arena_copy(following->arena, line, length);
    *vec_push(&following->out->folders) = path;
    const struct node *node = look_up(following, path, LOOKUP_FOLLOW);
    for (size_t i = 0; node != NULL && i < following->folders.count; i++)
        if (following->folders.at[i].node == node)
            return;
    if (node == NULL || node->type != NODE_DIR)
        return;
    *vec_push(&following->folders) = (struct folder){path, node};
    if (has_better(following, path))
        following->out->open = path;
}

static void read_configuration(struct following *following, const char *path);

/* Patterns are of file names alone in what distributions ship. */
static void include(struct following *following, const char *from, const char *pattern)
{
    struct arena *arena = following->arena;
    const char *whole = path_clean(arena_copy(arena, from, (size_t)(strrchr(from, '/') - from) + 1),
                                   pattern, arena);
    const char *slash = strrchr(whole, '/');
    const char *folder = arena_copy(arena, whole, (size_t)(slash - whole));
    const struct node *node = look_up(following, *folder != '\0' ? folder : "/", LOOKUP_FOLLOW);
    const struct node **nodes;
    size_t count;
    *vec_push(&following->out->folders) = folder;
    if (strcspn(folder, "*?[\\") != strlen(folder))
        following->out->open = folder;
    if (node == NULL || node->type != NODE_DIR ||
        root_list(facts_root(following->facts), node, arena, &nodes, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++)
        if (fnmatch(slash + 1, nodes[i]->name, FNM_PERIOD) == 0)
            read_configuration(following, arena_format(arena, "%s/%s", folder, nodes[i]->name));
}

static void read_line(struct following *following, const char *path, char *line)
{
    line[strcspn(line, "#")] = '\0';
    while (isspace((unsigned char)*line))
        line++;
    if (strncmp(line, "include", 7) == 0 && isblank((unsigned char)line[7])) {
        char *rest = NULL;
        for (char *word = strtok_r(line + 8, " \t\r", &rest); word != NULL;
             word = strtok_r(NULL, " \t\r", &rest))
            include(following, path, word);
    } else if (strncasecmp(line, "hwcap", 5) != 0 || !isblank((unsigned char)line[5])) {
        add_folder(following, line);
    }
}

/* parse_conf */
static void read_configuration(struct following *following, const char *path)
{
    enum { LARGEST = 1 << 20, DEEPEST = 20 };
    const struct node *node = look_up(following, path, LOOKUP_FOLLOW);
    if (node == NULL)
        return;
    const char *text = facts_text_at(following->facts, path, LARGEST, following->arena);
    if (text == NULL || following->depth == DEEPEST) {
        following->out->open = path;
        return;
    }
    following->depth++;
    char *rest = NULL;
    for (char *line = strtok_r(arena_string(following->arena, text), "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest))
        read_line(following, path, line);
    following->depth--;
}

static void find_folders(struct following *following, const char *const *named, bool alone)
{
    static const char *const usual[] = {"/lib", "/usr/lib"};
    for (; named != NULL && *named != NULL; named++)
        add_folder(following, *named);
    if (alone)
        return;
    read_configuration(following, "/etc/ld.so.conf");
    for (size_t i = 0; i < following->loader->system_dir_count; i++)
        add_folder(following, following->loader->system_dirs[i]);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        add_folder(following, usual[i]);
}

/* ---- one folder ---- */

/* _dl_is_dso, and no leftover of prelink. */
static bool is_library_name(const char *name)
{
    return (strncmp(name, "lib", 3) == 0 || strncmp(name, "ld-", 3) == 0 ||
            strncmp(name, "ld.so.", 6) == 0 || strncmp(name, "ld64.so.", 8) == 0) &&
           strstr(name, ".so") != NULL && strstr(name, ".#prelink#") == NULL;
}

/* A link of the soname, or of the name that a linker takes (libx.so of libx.so.1), is left. */
static bool keeps_name(const char *name, const char *soname)
{
    size_t length = strlen(name);
    return strcmp(name, soname) == 0 || (length >= 3 && strcmp(name + length - 3, ".so") == 0 &&
                                         strncmp(name, soname, length) == 0);
}

struct libraries VEC(struct library);

/* Of one soname a file comes before a link, and the newer name before the older. */
static void add_library(struct libraries *libraries, struct library library)
{
    for (size_t i = 0; i < libraries->count; i++) {
        struct library *known = &libraries->at[i];
        if (strcmp(known->soname, library.soname) != 0)
            continue;
        if ((!library.is_link && known->is_link) ||
            (library.is_link == known->is_link && ldcache_compare(known->name, library.name) < 0))
            *known = library;
        return;
    }
    *vec_push(libraries) = library;
}

static void consider(struct following *following, const struct folder *folder,
                     const struct node *entry, struct libraries *libraries)
{
    const char *path = arena_format(following->arena, "%s/%s", folder->path, entry->name);
    const struct node *file = look_up(following, path, LOOKUP_FOLLOW);
    if (!is_library_name(entry->name) || file == NULL || file->type != NODE_FILE)
        return;
    const struct file_facts *facts = facts_of(following->facts, file);
    const struct elf_facts *elf = facts->elf, *loader = following->loader;
    if (facts->kind == FILE_UNREADABLE || (facts->kind == FILE_ELF && elf->state != ELF_WHOLE))
        following->out->open = path;
    if (facts->kind != FILE_ELF || elf->type != ET_DYN || !elf->has_dynamic)
        return;
    bool own = elf->machine == loader->machine && elf->wide == loader->wide;
    if (!own && elf->wide == loader->wide && loader->machine != EM_X86_64)
        following->out->open = path; /* ldconfig of x86-64 alone looks at the machine */
    struct library library = {.name = entry->name,
                              .soname = elf->soname != NULL ? elf->soname : entry->name,
                              .file = file,
                              .own = own};
    library.is_link = entry->type == NODE_LINK && keeps_name(entry->name, library.soname);
    if (library.is_link)
        library.soname = entry->name;
    if (own || elf->wide != loader->wide)
        add_library(libraries, library);
}

/* create_links */
static void add_link(struct following *following, const struct folder *folder,
                     const struct library *library)
{
    const char *path = arena_format(following->arena, "%s/%s", folder->path, library->soname);
    const struct node *now = look_up(following, path, LOOKUP_FOLLOW);
    const struct node *itself = look_up(following, path, LOOKUP_NOFOLLOW);
    if (now != NULL && (now->content == library->file->content || itself->type != NODE_LINK))
        return;
    *vec_push(&following->out->links) = (struct ldconfig_link){path, library->name};
}

static void search_folder(struct following *following, const struct folder *folder)
{
    struct libraries libraries = {0};
    const struct node **nodes;
    size_t count = 0;
    struct root *root = facts_root(following->facts);
    if (root_list(root, folder->node, following->arena, &nodes, &count) != 0 ||
        root_unseen(root, folder->node) != 0)
        following->out->open = folder->path;
    for (size_t i = 0; i < count; i++)
        consider(following, folder, nodes[i], &libraries);
    for (size_t i = 0; i < libraries.count; i++) {
        const struct library *library = &libraries.at[i];
        if (!library->is_link)
            add_link(following, folder, library);
        if (library->own)
            *vec_push(&following->lines) = (struct ldcache_line){
                library->soname,
                arena_format(following->arena, "%s/%s", folder->path, library->soname),
                following->lines.count};
    }
    vec_free(&libraries);
}

void ldconfig_follow(struct facts *facts, const struct elf_facts *loader, const char *const *named,
                     bool alone, struct arena *arena, struct ldconfig *ldconfig)
{
    struct following following = {
        .facts = facts, .loader = loader, .arena = arena, .out = ldconfig};
    *ldconfig = (struct ldconfig){0};
    find_folders(&following, named, alone);
    for (size_t i = 0; i < following.folders.count; i++)
        search_folder(&following, &following.folders.at[i]);
    ldconfig->cache = ldcache_write(following.lines.at, following.lines.count, loader, arena);
    vec_free(&following.folders);
    vec_free(&following.lines);
}

void ldconfig_free(struct ldconfig *ldconfig)
{
    vec_free(&ldconfig->links);
    vec_free(&ldconfig->folders);
}
