/* What the environment of the process says, and what glibc opens for some of its functions. */
#include "check/later.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "inspect/go.h"
#include "root/copy.h"

/* The first of the functions that the subject, or a library that came with it, imports. */
static const char *reached(const struct later *later, const char *functions)
{
    const struct replay *replay = later->replay;
    const char *function = NULL;
    for (size_t i = 0; replay != NULL && i < replay->objects.count && function == NULL; i++) {
        const struct loaded *object = &replay->objects.at[i];
        bool brought = i == 0 || (object->node != NULL && node_copy(object->node) != 0);
        if (object->elf != NULL && !object->builtin && brought)
            function = later_import(object->elf, functions, later->findings->arena);
    }
    return function;
}

static bool is_musl(const struct later *later)
{
    return later->replay != NULL && later->replay->loader == LIBC_MUSL;
}

/* ---- time zones: tzset(3), musl's time/__tz.c, Go's time/zoneinfo_unix.go ---- */

/* Is it a zone by itself, or one that is UTC anyhow? "EST5EDT" and "<+03>-3" are rules. */
static bool needs_no_file(const char *zone)
{
    static const char *const universal[] = {"UTC",       "UCT",       "GMT",  "Zulu",
                                            "Universal", "Greenwich", "UTC0", "GMT0"};
    if (strncmp(zone, "Etc/", 4) == 0)
        zone += 4;
    for (size_t i = 0; i < sizeof universal / sizeof *universal; i++)
        if (strcmp(zone, universal[i]) == 0)
            return true;
    return *zone == 0 || *zone == '<' || strpbrk(zone, "0123456789,") != NULL;
}

static bool has_zone(const struct later *later, const char *zone)
{
    static const char *const folders[] = {"/usr/share/zoneinfo", "/share/zoneinfo", "/etc/zoneinfo",
                                          "/usr/share/lib/zoneinfo", "/usr/lib/locale/TZ"};
    struct arena *arena = later->findings->arena;
    const char *own = process_env(later->process, "TZDIR");
    if (*zone == '/')
        return later_exists(later->target, zone);
    if (own != NULL && later_exists(later->target, arena_format(arena, "%s/%s", own, zone)))
        return true;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (later_exists(later->target, arena_format(arena, "%s/%s", folders[i], zone)))
            return true;
    return false;
}

/* Go reads $TZ when it first needs the local time. */
static bool go_reads_zone(const struct later *later)
{
    struct file_bytes bytes;
    if (!later->own || node_profile(later->exec->node) != NULL ||
        process_env(later->process, "ZONEINFO") != NULL ||
        root_bytes(facts_root(later->target->facts), later->exec->node, &bytes) != 0)
        return false;
    struct elf_details details;
    struct arena scratch = {0};
    elf_details_read(&scratch, bytes.span, &details);
    bool reads = go_has_function(&details, "time.initLocal") &&
                 !go_has_function(&details, "time/tzdata.loadFromEmbeddedTZData");
    arena_free(&scratch);
    file_bytes_release(&bytes);
    return reads;
}

static void find_zone(const struct later *later)
{
    const char *zone = process_env(later->process, "TZ");
    if (zone == NULL)
        return;
    zone += *zone == ':';
    if (needs_no_file(zone) || has_zone(later, zone))
        return;
    const char *function =
        reached(later, "localtime localtime_r tzset mktime strftime ctime ctime_r");
    if (function == NULL && !go_reads_zone(later))
        return;
    struct willrun_finding *finding =
        finding_add(later->findings, RULE_TIME_ZONE_UNKNOWN,
                    "TZ is %s, and the target has no such time zone: local time is UTC for %s",
                    zone, later->exec->program);
    finding->object = arena_format(later->findings->arena, "/usr/share/zoneinfo/%s", zone);
    finding->needed_by = later->exec->program;
    finding->symbol = function;
    finding->fix = "Install tzdata in the image, or COPY /usr/share/zoneinfo from a stage that has "
                   "it.";
}

/* ---- locales: setlocale(3), glibc's locale/findlocale.c ---- */

