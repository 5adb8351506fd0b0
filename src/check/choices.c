#include "check/choices.h"

#include <string.h>

#include "plugin/node.h"
#include "plugin/npm_lookup.h"
#include "plugin/plugin.h"

/* A file of node_modules among what is asked. */
struct build {
    size_t asked; /* its place there */
    struct npm_place place;
    bool limited, installs;       /* its package is for some platforms alone; this is one of them */
    struct npm_platform platform; /* the file's own; of a limited package the package's */
    const char *rest;             /* what else its name says */
    bool compiled;                /* in build/Release: node-gyp made it here */
    bool never;                   /* it is not loaded in this target */
    bool looked_up;               /* its package's loader looks for it at a known place */
};

/* A package and those that it takes where their platform fits. */
struct owner {
    const char *name;
    const char *const *optionals;
};

struct choosing {
    struct checking *checking;
    struct arena *arena;
    struct facts *facts;
    struct npm_platform process;     /* by the host */
    struct npm_platform gyp_process; /* as node-gyp-build takes it */
    unsigned api;                    /* its version of Node-API; 0: not known */
    struct VEC(struct build) builds;
    const char *owners_of; /* the node_modules, or store, of `owners`; NULL: none is read */
    bool in_store;         /* it is a store of pnpm */
    struct VEC(struct owner) owners;
};

/* ---- the process ---- */

static const char *cpu_of(const struct platform *platform)
{
    static const struct {
        const char *ours, *npms;
    } names[] = {{"linux/amd64", "x64"},     {"linux/386", "ia32"},
                 {"linux/arm64", "arm64"},   {"linux/arm/v7", "arm"},
                 {"linux/arm/v6", "arm"},    {"linux/arm/v5", "arm"},
                 {"linux/s390x", "s390x"},   {"linux/riscv64", "riscv64"},
                 {"linux/ppc64le", "ppc64"}, {"linux/loong64", "loong64"}};
    for (size_t i = 0; platform != NULL && i < sizeof names / sizeof *names; i++)
        if (strcmp(names[i].ours, platform->name) == 0)
            return names[i].npms;
    return NULL;
}

static unsigned armv_of(const struct platform *platform)
{
    if (platform == NULL || strncmp(platform->name, "linux/arm", 9) != 0)
        return 0;
    return strcmp(platform->name, "linux/arm64") == 0 ? 8 : (unsigned)(platform->name[11] - '0');
}

static const char *libc_text(enum willrun_libc libc)
{
    return libc == WILLRUN_LIBC_MUSL ? "musl" : libc == WILLRUN_LIBC_GLIBC ? "glibc" : NULL;
}

static bool exists(const struct choosing *choosing, const char *path)
{
    int error;
    return root_lookup(facts_root(choosing->facts), NULL, path, NULL, LOOKUP_FOLLOW, &error) !=
           NULL;
}

/* The node of the target: its libc, and its NODE_MODULE_VERSION. */
static void ask_node(struct choosing *choosing)
{
    static const char example[] = "addon.node";
    const struct target *target = &choosing->checking->target;
    struct process process = target_process(target, NULL);
    struct elf_facts nothing = {0};
    struct exec_result host;
    struct host_search search = {.plugin = plugin_of(example, &nothing),
                                 .facts = choosing->facts,
                                 .process = &process,
                                 .started = target->started,
                                 .arena = choosing->arena};
    if (search.plugin == NULL || !plugin_next_host(&search, &host) || host.interp == NULL)
        return;
    choosing->process.libc = libc_text(target_loader_kind(host.interp_elf));
    choosing->process.abi = node_program_of(choosing->facts, host.node).abi;
    choosing->api = node_program_api(host.elf);
}

static void know_process(struct choosing *choosing)
{
    const struct target *target = &choosing->checking->target;
    struct process process = target_process(target, NULL);
    const char *libc = process_env(&process, "LIBC");
    choosing->process = (struct npm_platform){.os = "linux",
                                              .cpu = cpu_of(target->platform),
                                              .libc = libc_text(target->libc.kind),
                                              .armv = armv_of(target->platform)};
    ask_node(choosing);
    choosing->gyp_process = choosing->process;
    choosing->gyp_process.libc = libc != NULL && *libc != 0                ? libc
                                 : exists(choosing, "/etc/alpine-release") ? "musl"
                                                                           : "glibc";
}

