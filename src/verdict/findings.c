#include "verdict/findings.h"

#include <errno.h>
#include <string.h>

#include "platform/injected.h"
#include "verdict/words.h"

struct willrun_finding *finding_add(struct findings *findings, enum rule rule, const char *format,
                                    ...)
{
    struct willrun_finding *finding = vec_push(&findings->list);
    *finding = (struct willrun_finding){.rule = rule_row(rule)->name,
                                        .severity = rule_row(rule)->severity};
    va_list args;
    va_start(args, format);
    finding->message = arena_vformat(findings->arena, format, args);
    va_end(args);
    return finding;
}

bool findings_have(const struct findings *findings, enum rule rule)
{
    for (size_t i = 0; i < findings->list.count; i++)
        if (findings->list.at[i].rule == rule_row(rule)->name)
            return true;
    return false;
}

const struct willrun_finding *finding_deciding(const struct willrun_subject *subject)
{
    for (enum willrun_severity severity = WILLRUN_ERROR; severity <= WILLRUN_NOTE; severity++)
        for (size_t i = 0; i < subject->finding_count; i++)
            if (subject->findings[i].severity == severity)
                return &subject->findings[i];
    return NULL;
}

/* ---- starts ---- */

struct judge {
    struct findings *findings;
    const struct replay *replay;
    enum willrun_libc root_libc;
    bool dlopen;
    bool library_missing;
    size_t host_symbols; /* unbound symbols that a plugin's host may define */
};

static const char *object_path(const struct replay *replay, int index)
{
    if (index < 0 || (size_t)index >= replay->objects.count)
        return replay->argv0;
    const struct loaded *object = &replay->objects.at[index];
    return object->path != NULL ? object->path : object->name;
}

/* The first of the loader's default folders in which `name` was looked for; NULL: not recorded. */
static const char *default_folder(const struct replay *replay, const char *name,
                                  struct arena *arena)
{
    for (size_t i = 0; i < replay->events.count; i++) {
        const struct event *event = &replay->events.at[i];
        const char *slash = event->path != NULL ? strrchr(event->path, '/') : NULL;
        if (event->kind == EV_CONSIDERED && event->via == WILLRUN_VIA_DEFAULT && slash != NULL &&
            strcmp(event->name, name) == 0)
            return arena_copy(arena, event->path, (size_t)(slash + 1 - event->path));
    }
    return NULL;
}

/* A file of that name that was found and passed over; NULL: there is none. */
static const struct event *passed_over(const struct replay *replay, const char *name)
{
    for (size_t i = 0; i < replay->events.count; i++) {
        const struct event *event = &replay->events.at[i];
        bool absent =
            event->refusal == REFUSED_ERRNO && (event->error == ENOENT || event->error == ENOTDIR);
        if (event->kind == EV_CONSIDERED && !absent && event->refusal != REFUSED_NONE &&
            strcmp(event->name, name) == 0)
            return event;
    }
    return NULL;
}

/* The usual folders that a loader does not search by itself, and those beside
 * the program, "%s" being the program's own. */
static const char *found_elsewhere(const struct judge *judge, const char *name)
{
    static const char *const folders[] = {
        "/usr/local/lib", "/usr/local/lib64", "/usr/lib64", "/lib64",   "/usr/lib",
        "/lib",           "/app/lib",         "/app",       "/opt/lib", "%s",
        "%s/lib",         "%s/../lib"};
    const struct loaded *program = &judge->replay->objects.at[0];
    const char *slash = program->path != NULL ? strrchr(program->path, '/') : NULL;
    for (size_t i = 0; i < sizeof folders / sizeof *folders && slash != NULL; i++) {
        bool beside = folders[i][0] == '%';
        const char *path = arena_format(judge->findings->arena, "%.*s%s/%s",
                                        beside ? (int)(slash - program->path) : 0, program->path,
                                        beside ? folders[i] + 2 : folders[i], name);
        if (advice_is_library(judge->findings->advice, path, program->elf))
            return path;
    }
    return NULL;
}

