/* What a program of .NET needs when its host has started: the runtime, and ICU. */
#include "check/later.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "inspect/dotnet.h"
#include "verdict/advice.h"

enum { LARGEST_CONFIG = 1 << 20 };

struct dotnet {
    const struct later *later;
    struct arena *arena;
    struct dotnet_host host;
    struct dotnet_config config;
    bool muxer;         /* it is the program dotnet, which starts another */
    const char *path;   /* of the program, behind all links */
    const char *folder; /* it lies in */
    const char *app;    /* what of the program's path stands before ".runtimeconfig.json" */
};

static void tell(const struct dotnet *dotnet, enum rule rule, const char *object,
                 const char *message, const char *fix)
{
    struct willrun_finding *finding = finding_add(dotnet->later->findings, rule, "%s", message);
    finding->object = object;
    finding->needed_by = dotnet->later->exec->program;
    finding->fix = fix;
}

/* ---- the runtime: fxr_resolver.cpp, pal.unix.cpp of src/native/corehost ---- */

static const char *variable_of(const struct dotnet *dotnet)
{
    const struct elf_facts *elf = dotnet->later->exec->elf;
    return elf->machine == EM_X86_64    ? "DOTNET_ROOT_X64"
           : elf->machine == EM_AARCH64 ? "DOTNET_ROOT_ARM64"
           : elf->machine == EM_ARM     ? "DOTNET_ROOT_ARM"
                                        : "DOTNET_ROOT";
}

/* The first line of a file; NULL: there is none. */
static const char *first_line(const struct dotnet *dotnet, const char *path)
{
    char *text =
        (char *)facts_text_at(dotnet->later->target->facts, path, LARGEST_CONFIG, dotnet->arena);
    if (text == NULL || *text == 0 || *text == '\n')
        return NULL;
    text[strcspn(text, "\n")] = 0;
    return text;
}

static const char *root_of_runtime(const struct dotnet *dotnet)
{
    if (dotnet->muxer)
        return dotnet->folder;
    const char *variables[] = {variable_of(dotnet), "DOTNET_ROOT"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        const char *value = process_env(dotnet->later->process, variables[i]);
        if (value != NULL && *value != 0)
            return value;
    }
    const char *machine = strrchr(variable_of(dotnet), '_') + 1;
    char *file = arena_format(dotnet->arena, "/etc/dotnet/install_location_%s", machine);
    for (char *at = file; *at != 0; at++)
        *at = *at >= 'A' && *at <= 'Z' ? (char)(*at - 'A' + 'a') : *at;
    const char *told = first_line(dotnet, file);
    told = told != NULL ? told : first_line(dotnet, "/etc/dotnet/install_location");
    return told != NULL ? told : "/usr/share/dotnet";
}

/* How much of a version has to be the same for one to be taken for another that is not there
 * (docs/design/features/framework-version-resolution.md). */
static const struct rolling {
    const char *name;
    unsigned numbers; /* from the first on */
    bool exact;
} rollings[] = {{"Disable", 3, true},      {"LatestPatch", 2, false}, {"Minor", 1, false},
                {"LatestMinor", 1, false}, {"Major", 0, false},       {"LatestMajor", 0, false}};

static const struct rolling *rolling_of(const struct dotnet *dotnet,
                                        const struct dotnet_framework *framework)
{
    enum { BY_DEFAULT = 2 };
    const char *name = process_env(dotnet->later->process, "DOTNET_ROLL_FORWARD");
    name = name != NULL && *name != 0 ? name : framework->roll_forward;
    for (size_t i = 0; name != NULL && i < sizeof rollings / sizeof *rollings; i++)
        if (strcasecmp(rollings[i].name, name) == 0)
            return &rollings[i];
    return &rollings[BY_DEFAULT];
}

/* Is `version` taken for `wanted`? A preview comes before its release. */
static bool is_taken(const struct rolling *rolling, const char *version, const char *wanted)
{
    int order = version_compare(version, wanted);
    bool preview = strchr(version, '-') != NULL && strchr(wanted, '-') == NULL;
    if (rolling->exact)
        return strcmp(version, wanted) == 0;
    if (order < 0 || (order == 0 && preview))
        return false;
    char *a, *b;
    for (unsigned i = 0; i < rolling->numbers;
         i++, version = a + (*a == '.'), wanted = b + (*b == '.'))
        if (strtoul(version, &a, 10) != strtoul(wanted, &b, 10))
            return false;
    return true;
}