/* ---- builds ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static bool starts_with(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

/* Does node-gyp-build, or its kin for optional packages, look for the file? */
static bool is_of_gyp(const struct build *build)
{
    return starts_with(build->place.inside, "prebuilds/") ||
           starts_with(build->place.inside, "node.");
}

static void add_build(struct choosing *choosing, size_t asked)
{
    struct build build = {.asked = asked};
    const char *path = choosing->checking->asked.at[asked].path;
    struct npm_package package = {0};
    if (!npm_place_of(path, choosing->arena, &build.place))
        return;
    const struct build *last =
        choosing->builds.count != 0 ? &choosing->builds.at[choosing->builds.count - 1] : NULL;
    bool same = last != NULL && strcmp(last->place.folder, build.place.folder) == 0;
    if (!same)
        npm_package_read(choosing->facts, build.place.folder, &choosing->process, choosing->arena,
                         &package);
    build.limited = same ? last->limited : package.limited;
    build.installs = same ? last->installs : package.fits;
    const char *text = build.place.inside;
    if (ends_with(text, ".node"))
        text = arena_copy(choosing->arena, text, strlen(text) - 5);
    char *rest = arena_alloc(choosing->arena, 2 * strlen(text) + 2);
    npm_platform_of(text, &build.platform, rest);
    build.rest = rest;
    build.compiled = starts_with(build.place.inside, "build/Release/") ||
                     starts_with(build.place.inside, "build/Debug/");
    if (build.limited && !build.installs)
        build.platform = same ? last->platform : package.build;
    *vec_push(&choosing->builds) = build;
}

/* ---- what is not there ---- */

static void keep_one(struct choosing *choosing, struct build *build, enum rule rule,
                     const char *message, const char *fix)
{
    struct no_choice *no_choice = arena_alloc(choosing->arena, sizeof *no_choice);
    struct asked *asked = &choosing->checking->asked.at[build->asked];
    *no_choice = (struct no_choice){rule, WILLRUN_PHASE_LOAD, message, build->place.folder, fix};
    asked->no_choice = no_choice;
    build->never = false;
}

static const char *npm_install(const struct choosing *choosing)
{
    const struct npm_platform *process = &choosing->process;
    const char *options = "--os=linux";
    if (process->cpu != NULL)
        options = arena_format(choosing->arena, "%s --cpu=%s", options, process->cpu);
    if (process->libc != NULL)
        options = arena_format(choosing->arena, "%s --libc=%s", options, process->libc);
    return options;
}

/* ---- files for several platforms in one package ---- */

static void choose_file(struct choosing *choosing, size_t first, size_t end, size_t at)
{
    struct build *build = &choosing->builds.at[at];
    const struct npm_platform *process =
        is_of_gyp(build) ? &choosing->gyp_process : &choosing->process;
    bool prebuilt = starts_with(build->place.inside, "prebuilds/");
    build->never = prebuilt && ends_with(build->place.inside, ".bare"); /* for another runtime */
    if (build->never || !(prebuilt || ends_with(build->place.inside, ".node")) ||
        npm_fits(&build->platform, process))
        return;
    build->never = true;
    for (size_t i = first; i < end; i++) {
        const struct build *other = &choosing->builds.at[i];
        bool alike = strcmp(other->rest, build->rest) == 0;
        if (other->compiled || (alike && npm_fits(&other->platform, process)))
            return; /* that one is loaded */
        if (alike && i < at)
            return; /* the first tells of it */
    }
    keep_one(choosing, build, RULE_PREBUILD_MISSING,
             arena_format(choosing->arena, "%s has no build for %s: %s is for %s",
                          build->place.name, npm_platform_text(process, choosing->arena),
                          build->place.inside,
                          npm_platform_text(&build->platform, choosing->arena)),
             arena_format(choosing->arena,
                          "Run npm rebuild %s in a stage of the runtime image (with python3, make "
                          "and g++), or take a release of it that has such a build.",
                          build->place.name));
}