static const char *fix_from_stage(const struct judge *judge, const char *name)
{
    const struct supplies *supplies = &judge->findings->supplies;
    for (size_t i = 0; i < supplies->count; i++)
        if (strcmp(supplies->at[i].name, name) == 0)
            return supplies->at[i].fix;
    return NULL;
}

static const char *fix_passed_over(struct judge *judge, const struct event *event)
{
    const char *supplied = fix_from_stage(judge, event->name);
    if (event->refusal == REFUSED_ERRNO && event->error == EACCES)
        return "Let the user read it: COPY --chmod=755, or chmod o+r the file and o+x its folders.";
    if (supplied != NULL)
        return supplied;
    return arena_format(judge->findings->arena,
                        "Put the build of %s for this machine and libc in its place.", event->name);
}

static const char *fix_elsewhere(struct judge *judge, const char *path)
{
    const char *slash = strrchr(path, '/');
    int length = slash == path ? 1 : (int)(slash - path);
    /* Debian's /etc/ld.so.conf.d names /usr/local/lib */
    bool ldconfig = judge->replay->loader == LIBC_GLIBC && strncmp(path, "/usr/local/", 11) == 0;
    return arena_format(judge->findings->arena,
                        "It is at %s, where the loader does not look: %sset ENV "
                        "LD_LIBRARY_PATH=%.*s, or link with a RUNPATH.",
                        path, ldconfig ? "RUN ldconfig in the image, or " : "", length, path);
}

static const char *fix_missing(struct judge *judge, const char *name, int by)
{
    struct arena *arena = judge->findings->arena;
    bool glibc_part = strncmp(name, "ld-linux", 8) == 0 || strcmp(name, "libc.so.6") == 0;
    if (judge->replay->loader == LIBC_MUSL && glibc_part)
        return "It is a part of glibc: use a glibc runtime, or build the file on musl.";
    if (judge->replay->loader == LIBC_GLIBC &&
        (strncmp(name, "libc.musl-", 10) == 0 || strcmp(name, "libc.so") == 0))
        return arena_format(arena,
                            "It is musl itself: %s is built for musl, take its build for glibc.",
                            object_path(judge->replay, by));
    const char *elsewhere = strchr(name, '/') == NULL ? found_elsewhere(judge, name) : NULL;
    if (elsewhere != NULL)
        return fix_elsewhere(judge, elsewhere);
    const char *supplied = fix_from_stage(judge, name);
    if (supplied != NULL)
        return supplied;
    return advice_library(judge->findings->advice, name, default_folder(judge->replay, name, arena),
                          judge->replay->objects.at[0].elf->wide, arena);
}

/* Whether the host has it is not known here. */
static void judge_injected(struct judge *judge, const struct event *event)
{
    const char *by = object_path(judge->replay, event->by);
    struct willrun_finding *finding =
        finding_add(judge->findings, RULE_HOST_LIBRARY,
                    "%s, needed by %s, is no part of images: the host's NVIDIA driver brings it",
                    event->name, by);
    finding->object = event->name;
    finding->needed_by = by;
    finding->fix = "Run it with the NVIDIA container toolkit (docker run --gpus all), on a host "
                   "that has the driver.";
}

static void judge_missing(struct judge *judge, const struct event *event)
{
    if (injected_by_host(event->name)) {
        judge_injected(judge, event);
        return;
    }
    const char *by = object_path(judge->replay, event->by);
    const struct event *found = passed_over(judge->replay, event->name);
    struct willrun_finding *finding;
    if (found != NULL) {
        finding = finding_add(judge->findings, RULE_LIBRARY_MISSING,
                              "%s, needed by %s, is not found: %s is passed over (%s)", event->name,
                              by, found->path, words_of_outcome(found->refusal, found->error));
        finding->fix = fix_passed_over(judge, found);
    } else {
        finding = finding_add(judge->findings, RULE_LIBRARY_MISSING,
                              "%s, needed by %s, is nowhere in the search path", event->name, by);
        finding->fix = fix_missing(judge, event->name, event->by);
    }
    finding->object = event->name;
    finding->needed_by = by;
}