static bool has_framework(const struct dotnet *dotnet, const char *root,
                          const struct dotnet_framework *framework)
{
    struct root *files = facts_root(dotnet->later->target->facts);
    const struct rolling *rolling = rolling_of(dotnet, framework);
    const struct node **nodes;
    size_t count = 0;
    int error;
    if (framework->name == NULL || framework->version == NULL)
        return true;
    const char *path = arena_format(dotnet->arena, "%s/shared/%s", root, framework->name);
    const struct node *folder = root_lookup(files, NULL, path, NULL, LOOKUP_FOLLOW, &error);
    if (folder == NULL || folder->type != NODE_DIR ||
        root_list(files, folder, dotnet->arena, &nodes, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++)
        if (is_taken(rolling, nodes[i]->name, framework->version))
            return true;
    return false;
}

static const char *cure_of_runtime(const struct dotnet *dotnet,
                                   const struct dotnet_framework *framework)
{
    if (framework->version == NULL)
        return "Use an image of dotnet/runtime, or publish with --self-contained.";
    bool web = framework->name != NULL && strcmp(framework->name, "Microsoft.AspNetCore.App") == 0;
    return arena_format(dotnet->arena,
                        "Use an image of dotnet/%s:%.*s%s, or publish with --self-contained.",
                        web ? "aspnet" : "runtime", (int)strcspn(framework->version, ".") + 2,
                        framework->version, web ? "" : " (or dotnet/aspnet)");
}

static void find_frameworks(const struct dotnet *dotnet, const char *root)
{
    const char *program = dotnet->later->exec->program;
    for (size_t i = 0; i < dotnet->config.framework_count; i++) {
        const struct dotnet_framework *framework = &dotnet->config.frameworks[i];
        if (has_framework(dotnet, root, framework))
            continue;
        tell(dotnet, RULE_DOTNET_MISSING, framework->name,
             arena_format(dotnet->arena,
                          "%s is for %s %s, and %s has no version of it that is taken instead: %s "
                          "says that .NET must be updated, and ends",
                          dotnet->muxer ? dotnet->later->runs : program, framework->name,
                          framework->version, root, dotnet->muxer ? program : "it"),
             cure_of_runtime(dotnet, framework));
        return;
    }
}

static void find_runtime(const struct dotnet *dotnet)
{
    static const char library[] = "libhostfxr.so";
    const struct target *target = dotnet->later->target;
    if (!dotnet->muxer &&
        (dotnet->config.brings_runtime ||
         later_exists(target, arena_format(dotnet->arena, "%s/%s", dotnet->folder, library))))
        return;
    const char *root = root_of_runtime(dotnet);
    const char *program = dotnet->later->exec->program;
    if (later_exists(target, arena_format(dotnet->arena, "%s/host/fxr", root))) {
        find_frameworks(dotnet, root);
        return;
    }
    tell(dotnet, RULE_DOTNET_MISSING, library,
         arena_format(dotnet->arena,
                      "%s is the host of a .NET program, and the target has no .NET at %s: it "
                      "says that .NET must be installed, and ends",
                      program, root),
         cure_of_runtime(dotnet, &dotnet->config.frameworks[0]));
}

/* Without a framework dotnet takes the program for one that brings its runtime. */
static void find_config(const struct dotnet *dotnet)
{
    const char *config = arena_format(dotnet->arena, "%s.runtimeconfig.json", dotnet->app);
    if (later_exists(dotnet->later->target,
                     arena_format(dotnet->arena, "%.*s/libhostpolicy.so",
                                  (int)(strrchr(config, '/') - config), config)))
        return;
    tell(dotnet, RULE_DOTNET_MISSING, config,
         arena_format(dotnet->arena,
                      "%s is to run %s, and no %s names a framework for it: it looks for "
                      "libhostpolicy.so beside it, and ends",
                      dotnet->later->exec->program, dotnet->later->runs, config),
         "Copy all files that dotnet publish made, and not the .dll alone.");
}

/* ---- ICU: pal_icushim.c, GlobalizationMode.Unix.cs ---- */

static bool is_invariant(const struct dotnet *dotnet)
{
    const char *value =
        process_env(dotnet->later->process, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT");
    if (value != NULL && (strcmp(value, "1") == 0 || strcasecmp(value, "true") == 0))
        return true;
    if (dotnet->config.invariant && dotnet->config.trimmed)
        return true; /* it has no code for any other mode */
    bool denied = value != NULL && (strcmp(value, "0") == 0 || strcasecmp(value, "false") == 0);
    return !denied && dotnet->config.invariant;
}

/* Before .NET 5 nothing newer than 20 releases behind the one that it was built with. */
static bool is_known_release(const struct dotnet *dotnet, unsigned long release)
{
    enum { FIRST_WITHOUT_LIMIT = 5, LAST_OF_OLD = 70 };
    const char *version = dotnet->config.frameworks[0].version;
    return release <= LAST_OF_OLD || version == NULL ||
           strtoul(version, NULL, 10) >= FIRST_WITHOUT_LIMIT;
}

static bool finds_icu(const struct dotnet *dotnet)
{
    static const char stem[] = "libicuuc.so.";
    const struct later *later = dotnet->later;
    for (size_t i = 0; i < later->replay->events.count; i++) {
        const struct event *event = &later->replay->events.at[i];
        if (event->kind == EV_OPENS && event->path != NULL && event->symbol == NULL &&
            strncmp(event->name, stem, sizeof stem - 1) == 0 &&
            is_known_release(dotnet, strtoul(event->name + sizeof stem - 1, NULL, 10)))
            return true;
    }
    return false;
}

static void find_icu(const struct dotnet *dotnet)
{
    const struct later *later = dotnet->later;
    if (is_invariant(dotnet) || dotnet->config.own_icu || finds_icu(dotnet))
        return;
    tell(
        dotnet, RULE_ICU_MISSING, "libicuuc.so",
        arena_format(dotnet->arena,
                     "%s is a .NET program that opens ICU, and no libicuuc.so of a release that "
                     "it takes is in the search path: the process is aborted",
                     later->exec->program),
        "Install libicu (Debian: libicu72, Alpine: icu-libs), use an image of dotnet/runtime-deps, "
        "or set ENV DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1 where it needs no cultures.");
}

/* ---- all of it ---- */

/* From the files behind the host, or from NAME.runtimeconfig.json beside the program; false:
 * neither is there. */
static bool read_config(struct dotnet *dotnet, struct span file)
{
    struct span text;
    if (!dotnet->muxer && dotnet_bundled_config(file, &dotnet->host, &text))
        return dotnet_config_read(text, dotnet->arena, &dotnet->config);
    const char *beside =
        facts_text_at(dotnet->later->target->facts,
                      arena_format(dotnet->arena, "%s.runtimeconfig.json", dotnet->app),
                      LARGEST_CONFIG, dotnet->arena);
    return beside != NULL &&
           dotnet_config_read((struct span){(const unsigned char *)beside, strlen(beside)},
                              dotnet->arena, &dotnet->config);
}

/* "/app/x" of "/app/x.dll" */
static const char *without_ending(const char *path, struct arena *arena)
{
    const char *dot = strrchr(path, '.');
    return arena_copy(arena, path, dot != NULL ? (size_t)(dot - path) : strlen(path));
}

void later_dotnet(const struct later *later, struct span file)
{
    struct dotnet dotnet = {.later = later, .arena = later->findings->arena};
    if (later->replay == NULL)
        return;
    dotnet.muxer = later->runs != NULL && dotnet_muxer(file);
    bool host = dotnet_host_of(file, later->exec->elf, &dotnet.host);
    if (!dotnet.muxer && !host && dotnet_native_with_icu(file))
        find_icu(&dotnet);
    if (!dotnet.muxer && !host)
        return;
    dotnet.path = node_path(later->exec->node, dotnet.arena);
    dotnet.folder =
        arena_copy(dotnet.arena, dotnet.path, (size_t)(strrchr(dotnet.path, '/') - dotnet.path));
    dotnet.app = dotnet.muxer ? without_ending(later->runs, dotnet.arena) : dotnet.path;
    bool told = read_config(&dotnet, file);
    if (!told && !dotnet.muxer)
        return; /* it ends before it looks for any of these */
    find_runtime(&dotnet);
    bool framework = told && dotnet.config.framework_count != 0;
    if (dotnet.muxer && !framework && !findings_have(later->findings, RULE_DOTNET_MISSING))
        find_config(&dotnet);
    if (!findings_have(later->findings, RULE_DOTNET_MISSING))
        find_icu(&dotnet);
}

void later_dotnet_opens(struct span file, const struct elf_facts *elf, struct arena *arena,
                        later_name *name, void *context)
{
    enum { FIRST = 50, LAST = 120 };
    struct dotnet_host host;
    if (!dotnet_host_of(file, elf, &host) && !dotnet_muxer(file) && !dotnet_native_with_icu(file))
        return;
    for (unsigned i = LAST; i >= FIRST; i--) {
        name(context, arena_format(arena, "libicuuc.so.%u", i));
        name(context, arena_format(arena, "libicuuc.so.suse%u.1", i));
    }
}