/* ---- packages whose loader looks at places that are known ---- */

/* The first of the places at which there is a file; NULL: there is none. */
static const char *taken_of(const struct choosing *choosing, const char *folder,
                            const struct npm_lookup *lookup)
{
    for (size_t i = 0; lookup->paths[i] != NULL; i++)
        if (exists(choosing, arena_format(choosing->arena, "%s/%s", folder, lookup->paths[i])))
            return lookup->paths[i];
    return NULL;
}

/* Nothing is there: the first of its builds tells of it. */
static void tell_not_taken(struct choosing *choosing, struct build *build,
                           const struct npm_lookup *lookup)
{
    size_t last = 0;
    while (lookup->paths[last + 1] != NULL)
        last++;
    keep_one(choosing, build, RULE_PREBUILD_MISSING,
             arena_format(choosing->arena,
                          "%s has no build for %s: %s looks for %s%s, and there is %s",
                          build->place.name, npm_platform_text(&choosing->process, choosing->arena),
                          lookup->by, lookup->paths[last], last != 0 ? " at the last" : "",
                          build->place.inside),
             arena_format(choosing->arena,
                          "Run npm rebuild %s in a stage of the runtime image: its install script "
                          "takes a build for that, or makes one (with python3, make and g++).",
                          build->place.name));
}

static void choose_by_lookup(struct choosing *choosing, size_t first, size_t end)
{
    struct npm_package package;
    struct npm_lookup lookup;
    bool told = false;
    if (!npm_package_read(choosing->facts, choosing->builds.at[first].place.folder,
                          &choosing->process, choosing->arena, &package))
        return;
    for (size_t i = first; i < end; i++) {
        struct build *build = &choosing->builds.at[i];
        build->looked_up = npm_lookup_of(&package, &choosing->process, choosing->api,
                                         build->place.inside, choosing->arena, &lookup);
        const char *taken =
            build->looked_up ? taken_of(choosing, build->place.folder, &lookup) : NULL;
        build->looked_up = build->looked_up && (taken != NULL || !lookup.open);
        if (!build->looked_up)
            continue;
        build->never = taken == NULL || strcmp(taken, build->place.inside) != 0;
        if (taken == NULL && !told)
            tell_not_taken(choosing, build, &lookup);
        told |= taken == NULL;
    }
}

/* ---- packages for one platform each ---- */

/* The store of pnpm that a folder node_modules is in ("/app/node_modules/.pnpm"); NULL: it is in
 * none. There each package is in STORE/@SCOPE+NAME@VERSION/node_modules/@SCOPE/NAME. */
static const char *store_of(const struct choosing *choosing, const char *modules)
{
    static const char name[] = "/.pnpm/";
    const char *at = strstr(modules, name);
    return at != NULL
               ? arena_copy(choosing->arena, modules, (size_t)(at - modules) + sizeof name - 2)
               : NULL;
}

/* "@scope/name" of the entry "@scope+name@1.0.0" of a store; NULL: it is none. */
static char *name_in_store(const struct choosing *choosing, const char *entry)
{
    const char *end = entry[0] != 0 ? strchr(entry + 1, '@') : NULL;
    if (end == NULL)
        return NULL;
    char *name = arena_copy(choosing->arena, entry, (size_t)(end - entry));
    char *plus = strchr(name, '+');
    if (plus != NULL)
        *plus = '/';
    return name;
}

/* The folder of a package: beside the others, or in the store; NULL: it is not there. */
static const char *folder_of(const struct choosing *choosing, const char *modules, const char *name)
{
    const char *store = store_of(choosing, modules);
    const struct node **nodes;
    size_t count = 0;
    int error;
    if (store == NULL)
        return arena_format(choosing->arena, "%s/%s", modules, name);
    const struct node *folder =
        root_lookup(facts_root(choosing->facts), NULL, store, NULL, LOOKUP_FOLLOW, &error);
    if (folder == NULL ||
        root_list(facts_root(choosing->facts), folder, choosing->arena, &nodes, &count) != 0)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        const char *own = name_in_store(choosing, nodes[i]->name);
        if (own != NULL && strcmp(own, name) == 0)
            return arena_format(choosing->arena, "%s/%s/node_modules/%s", store, nodes[i]->name,
                                name);
    }
    return NULL;
}