static const char *fix_refused(enum refusal refusal)
{
    switch (refusal) {
    case REFUSED_STATIC_TLS:
        return "It cannot be opened in a process that runs: link the program with it, or preload "
               "it (ENV LD_PRELOAD).";
    case REFUSED_RELR:
    case REFUSED_RELR_DATA:
        return "Build it without -Wl,-z,pack-relative-relocs, or use a runtime with musl 1.2.4 "
               "(alpine:3.18), glibc 2.36 (debian:12) or newer.";
    case REFUSED_LIBC:
        return "Build the program and its libraries with one libc, that of the target.";
    case REFUSED_TLS_NOWHERE:
        return "Link it with the library that defines the symbol.";
    default:
        return "Replace the file by the library of the target's machine and libc, or take it "
               "out of the search path.";
    }
}

/* It loads, and its pointers are those of the file. */
static void judge_unrelocated(struct judge *judge, const struct event *event)
{
    struct willrun_finding *finding = finding_add(judge->findings, RULE_RELOCATION_SKIPPED,
                                                  "%s is broken once it runs: it has %s",
                                                  event->path, words_of_outcome(event->refusal, 0));
    finding->object = event->path;
    finding->needed_by = object_path(judge->replay, event->by);
    finding->fix = fix_refused(event->refusal);
}

static void judge_refused(struct judge *judge, const struct event *event)
{
    const struct elf_facts *subject = judge->replay->objects.at[0].elf;
    if (event->object == 0 && event->refusal == REFUSED_MALFORMED && subject->state != ELF_WHOLE)
        return; /* the subject's own finding tells what is malformed */
    if (event->refusal == REFUSED_RELR_DATA) {
        judge_unrelocated(judge, event);
        return;
    }
    const char *by = object_path(judge->replay, event->by);
    struct willrun_finding *finding;
    if (event->refusal == REFUSED_ERRNO && event->error == ENODATA) {
        finding = finding_add(judge->findings, RULE_PROFILE_PARTIAL,
                              "the image has %s, but its profile has no more than that name: "
                              "whether it serves %s is not known",
                              event->path, by);
        finding->fix = "Give the files of the image, as from 'docker export', in place of "
                       "base:NAME.";
    } else if (event->refusal == REFUSED_ISA) {
        finding = finding_add(judge->findings, RULE_ISA_LEVEL, "%s needs a CPU of level x86-64-v%u",
                              event->path, event->number);
        finding->fix = "Build without -march=x86-64-vN, or run on newer machines (--cpu).";
    } else {
        const char *why = words_of_outcome(event->refusal, event->error);
        enum rule rule = RULE_LIBRARY_REFUSED;
        const struct elf_facts *elf =
            event->object >= 0 ? judge->replay->objects.at[event->object].elf : NULL;
        if (event->refusal == REFUSED_MALFORMED && elf != NULL && elf->trouble != NULL)
            why =
                arena_format(judge->findings->arena, "it is malformed at offset %llu: expected %s",
                             (unsigned long long)elf->trouble_at, elf->trouble);
        else if (event->crash != CRASH_NONE)
            why = arena_format(judge->findings->arena, "it is malformed: %s",
                               words_of_crash(event->crash));
        if (event->refusal == REFUSED_RELR)
            finding = finding_add(judge->findings, rule, "%s has %s", event->path, why);
        else if (event->object == 0)
            finding =
                finding_add(judge->findings, rule, "%s cannot be loaded: %s", event->path, why);
        else
            finding =
                finding_add(judge->findings, rule, "%s, found for %s of %s, cannot be loaded: %s",
                            event->path, event->name, by, why);
        finding->fix = fix_refused(event->refusal);
    }
    finding->object = event->path;
    finding->symbol = event->symbol;
    finding->needed_by = by;
}

/* The highest missing version of the same kind as `version`: what a target must
 * have for all of them. */
static const char *highest_missing(const struct replay *replay, const char *version)
{
    size_t family = version_family(version);
    const char *highest = version;
    for (size_t i = 0; family != 0 && i < replay->events.count; i++) {
        const struct event *event = &replay->events.at[i];
        if (event->kind == EV_VERSION_MISSING && !event->weak &&
            version_family(event->version) == family &&
            strncmp(event->version, version, family) == 0 &&
            version_compare(event->version + family, highest + family) > 0)
            highest = event->version;
    }
    return highest;
}