/* "UTF-8" as the folders of locales have it: "utf8". */
static const char *normal_codeset(const char *codeset, struct arena *arena)
{
    char *text = arena_string(arena, codeset), *end = text;
    for (const char *at = codeset; *at != 0 && *at != '@'; at++)
        if (isalnum((unsigned char)*at))
            *end++ = (char)tolower((unsigned char)*at);
    *end = 0;
    return text;
}

static bool has_locale(const struct later *later, const char *locale)
{
    struct arena *arena = later->findings->arena;
    const char *own = process_env(later->process, "LOCPATH");
    const char *folder = own != NULL ? own : "/usr/lib/locale";
    const char *dot = strchr(locale, '.');
    const char *language = arena_copy(arena, locale, strcspn(locale, ".@"));
    const char *codeset = dot != NULL ? normal_codeset(dot + 1, arena) : "";
    bool plain = strcmp(language, "C") == 0 || strcmp(language, "POSIX") == 0;
    if (plain && dot == NULL)
        return true;
    return (own == NULL && later_exists(later->target, "/usr/lib/locale/locale-archive")) ||
           later_exists(later->target, arena_format(arena, "%s/%s", folder, locale)) ||
           later_exists(later->target,
                        arena_format(arena, "%s/%s.%s", folder, language, codeset)) ||
           later_exists(later->target, arena_format(arena, "%s/%s", folder, language));
}

static void find_locale(const struct later *later)
{
    static const char *const variables[] = {"LC_ALL", "LC_CTYPE", "LANG"};
    const char *locale = NULL, *variable = NULL;
    for (size_t i = 0; locale == NULL && i < sizeof variables / sizeof *variables; i++) {
        variable = variables[i];
        locale = process_env(later->process, variable);
        locale = locale != NULL && *locale == 0 ? NULL : locale;
    }
    if (locale == NULL || is_musl(later) || *locale == '/' || has_locale(later, locale) ||
        reached(later, "setlocale newlocale") == NULL)
        return;
    struct willrun_finding *finding =
        finding_add(later->findings, RULE_LOCALE_MISSING,
                    "%s is %s, and the target has no such locale: setlocale fails in %s", variable,
                    locale, later->exec->program);
    finding->object = arena_format(later->findings->arena, "/usr/lib/locale/%s", locale);
    finding->needed_by = later->exec->program;
    finding->fix = "Set ENV LC_ALL=C.UTF-8, or generate the locale in the image.";
}

/* ---- services of nsswitch.conf(5): glibc's nss/ ---- */

static const struct database {
    const char *name, *functions, *services; /* those where nsswitch.conf says none */
    const char *what;
} databases[] = {
    {"hosts", "getaddrinfo gethostbyname gethostbyname_r gethostbyname2 gethostbyaddr", "dns files",
     "hosts"},
    {"passwd", "getpwnam getpwnam_r getpwuid getpwuid_r", "files", "users"},
};

static const char *folder_of_libc(const struct later *later)
{
    const struct replay *replay = later->replay;
    for (size_t i = 1; i < replay->objects.count; i++) {
        const struct loaded *object = &replay->objects.at[i];
        const char *slash = object->path != NULL ? strrchr(object->path, '/') : NULL;
        if (slash != NULL && strcmp(slash + 1, "libc.so.6") == 0)
            return arena_copy(later->findings->arena, object->path,
                              (size_t)(slash + 1 - object->path));
    }
    return NULL;
}

/* From 2.34 on two services are in libc itself. */
static bool loads(const struct later *later, const char *service, const char *folder)
{
    enum { WITH_SERVICES = 34 };
    const char *version = later->target->libc.version;
    struct arena *arena = later->findings->arena;
    bool builtin = strcmp(service, "files") == 0 || strcmp(service, "dns") == 0;
    if (builtin && strtoul(version + 2, NULL, 10) >= WITH_SERVICES)
        return true;
    const char *name = arena_format(arena, "libnss_%s.so.2", service);
    return later_exists(later->target, arena_format(arena, "%s%s", folder, name)) ||
           later_exists(later->target, arena_format(arena, "/usr%s%s", folder, name));
}