static void add_owner(struct choosing *choosing, const char *name)
{
    struct npm_package package;
    const char *folder = arena_format(choosing->arena, "%s/%s", choosing->owners_of, name);
    const char *stored = choosing->in_store ? name_in_store(choosing, name) : NULL;
    if (stored != NULL) {
        folder = arena_format(choosing->arena, "%s/node_modules/%s", folder, stored);
        name = stored;
    }
    if (npm_package_read(choosing->facts, folder, &choosing->process, choosing->arena, &package) &&
        package.fits && package.optionals[0] != NULL)
        *vec_push(&choosing->owners) = (struct owner){name, package.optionals};
}

typedef void each_name(struct choosing *choosing, const char *name);

/* The packages in a folder node_modules. */
static void each_package(struct choosing *choosing, const char *modules, const char *scope,
                         each_name *call)
{
    int error;
    const struct node **nodes,
        *folder = root_lookup(facts_root(choosing->facts), NULL,
                              arena_format(choosing->arena, "%s/%s", modules, scope), NULL,
                              LOOKUP_FOLLOW, &error);
    size_t count = 0;
    if (folder == NULL || folder->type != NODE_DIR ||
        root_list(facts_root(choosing->facts), folder, choosing->arena, &nodes, &count) != 0)
        return;
    for (size_t i = 0; i < count; i++) {
        const char *name = nodes[i]->name;
        if (*scope == 0 && name[0] == '@' && !choosing->in_store)
            each_package(choosing, modules, name, call);
        else if (name[0] != '.')
            call(choosing,
                 *scope != 0 ? arena_format(choosing->arena, "%s/%s", scope, name) : name);
    }
}

static void read_owners(struct choosing *choosing, const char *modules)
{
    const char *store = store_of(choosing, modules);
    modules = store != NULL ? store : modules;
    choosing->in_store = store != NULL;
    if (choosing->owners_of != NULL && strcmp(choosing->owners_of, modules) == 0)
        return;
    choosing->owners_of = modules;
    choosing->owners.count = 0;
    each_package(choosing, modules, "", add_owner);
}

/* How much of a platform a name tells. */
static int told(const struct npm_platform *platform)
{
    return (platform->os != NULL) + (platform->cpu != NULL) + (platform->libc != NULL) +
           (platform->armv != 0);
}

/* The one of `owner`'s packages, alike to `build`'s, that it takes in this target; NULL: none. */
static const char *wanted_package(const struct choosing *choosing, const struct owner *owner,
                                  const struct build *build)
{
    const char *wanted = NULL;
    int most = 0;
    char *rest = arena_alloc(choosing->arena, 2 * strlen(build->place.name) + 2);
    struct npm_platform platform;
    npm_platform_of(build->place.name, &platform, rest);
    for (size_t i = 0; owner->optionals[i] != NULL; i++) {
        const char *name = owner->optionals[i];
        char *other = arena_alloc(choosing->arena, 2 * strlen(name) + 2);
        npm_platform_of(name, &platform, other);
        if (strcmp(rest, other) != 0 || !npm_fits(&platform, &choosing->process) ||
            told(&platform) <= most)
            continue;
        most = told(&platform);
        wanted = name;
    }
    return wanted;
}

static bool lists(const struct owner *owner, const char *name)
{
    for (size_t i = 0; owner->optionals[i] != NULL; i++)
        if (strcmp(owner->optionals[i], name) == 0)
            return true;
    return false;
}

/* Of a package that is not for this target: is another there in its place, of the same name but for
 * the platform, or one for WebAssembly? */