static void judge_version(struct judge *judge, const struct event *event)
{
    const char *by = object_path(judge->replay, event->by);
    const char *object =
        event->object >= 0 ? object_path(judge->replay, event->object) : event->name;
    struct willrun_finding *finding;
    if (event->kind == EV_VERSION_NO_INFO) {
        finding = finding_add(judge->findings, RULE_VERSION_NO_INFO,
                              "%s has no version information, and %s needs %s of it", object, by,
                              event->version);
    } else if (event->kind == EV_VERSION_ASSERT) {
        finding = finding_add(
            judge->findings, event->lazy ? RULE_SYMBOL_MISSING_LAZY : RULE_LOADER_FATAL,
            event->symbol == NULL
                ? "%s needs versions of %s, which is not among its libraries: ld.so stops with an "
                  "assertion"
                : "%s needs a version of %s, which has no versions at all: ld.so stops with an "
                  "assertion when it binds %s",
            by, event->name, event->symbol);
        object = event->name;
        finding->symbol = event->symbol;
    } else if (event->refusal == REFUSED_MALFORMED) {
        finding = finding_add(
            judge->findings, RULE_VERSION_MISSING,
            "%s has a version definition of form %u, which ld.so does not know; %s needs %s of it",
            object, event->number, by, event->version);
        finding->fix = "Copy the file again; it may have been truncated or overwritten.";
    } else {
        finding = finding_add(
            judge->findings, event->weak ? RULE_VERSION_WEAK : RULE_VERSION_MISSING,
            "%s does not define version %s, which %s needs", object, event->version, by);
        finding->fix = advice_version(
            judge->findings->advice, highest_missing(judge->replay, event->version),
            event->object >= 0 ? judge->replay->objects.at[event->object].name : "library",
            judge->findings->arena);
    }
    finding->object = object;
    finding->needed_by = by;
    finding->version = event->version;
}

/* Was the version of this reference found missing already? Then that is the error. */
static bool version_is_missing(const struct replay *replay, const struct event *symbol)
{
    for (size_t i = 0; symbol->version != NULL && i < replay->events.count; i++) {
        const struct event *event = &replay->events.at[i];
        if (event->kind == EV_VERSION_MISSING && !event->weak && event->by == symbol->by &&
            strcmp(event->version, symbol->version) == 0)
            return true;
    }
    return false;
}

/* An unbound symbol is an error of its own, unless a library that is missing,
 * a version that is missing or the host of a plugin accounts for it. */
static enum rule symbol_rule(struct judge *judge, const struct event *event)
{
    if (judge->library_missing || version_is_missing(judge->replay, event))
        return RULE_SYMBOL_UNRESOLVED;
    if (judge->dlopen && !judge->replay->host_known &&
        event->name == NULL) { /* no version need says whose symbol it is */
        judge->host_symbols++;
        return RULE_SYMBOL_UNRESOLVED;
    }
    return event->lazy ? RULE_SYMBOL_MISSING_LAZY : RULE_SYMBOL_MISSING;
}

static void judge_symbol(struct judge *judge, const struct event *event)
{
    const char *by = object_path(judge->replay, event->by);
    enum rule rule = symbol_rule(judge, event);
    struct willrun_finding *finding = finding_add(
        judge->findings, rule, "%s needs the symbol %s%s%s, which no loaded object defines%s", by,
        event->symbol, event->version != NULL ? ", version " : "",
        event->version != NULL ? event->version : "",
        rule == RULE_SYMBOL_MISSING_LAZY ? "; it fails when it is first called" : "");
    finding->object = by;
    finding->needed_by = by;
    finding->symbol = event->symbol;
    finding->version = event->version;
    if (rule == RULE_SYMBOL_UNRESOLVED)
        return;
    if (strstr(event->symbol, "__cxx11") != NULL || strstr(event->symbol, "RKSs") != NULL)
        finding->fix = "A string of libstdc++ is in its name: build all with one setting of "
                       "_GLIBCXX_USE_CXX11_ABI.";
    else if (strstr(event->symbol, "St3__1") != NULL)
        finding->fix = "It is of a build with libc++: build all with one C++ library.";
    else
        finding->fix =
            judge->replay->loader == LIBC_MUSL
                ? "Build it against musl (FROM alpine), or use a glibc runtime."
                : "Put the library release that it was linked with in the target, or link "
                  "the library that defines the symbol.";
}

