#include "plan/usual.h"

#include <string.h>

/* Folders for outputs alone. */
static const char *const outputs[] = {"/out",     "/output",  "/dist",
                                      "/release", "/publish", "/artifacts"};

/* Folders of a project: as Dockerfiles and the official images' manuals call them; "*" is each
 * folder in there. */
static const char *const projects[] = {
    "/app",     "/src",       "/usr/src/app", "/build",  "/workspace", "/code",      "/work",
    "/project", "/usr/src/*", "/src/*",       "/home/*", "/opt/app",   "/go/src/app"};

/* In a project: of Cargo, of Go and make, of CMake and Meson, of bundlers, of dotnet. */
static const char *const inside[] = {"/target/release",
                                     "/target/x86_64-unknown-linux-musl/release",
                                     "/target/aarch64-unknown-linux-musl/release",
                                     "/target/x86_64-unknown-linux-gnu/release",
                                     "/target/aarch64-unknown-linux-gnu/release",
                                     "/bin",
                                     "/build/bin",
                                     "/build",
                                     "/builddir",
                                     "/out",
                                     "/dist",
                                     "/zig-out/bin",
                                     "/publish",
                                     ""};

/* Of `go install` and `make install`, behind projects: images have tools of their own there. */
static const char *const installed[] = {"/go/bin", "/usr/local/bin", "/opt/*/bin",
                                        "/root/.local/bin", "/install/bin"};

#define COUNT(list) (sizeof(list) / sizeof *(list))

bool usual_is_output(const char *name)
{
    static const char *const tools[] = {
        "node",   "npm",       "python",  "pip",           "pypy",    "ruby",  "php",    "perl",
        "deno",   "bun",       "go",      "gofmt",         "rust",    "cargo", "gcc",    "g++",
        "dlv",    "gopls",     "tini",    "gosu",          "su-exec", "uv",    "uvx",    "idle3",
        "pydoc3", "dumb-init", "docker-", "golangci-lint", "protoc",  "pear",  "openssl"};
    for (size_t i = 0; i < COUNT(tools); i++) {
        size_t length = strlen(tools[i]);
        bool prefix = tools[i][length - 1] == '-';
        if (strncmp(name, tools[i], length) == 0 &&
            (prefix || name[length + strspn(name + length, ".0123456789")] == 0))
            return false;
    }
    return true;
}

struct searching {
    struct root *root;
    usual_call *call;
    void *context;
    struct arena arena;
};

static bool try_in(struct searching *searching, const char *folder, const char *const *below,
                   size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (searching->call(searching->context,
                            arena_format(&searching->arena, "%s%s", folder, below[i])))
            return true;
    return false;
}

/* The folder, or each folder that its "*" stands for. */
static bool try_pattern(struct searching *searching, const char *pattern, const char *const *below,
                        size_t count)
{
    const char *star = strchr(pattern, '*');
    const struct node **nodes;
    size_t node_count = 0;
    int error;
    if (star == NULL)
        return try_in(searching, pattern, below, count);
    const char *top = arena_copy(&searching->arena, pattern, (size_t)(star - pattern));
    const struct node *node = root_lookup(searching->root, NULL, top, NULL, LOOKUP_FOLLOW, &error);
    if (node != NULL && node->type == NODE_DIR)
        root_list(searching->root, node, &searching->arena, &nodes, &node_count);
    for (size_t i = 0; i < node_count; i++)
        if (nodes[i]->type == NODE_DIR &&
            try_in(searching,
                   arena_format(&searching->arena, "%s%s%s", top, nodes[i]->name, star + 1), below,
                   count))
            return true;
    return false;
}

bool usual_search(struct root *root, const char *workdir, usual_call *call, void *context)
{
    static const char *const itself[] = {""};
    struct searching searching = {root, call, context, {0}};
    bool found = false;
    for (size_t i = 0; !found && i < COUNT(outputs); i++)
        found = try_in(&searching, outputs[i], itself, 1);
    if (!found && workdir != NULL && strcmp(workdir, "/") != 0)
        found = try_in(&searching, workdir, inside, COUNT(inside));
    for (size_t i = 0; !found && i < COUNT(projects); i++)
        found = try_pattern(&searching, projects[i], inside, COUNT(inside));
    for (size_t i = 0; !found && i < COUNT(installed); i++)
        found = try_pattern(&searching, installed[i], itself, 1);
    arena_free(&searching.arena);
    return found;
}