static bool has_sibling(struct choosing *choosing, const struct build *build,
                        const struct owner *owner)
{
    char *rest = arena_alloc(choosing->arena, 2 * strlen(build->place.name) + 2);
    struct npm_platform platform;
    npm_platform_of(build->place.name, &platform, rest);
    for (size_t i = 0; owner != NULL && owner->optionals[i] != NULL; i++) {
        const char *name = owner->optionals[i], *folder;
        struct npm_package package;
        char *other = arena_alloc(choosing->arena, 2 * strlen(name) + 2);
        npm_platform_of(name, &platform, other);
        bool wasm = platform.cpu != NULL && strcmp(platform.cpu, "wasm32") == 0;
        if (strcmp(rest, other) == 0 &&
            (folder = folder_of(choosing, build->place.modules, name)) != NULL &&
            npm_package_read(choosing->facts, folder, &choosing->process, choosing->arena,
                             &package) &&
            (package.fits || wasm))
            return true;
    }
    return false;
}

/* A package that only owners take where it fits, and that does not. */
static void choose_package(struct choosing *choosing, struct build *build, bool first)
{
    const struct owner *owner = NULL;
    read_owners(choosing, build->place.modules);
    for (size_t i = 0; owner == NULL && i < choosing->owners.count; i++)
        if (lists(&choosing->owners.at[i], build->place.name))
            owner = &choosing->owners.at[i];
    if (owner == NULL)
        return; /* it lies there by itself: judged as it is */
    build->never = true;
    if (!first || has_sibling(choosing, build, owner))
        return;
    const char *wanted = wanted_package(choosing, owner, build);
    struct npm_platform process = choosing->process;
    process.abi = 0;
    const char *here = npm_platform_text(&process, choosing->arena);
    keep_one(choosing, build, RULE_PACKAGE_MISSING,
             arena_format(choosing->arena,
                          "%s is for %s, and on %s %s takes %s, which is not there",
                          build->place.name, npm_platform_text(&build->platform, choosing->arena),
                          here, owner->name, wanted != NULL ? wanted : "another one"),
             arena_format(choosing->arena,
                          "Install for the runtime: npm ci %s, or run npm ci in a stage of the "
                          "runtime image.",
                          npm_install(choosing)));
}

/* ---- all ---- */

static void choose_in(struct choosing *choosing, size_t first, size_t end)
{
    enum { MOST = 4096 }; /* each is compared with all */
    if (end - first > MOST)
        return; /* no package of builds: all are judged */
    choose_by_lookup(choosing, first, end);
    for (size_t i = first; i < end; i++) {
        struct build *build = &choosing->builds.at[i];
        if (build->limited && !build->installs)
            choose_package(choosing, build, i == first);
        else if (!build->looked_up)
            choose_file(choosing, first, end, i);
    }
}

static void take_off(struct choosing *choosing)
{
    struct asked_list *asked = &choosing->checking->asked;
    bool *never = arena_array(choosing->arena, asked->count + 1, sizeof *never);
    size_t left = 0;
    for (size_t i = 0; i < choosing->builds.count; i++)
        never[choosing->builds.at[i].asked] = choosing->builds.at[i].never;
    for (size_t i = 0; i < asked->count; i++)
        if (!never[i])
            asked->at[left++] = asked->at[i];
    choosing->checking->passed_over = asked->count - left;
    asked->count = left;
}

static bool is_of_package(const struct asked *asked)
{
    return !asked->named && !asked->command && asked->error == 0 && asked->gap == NULL &&
           strstr(asked->path, "/node_modules/") != NULL;
}

static void add_builds(struct choosing *choosing)
{
    const struct asked_list *asked = &choosing->checking->asked;
    for (size_t i = 0; i < asked->count; i++) {
        if (!is_of_package(&asked->at[i]))
            continue;
        if (choosing->builds.count == 0)
            know_process(choosing);
        add_build(choosing, i);
    }
}

void choices_make(struct checking *checking)
{
    struct choosing choosing = {
        .checking = checking, .arena = &checking->owned->arena, .facts = checking->owned->facts};
    add_builds(&choosing);
    const struct build *builds = choosing.builds.at;
    for (size_t i = 0, end; i < choosing.builds.count; i = end) {
        end = i + 1;
        while (end < choosing.builds.count &&
               strcmp(builds[end].place.folder, builds[i].place.folder) == 0)
            end++;
        choose_in(&choosing, i, end);
    }
    take_off(&choosing);
    vec_free(&choosing.builds);
    vec_free(&choosing.owners);
}