/* The services of a database, as nsswitch.conf names them, else as glibc has them. */
static const char *services_of(const struct later *later, const struct database *database)
{
    enum { LARGEST = 1 << 16 };
    struct arena *arena = later->findings->arena;
    struct span text;
    int error;
    const struct node *node = root_lookup(facts_root(later->target->facts), NULL,
                                          "/etc/nsswitch.conf", NULL, LOOKUP_FOLLOW, &error);
    if (node == NULL || node->type != NODE_FILE ||
        facts_text(later->target->facts, node, LARGEST, arena, &text) != 0)
        return database->services;
    char *rest = arena_copy(arena, (const char *)text.data, text.size), *place = NULL;
    size_t length = strlen(database->name);
    for (char *line = strtok_r(rest, "\n", &place); line != NULL;
         line = strtok_r(NULL, "\n", &place)) {
        line += strspn(line, " \t"); /* a # further on is a service's name */
        if (strncmp(line, database->name, length) == 0 && line[length] == ':')
            return line + length + 1;
    }
    return database->services;
}

/* Does none of them load? The first that does not is in *missing. */
static bool lacks_all(const struct later *later, const char *services, const char *folder,
                      const char **missing)
{
    *missing = NULL;
    for (const char *at = services; *(at += strspn(at, " \t\r")) != 0;) {
        size_t length = strcspn(at, *at == '[' ? "]" : " \t\r");
        const char *service = arena_copy(later->findings->arena, at, length);
        bool action = *at == '[';
        at += length + (action && at[length] != 0);
        if (!action && loads(later, service, folder))
            return false;
        if (!action && *missing == NULL)
            *missing = service;
    }
    return *missing != NULL;
}

static void find_services(const struct later *later)
{
    const char *folder = later->replay != NULL && !is_musl(later) ? folder_of_libc(later) : NULL;
    const char *missing;
    if (folder == NULL || later->target->libc.version == NULL)
        return;
    for (size_t i = 0; i < sizeof databases / sizeof *databases; i++) {
        const struct database *database = &databases[i];
        const char *function = reached(later, database->functions);
        if (function == NULL || !lacks_all(later, services_of(later, database), folder, &missing))
            continue;
        struct willrun_finding *finding = finding_add(
            later->findings, RULE_NAME_SERVICE_MISSING,
            "%s calls %s, and glibc has no service to look %s up with: %slibnss_%s.so.2 is not "
            "there",
            later->exec->program, function, database->what, folder, missing);
        finding->object = arena_format(later->findings->arena, "%slibnss_%s.so.2", folder, missing);
        finding->needed_by = later->exec->program;
        finding->symbol = function;
        finding->fix = "COPY the libnss libraries of the very same glibc, or use glibc 2.34 or "
                       "newer, which has files and dns in itself.";
    }
}

/* ---- threads that end ---- */

static const char unwinder[] = "libgcc_s.so.1";
static const char unwinding[] = "pthread_exit pthread_cancel";

/* glibc's sysdeps/nptl/unwind-forcedunwind.c, misc/unwind-link.c */
static void find_unwinder(const struct later *later)
{
    for (size_t i = 0; later->replay != NULL && i < later->replay->events.count; i++) {
        const struct event *event = &later->replay->events.at[i];
        if (event->kind != EV_OPENS || event->path != NULL || strcmp(event->name, unwinder) != 0)
            continue;
        const char *function = reached(later, unwinding);
        struct willrun_finding *finding =
            finding_add(later->findings, RULE_UNWINDER_MISSING,
                        "%s calls %s, for which glibc opens %s, and the target has none: the "
                        "process is aborted",
                        later->exec->program, function, unwinder);
        finding->object = unwinder;
        finding->needed_by = later->exec->program;
        finding->symbol = function;
        finding->fix = advice_library(later->findings->advice, unwinder, NULL,
                                      later->exec->elf->wide, later->findings->arena);
        return;
    }
}

void later_process(const struct later *later)
{
    if (later->dlopen)
        return;
    find_zone(later);
    find_locale(later);
    find_services(later);
    find_unwinder(later);
}