/* A library of another version answers. */
static void judge_ignored(struct judge *judge, const struct event *event)
{
    const char *by = object_path(judge->replay, event->by);
    const char *taken = object_path(judge->replay, event->object);
    struct willrun_finding *finding = finding_add(
        judge->findings, RULE_VERSION_IGNORED,
        "%s of %s is meant for %s of %s, and musl, which heeds no versions, takes that of %s",
        event->symbol, by, event->version, event->name, taken);
    finding->object = taken;
    finding->needed_by = by;
    finding->symbol = event->symbol;
    finding->version = event->version;
    finding->fix = "Build all that the process loads with one version of the library.";
}

static void judge_unread(struct judge *judge, const struct event *event)
{
    struct willrun_finding *finding =
        finding_add(judge->findings, RULE_UNREADABLE, "willrun cannot read %s, which decides: %s",
                    event->path, err_text(event->error));
    finding->object = event->path;
    finding->fix = "Run willrun as a user who may read the root.";
}

static void judge_preload(struct judge *judge, const struct event *event)
{
    struct willrun_finding *finding =
        finding_add(judge->findings, RULE_PRELOAD_IGNORED, "%s from %s is not preloaded: %s",
                    event->name, event->origin, words_of_outcome(event->refusal, event->error));
    finding->object = event->name;
    finding->fix = "Correct the name, or take it out of the preload list.";
}

static void judge_protected(struct judge *judge, const struct event *event)
{
    struct willrun_finding *finding = finding_add(
        judge->findings, event->weak ? RULE_SYMBOL_PROTECTED : RULE_LOADER_FATAL,
        "%s has %s of %s for its own, which is protected there: the two do not share it",
        object_path(judge->replay, event->by), event->symbol,
        object_path(judge->replay, event->object));
    finding->symbol = event->symbol;
    finding->fix = "Build the program with -fPIE, or with -mno-direct-extern-access.";
}

static void judge_copy_size(struct judge *judge, const struct event *event)
{
    struct willrun_finding *finding = finding_add(
        judge->findings, RULE_COPY_SIZE, "%s copies %s in another size than %s defines it",
        object_path(judge->replay, event->by), event->symbol,
        object_path(judge->replay, event->object));
    finding->symbol = event->symbol;
}

static void judge_better_cpu(struct judge *judge, const struct event *event)
{
    const char *by = object_path(judge->replay, event->by);
    struct willrun_finding *finding =
        finding_add(judge->findings, RULE_CPU_DECIDES,
                    "a CPU of a higher level loads %s for %s of %s, which was not judged",
                    event->path, event->name, by);
    finding->object = event->path;
    finding->needed_by = by;
    finding->fix = "Judge that too: name the level of the CPU with --cpu.";
}

static void judge_relocation(struct judge *judge, const struct event *event)
{
    const char *by = object_path(judge->replay, event->by);
    struct willrun_finding *finding = finding_add(
        judge->findings, RULE_RELOCATION_UNKNOWN,
        "%s has relocations of type %u, which the loader does not know", by, event->number);
    finding->object = by;
    finding->fix = "Use the build of this file for the target's machine.";
}

static void judge_static_tls(struct judge *judge, const struct event *event)
{
    const char *by = object_path(judge->replay, event->by);
    struct willrun_finding *finding =
        finding_add(judge->findings, RULE_LIBRARY_REFUSED,
                    "%s takes %s for static TLS, and %s is loaded too late to have any", by,
                    event->symbol, object_path(judge->replay, event->object));
    finding->symbol = event->symbol;
    finding->object = by;
    finding->fix = "It cannot be opened in a process that runs: link the program with it, or "
                   "build it without -ftls-model=initial-exec.";
}

