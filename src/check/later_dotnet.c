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
    const char *path;   /* of the program, behind all links */
    const char *folder; /* it lies in */
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

/* Has the runtime a version of the framework to which the wanted one rolls forward? By default to
 * any later one of the same major number (docs/design/features/framework-version-resolution.md). */
static bool has_framework(const struct dotnet *dotnet, const char *root)
{
    const struct dotnet_config *config = &dotnet->config;
    struct root *files = facts_root(dotnet->later->target->facts);
    const struct node **nodes;
    size_t count = 0;
    int error;
    if (config->framework == NULL || config->version == NULL)
        return true;
    const char *path = arena_format(dotnet->arena, "%s/shared/%s", root, config->framework);
    const struct node *folder = root_lookup(files, NULL, path, NULL, LOOKUP_FOLLOW, &error);
    if (folder == NULL || folder->type != NODE_DIR ||
        root_list(files, folder, dotnet->arena, &nodes, &count) != 0)
        return false;
    for (size_t i = 0; i < count; i++) {
        bool same = strtoul(nodes[i]->name, NULL, 10) == strtoul(config->version, NULL, 10);
        if ((same || config->roll_forward != NULL) &&
            version_compare(nodes[i]->name, config->version) >= 0)
            return true;
    }
    return false;
}

static const char *cure_of_runtime(const struct dotnet *dotnet)
{
    const char *version = dotnet->config.version;
    if (version == NULL)
        return "Use an image of dotnet/runtime, or publish with --self-contained.";
    return arena_format(dotnet->arena,
                        "Use an image of dotnet/runtime:%.*s (or dotnet/aspnet), or publish with "
                        "--self-contained.",
                        (int)strcspn(version, ".") + 2, version);
}

static void find_runtime(const struct dotnet *dotnet)
{
    static const char library[] = "libhostfxr.so";
    const struct target *target = dotnet->later->target;
    if (dotnet->config.brings_runtime ||
        later_exists(target, arena_format(dotnet->arena, "%s/%s", dotnet->folder, library)))
        return;
    const char *root = root_of_runtime(dotnet);
    const char *program = dotnet->later->exec->program;
    if (!later_exists(target, arena_format(dotnet->arena, "%s/host/fxr", root)))
        tell(dotnet, RULE_DOTNET_MISSING, library,
             arena_format(dotnet->arena,
                          "%s is the host of a .NET program, and the target has no .NET at %s: it "
                          "says that .NET must be installed, and ends",
                          program, root),
             cure_of_runtime(dotnet));
    else if (!has_framework(dotnet, root))
        tell(dotnet, RULE_DOTNET_MISSING, dotnet->config.framework,
             arena_format(dotnet->arena,
                          "%s is for %s %s, and %s has no version of it that is taken instead: it "
                          "says that .NET must be updated, and ends",
                          program, dotnet->config.framework, dotnet->config.version, root),
             cure_of_runtime(dotnet));
}

/* ---- ICU: pal_icushim.c, GlobalizationMode.Unix.cs ---- */

static bool is_invariant(const struct dotnet *dotnet)
{
    const char *value =
        process_env(dotnet->later->process, "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT");
    if (value != NULL && (strcmp(value, "1") == 0 || strcasecmp(value, "true") == 0))
        return true;
    bool denied = value != NULL && (strcmp(value, "0") == 0 || strcasecmp(value, "false") == 0);
    return !denied && dotnet->config.invariant;
}

static bool finds_icu(const struct later *later)
{
    static const char stem[] = "libicuuc.so.";
    for (size_t i = 0; i < later->replay->events.count; i++) {
        const struct event *event = &later->replay->events.at[i];
        if (event->kind == EV_OPENS && event->path != NULL && event->symbol == NULL &&
            strncmp(event->name, stem, sizeof stem - 1) == 0)
            return true;
    }
    return false;
}

static void find_icu(const struct dotnet *dotnet)
{
    const struct later *later = dotnet->later;
    if (is_invariant(dotnet) || dotnet->config.own_icu || finds_icu(later))
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

/* From the files behind the host, or from NAME.runtimeconfig.json beside it; false: neither is
 * there. */
static bool read_config(struct dotnet *dotnet, struct span file)
{
    struct span text;
    if (dotnet_bundled_config(file, &dotnet->host, &text))
        return dotnet_config_read(text, dotnet->arena, &dotnet->config);
    const char *beside =
        facts_text_at(dotnet->later->target->facts,
                      arena_format(dotnet->arena, "%s.runtimeconfig.json", dotnet->path),
                      LARGEST_CONFIG, dotnet->arena);
    return beside != NULL &&
           dotnet_config_read((struct span){(const unsigned char *)beside, strlen(beside)},
                              dotnet->arena, &dotnet->config);
}

void later_dotnet(const struct later *later, struct span file)
{
    struct dotnet dotnet = {.later = later, .arena = later->findings->arena};
    if (later->replay == NULL || !dotnet_host_of(file, later->exec->elf, &dotnet.host))
        return;
    dotnet.path = node_path(later->exec->node, dotnet.arena);
    dotnet.folder =
        arena_copy(dotnet.arena, dotnet.path, (size_t)(strrchr(dotnet.path, '/') - dotnet.path));
    if (!read_config(&dotnet, file))
        return; /* it ends before it looks for any of these */
    find_runtime(&dotnet);
    if (!findings_have(later->findings, RULE_DOTNET_MISSING))
        find_icu(&dotnet);
}

void later_dotnet_opens(struct span file, const struct elf_facts *elf, struct arena *arena,
                        later_name *name, void *context)
{
    enum { FIRST = 50, LAST = 120 };
    struct dotnet_host host;
    if (!dotnet_host_of(file, elf, &host))
        return;
    for (unsigned i = LAST; i >= FIRST; i--) {
        name(context, arena_format(arena, "libicuuc.so.%u", i));
        name(context, arena_format(arena, "libicuuc.so.suse%u.1", i));
    }
}