static void judge_fatal(struct judge *judge, const struct event *event)
{
    const char *by = object_path(judge->replay, event->by);
    struct willrun_finding *finding = finding_add(judge->findings, RULE_LOADER_FATAL, "%s: %s", by,
                                                  event->name != NULL     ? event->name
                                                  : event->symbol != NULL ? event->symbol
                                                                          : "the loader stops");
    finding->symbol = event->symbol;
    finding->object = by;
}

static void judge_event(struct judge *judge, const struct event *event)
{
    static void (*const calls[])(struct judge *, const struct event *) = {
        [EV_NOT_FOUND] = judge_missing,
        [EV_REFUSED] = judge_refused,
        [EV_UNREAD] = judge_unread,
        [EV_VERSION_MISSING] = judge_version,
        [EV_VERSION_NO_INFO] = judge_version,
        [EV_VERSION_ASSERT] = judge_version,
        [EV_SYMBOL_UNBOUND] = judge_symbol,
        [EV_PRELOAD_IGNORED] = judge_preload,
        [EV_PROTECTED] = judge_protected,
        [EV_COPY_SIZE] = judge_copy_size,
        [EV_BETTER_CPU] = judge_better_cpu,
        [EV_VERSION_IGNORED] = judge_ignored,
        [EV_RELOC_UNKNOWN] = judge_relocation,
        [EV_TLS_DYNAMIC] = judge_static_tls,
        [EV_FATAL] = judge_fatal,
    };
    if (event->kind < sizeof calls / sizeof *calls && calls[event->kind] != NULL)
        calls[event->kind](judge, event);
}

static void judge_host(struct judge *judge)
{
    struct willrun_finding *finding =
        finding_add(judge->findings, RULE_HOST_UNKNOWN,
                    "%s needs %zu symbol%s that none of its libraries defines: the program that "
                    "loads it must",
                    judge->replay->argv0, judge->host_symbols, judge->host_symbols == 1 ? "" : "s");
    finding->object = judge->replay->argv0;
    finding->fix = "Name the program that loads it with --host PATH.";
}

/* Is it another relocation of the same object for the same symbol? */
static bool is_alike(const struct event *event, const struct event *other, bool *go_on)
{
    *go_on = other->kind == EV_SYMBOL_UNBOUND && other->by == event->by;
    return *go_on && other->symbol == event->symbol;
}

/* The same symbol is listed once an object, however many relocations ask for it: by the first that
 * does not wait, where there is one. */
static bool repeats(const struct replay *replay, size_t index)
{
    const struct event *events = replay->events.at, *event = &events[index];
    bool go_on = event->kind == EV_SYMBOL_UNBOUND;
    for (size_t i = index; go_on && i-- > 0;)
        if (is_alike(event, &events[i], &go_on) && (event->lazy || !events[i].lazy))
            return true;
    go_on = event->kind == EV_SYMBOL_UNBOUND && event->lazy;
    for (size_t i = index + 1; go_on && i < replay->events.count; i++)
        if (is_alike(event, &events[i], &go_on) && !events[i].lazy)
            return true;
    return false;
}

void findings_of_start(struct findings *findings, const struct replay *replay, bool dlopen,
                       enum willrun_libc root_libc)
{
    struct judge judge = {
        .findings = findings, .replay = replay, .root_libc = root_libc, .dlopen = dlopen};
    for (size_t i = 0; i < replay->events.count; i++)
        judge.library_missing |= replay->events.at[i].kind == EV_NOT_FOUND ||
                                 (replay->events.at[i].kind == EV_REFUSED &&
                                  replay->events.at[i].refusal != REFUSED_ISA);
    for (size_t i = 0; i < replay->events.count; i++)
        if (!repeats(replay, i))
            judge_event(&judge, &replay->events.at[i]);
    if (judge.host_symbols != 0 && !findings_have(findings, RULE_HOST_UNKNOWN))
        judge_host(&judge);
}
