#include "check/settle.h"

#include <string.h>

#include "check/cures.h"
#include "check/edits.h"
#include "check/places.h"
#include "check/settling.h"
#include "verdict/findings.h"

/* How far an error can be trusted where something is not known. */
enum firmness {
    OPEN, /* whatever is not known may cure it */
    LIBC, /* only what brings another libc */
    FIRM, /* only what replaces the file itself, or what it names */
    OWN,  /* only what changes the file itself: the rest of the root has no say */
};

static const struct {
    enum rule rule;
    enum firmness firmness;
} firm_rules[] = {
    {RULE_PLATFORM_MISMATCH, FIRM},   {RULE_ELF_MALFORMED, FIRM},       {RULE_EMPTY_FILE, OWN},
    {RULE_NOT_A_PROGRAM, OWN},        {RULE_SHEBANG_CRLF, OWN},         {RULE_SHEBANG_BAD, OWN},
    {RULE_SHEBANG_LOOP, FIRM},        {RULE_RELOCATION_UNKNOWN, FIRM},  {RULE_ISA_LEVEL, FIRM},
    {RULE_INTERPRETER_MISSING, LIBC}, {RULE_INTERPRETER_REFUSED, LIBC},
};

static enum firmness firmness_of(const struct willrun_finding *finding)
{
    for (size_t i = 0; i < sizeof firm_rules / sizeof *firm_rules; i++)
        if (strcmp(finding->rule, rule_row(firm_rules[i].rule)->name) == 0)
            return firm_rules[i].firmness;
    if (strcmp(finding->rule, rule_row(RULE_VERSION_MISSING)->name) == 0 &&
        finding->version != NULL && strncmp(finding->version, "GLIBC_", 6) == 0)
        return LIBC;
    return OPEN;
}

/* ---- which gap concerns an error ---- */

/* The first gap of all that is below / and of `kind`. */
static const struct gap *gap_of_all(const struct settling *settling, enum gap_kind kind)
{
    for (size_t i = 0; i < settling->built->gaps.count; i++) {
        const struct gap *gap = &settling->built->gaps.at[i];
        if (gap->kind == kind && gap_is_whole(gap) && gap->only == NULL)
            return gap;
    }
    return NULL;
}

/* A file that the image has and its profile has not. */
static const struct gap *gap_of_profile(const struct settling *settling,
                                        const struct willrun_finding *finding)
{
    const char *name = finding->object != NULL ? finding->object : settling->subject->path;
    const struct gap *gap =
        built_gap(settling->built, arena_format(settling->arena, "/%s", name), 0, true);
    return gap != NULL && gap->only != NULL ? gap : NULL;
}

/* ---- errors that may be cured ---- */

static const struct willrun_object *object_named(const struct willrun_subject *subject,
                                                 const char *name)
{
    for (size_t i = 0; name != NULL && i < subject->object_count; i++)
        if (strcmp(subject->objects[i].name, name) == 0)
            return &subject->objects[i];
    return NULL;
}

/* What may have put something at `path`, or in its place. */
static const struct gap *gap_that_brings(const struct settling *settling, const char *path)
{
    const struct gap *gap = settling_gap(settling, path);
    if (gap != NULL || path == NULL || strchr(path, '/') == NULL)
        return gap;
    path = path_clean(settling->built->config.workdir, path, settling->arena);
    return built_gap(settling->built, path, 0, true);
}

/* A place where the loader looked for the library, or the cache that would lead to it. */
static const struct gap *gap_of_search(const struct settling *settling,
                                       const struct willrun_finding *finding)
{
    const struct willrun_object *object = object_named(settling->subject, finding->object);
    for (size_t i = 0; object != NULL && i < object->trail_count; i++) {
        const struct gap *gap = gap_that_brings(settling, object->trail[i].path);
        if (gap != NULL)
            return gap;
    }
    static const char cache[] = "/etc/ld.so.cache";
    return object != NULL && settling->target->libc.kind == WILLRUN_LIBC_GLIBC
               ? built_gap(settling->built, cache, settling_serial(settling, cache), true)
               : NULL;
}

/* A folder of PATH, for a command without a slash. */
static const struct gap *gap_of_path(const struct settling *settling)
{
    static const char usual[] = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    struct process process = target_process(settling->target, NULL);
    const char *path = process_env(&process, "PATH");
    char *names = arena_string(settling->arena, path != NULL ? path : usual), *rest = NULL;
    if (strchr(settling->subject->path, '/') != NULL)
        return NULL;
    for (char *name = strtok_r(names, ":", &rest); name != NULL;
         name = strtok_r(NULL, ":", &rest)) {
        const struct gap *gap = gap_that_brings(
            settling, arena_format(settling->arena, "%s/%s", name, settling->subject->path));
        if (gap != NULL)
            return gap;
    }
    return NULL;
}

/* The file that says who a user is, or in which groups, where the error rests on that. */
static const struct gap *gap_of_user(const struct settling *settling,
                                     const struct willrun_finding *finding)
{
    static const struct {
        enum rule rule;
        const char *path;
    } files[] = {{RULE_USER_MISSING, "/etc/passwd"},
                 {RULE_NOT_EXECUTABLE, "/etc/group"},
                 {RULE_SHEBANG_REFUSED, "/etc/group"},
                 {RULE_SCRIPT_UNREADABLE, "/etc/group"}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++)
        if (strcmp(finding->rule, rule_row(files[i].rule)->name) == 0)
            return settling_gap(settling, files[i].path);
    return NULL;
}

/* Whatever may have changed one of the paths that an open error is about. */
static const struct gap *gap_of_open(const struct settling *settling,
                                     const struct willrun_finding *finding)
{
    const struct gap *gap = gap_that_brings(settling, finding->object);
    if (gap == NULL)
        gap = settling_gap(settling, settling->subject->path);
    for (size_t i = 0; gap == NULL && i < settling->subject->start_count; i++)
        gap = settling_gap(settling, settling->subject->starts[i]);
    if (gap == NULL)
        gap = gap_of_search(settling, finding);
    if (gap == NULL)
        gap = gap_of_path(settling);
    if (gap == NULL)
        gap = gap_of_user(settling, finding);
    if (gap == NULL)
        gap = gap_of_all(settling, GAP_RUN);
    if (gap == NULL)
        gap = gap_of_all(settling, GAP_IMAGE);
    if (gap == NULL)
        gap = gap_of_profile(settling, finding);
    return gap != NULL ? gap : gap_of_all(settling, GAP_ADDS);
}

/* Does the text of the RUN speak of another libc? */
static bool brings_libc(const struct gap *gap)
{
    const char *text = gap->at != NULL ? gap->at->line : "";
    return strstr(text, "glibc") != NULL || strstr(text, "compat") != NULL ||
           strstr(text, "musl") != NULL || strstr(text, "ld-linux") != NULL;
}

static const struct gap *gap_of_libc(const struct settling *settling,
                                     const struct willrun_finding *finding)
{
    const struct gap *gap = settling_gap(settling, finding->object);
    if (gap == NULL || (gap_is_whole(gap) && gap->kind == GAP_RUN))
        gap = settling_gap(settling, settling->subject->path);
    if (gap != NULL && gap->kind == GAP_RUN && gap_is_whole(gap) && !brings_libc(gap))
        gap = NULL;
    if (gap != NULL && gap->kind == GAP_IMAGE && gap_is_whole(gap) &&
        settling->target->versions != NULL)
        gap = NULL; /* its libc is known, though its files are not */
    return gap;
}

/* Does a RUN of which nothing is known work where the file is: in its folder, or on what it names?
 * Or does it mend the ends of lines? */
static bool works_on(const struct settling *settling, const struct gap *gap, const char *path)
{
    const char *text = gap->at != NULL ? gap->at->line : "";
    path = path_clean(settling->built->config.workdir, path, settling->arena);
    return strstr(text, strrchr(path, '/') + 1) != NULL || strstr(text, "dos2unix") != NULL ||
           strstr(text, "\\r") != NULL ||
           (gap->folder != NULL && gap->folder[1] != '\0' && paths_overlap(gap->folder, path));
}

static const struct gap *gap_of_firm(const struct settling *settling,
                                     const struct willrun_finding *finding)
{
    const char *path = settling->subject->path;
    const struct gap *gap = settling_gap(settling, path);
    if (gap == NULL)
        gap = settling_gap(settling, path = finding->object);
    if (gap != NULL && gap->kind == GAP_RUN && gap_is_whole(gap) && !works_on(settling, gap, path))
        return NULL;
    return gap;
}

/* Folders that images of the table put their own programs into. */
static bool is_of_image(const char *path)
{
    static const char *const folders[] = {"/usr",   "/opt", "/bin", "/sbin",  "/lib",
                                          "/lib64", "/etc", "/var", "/nodejs"};
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
        if (gap_covers(folders[i], path))
            return true;
    return strchr(path + 1, '/') == NULL; /* as /docker-entrypoint.sh */
}

/* A program's file of the user's own does not come with an image that is known but for its
 * language. */
static const struct gap *gap_of_script(const struct settling *settling,
                                       const struct willrun_finding *finding)
{
    const struct built *built = settling->built;
    const char *path = path_clean(built->config.workdir, finding->object, settling->arena);
    for (size_t i = 0; i < built->gaps.count; i++) {
        const struct gap *gap = &built->gaps.at[i];
        bool image = gap->kind == GAP_ADDS && gap->at == built->from && built->settings != NULL;
        if (gap->only == NULL && gap_covers(gap->path, path) && (!image || is_of_image(path)))
            return gap;
    }
    return NULL;
}

/* A path that the root has not is no file that a gap could have changed. */
static const struct gap *gap_of_file(const struct settling *settling, const char *path)
{
    int error;
    return path != NULL && root_lookup(settling->built->root, settling->target->cwd, path, NULL,
                                       LOOKUP_FOLLOW, &error) != NULL
               ? settling_gap(settling, path)
               : NULL;
}

static const struct gap *gap_of_own(const struct settling *settling,
                                    const struct willrun_finding *finding)
{
    const struct gap *gap = settling_gap(settling, settling->subject->path);
    for (size_t i = 0; gap == NULL && i < settling->subject->start_count; i++)
        gap = gap_of_file(settling, settling->subject->starts[i]);
    return gap != NULL ? gap : gap_of_file(settling, finding->object);
}

/* The same of what may change the file's mode. */
static const struct gap *gap_of_mode(const struct settling *settling,
                                     const struct willrun_finding *finding)
{
    const char *path = finding->object != NULL ? finding->object : settling->subject->path;
    unsigned serial = settling_serial(settling, path);
    path = path_clean(settling->built->config.workdir, path, settling->arena);
    for (size_t i = 0; i < settling->built->gaps.count; i++) {
        const struct gap *gap = &settling->built->gaps.at[i];
        if (gap->serial >= serial && !gap_only_adds(gap) && !gap->mode_known && gap->only == NULL &&
            gap_covers(gap->path, path))
            return gap;
    }
    return NULL;
}

/* A CMD is handed to the image's own ENTRYPOINT, which may read it in another way than the kernel:
 * that of Node's images gives node a file that is not executable. NULL: it is known. */
static const struct gap *gap_of_entrypoint(const struct settling *settling)
{
    const struct image_settings *settings = settling->built->settings;
    if (settling->asked->from != ASKED_COMMAND || settling->built->config.entrypoint != NULL ||
        (settings != NULL && settings->entry == ENTRY_ALONE))
        return NULL;
    const struct gap *gap = gap_of_all(settling, GAP_IMAGE);
    if (gap == NULL)
        gap = gap_of_all(settling, GAP_ADDS);
    bool run = gap != NULL && gap->at != NULL && gap->at->kind == INSTRUCTION_RUN;
    return run ? NULL : gap; /* what a RUN adds is no ENTRYPOINT */
}

/* Is it a file that was named by its path, and that nobody may execute, whoever starts it? */
static bool is_for_nobody(const struct settling *settling, const struct willrun_finding *finding)
{
    int error;
    const struct node *node =
        strchr(settling->asked->path, '/') == NULL
            ? NULL
            : root_lookup(settling->built->root, settling->target->cwd,
                          finding->object != NULL ? finding->object : settling->subject->path, NULL,
                          LOOKUP_FOLLOW, &error);
    return strcmp(finding->rule, rule_row(RULE_NOT_EXECUTABLE)->name) == 0 && node != NULL &&
           node->type == NODE_FILE && (node->mode & 0111) == 0;
}

static const struct gap *gap_of_error(const struct settling *settling,
                                      const struct willrun_finding *finding)
{
    const struct gap *handed = gap_of_entrypoint(settling);
    if (is_for_nobody(settling, finding))
        return handed != NULL ? handed : gap_of_mode(settling, finding);
    if (strcmp(finding->rule, rule_row(RULE_SCRIPT_MISSING)->name) == 0)
        return gap_of_script(settling, finding);
    switch (firmness_of(finding)) {
    case OWN:
        return handed != NULL ? handed : gap_of_own(settling, finding);
    case FIRM:
        return gap_of_firm(settling, finding);
    case LIBC:
        return gap_of_libc(settling, finding);
    default:
        return gap_of_open(settling, finding);
    }
}

/* ---- notes ---- */

static void note_gap(struct settling *settling, const struct gap *gap)
{
    struct willrun_finding *note = gap_finding(settling->assembly, gap, &settling->notes);
    for (size_t i = 0; i + 1 < settling->notes.list.count; i++)
        if (strcmp(settling->notes.list.at[i].message, note->message) == 0) {
            settling->notes.list.count--;
            return;
        }
}

static void say_nothing(struct willrun_subject *subject)
{
    subject->phase = WILLRUN_PHASE_NONE;
    subject->exit_status = -1;
    subject->error = subject->runtime = NULL;
    subject->stderr_count = 0;
}

/* The errors that may be cured become notes; whether any stays, and whether any may only. */
static void weigh_errors(struct settling *settling, bool *stays, bool *maybe)
{
    for (size_t i = 0; i < settling->count; i++) {
        struct willrun_finding *finding = &settling->findings[i];
        if (finding->severity != WILLRUN_ERROR)
            continue;
        struct cure cure = cure_of(settling->assembly, settling->subject, finding, settling->arena);
        const struct gap *gap = cure.kind == CURE_NONE ? gap_of_error(settling, finding) : NULL;
        *stays |= cure.kind == CURE_NONE && gap == NULL;
        *maybe |= gap != NULL || cure.kind == CURE_MAYBE;
        if (gap != NULL)
            note_gap(settling, gap);
        if (cure.kind != CURE_NONE)
            cure_note(settling->assembly, &cure, finding, &settling->notes);
        if (gap != NULL || cure.kind != CURE_NONE)
            finding->severity = WILLRUN_NOTE;
    }
}

static void settle_fails(struct settling *settling)
{
    bool stays = false, maybe = false;
    struct willrun_subject *subject = settling->subject;
    enum willrun_severity *was = arena_array(settling->arena, settling->count + 1, sizeof *was);
    for (size_t i = 0; i < settling->count; i++)
        was[i] = settling->findings[i].severity;
    weigh_errors(settling, &stays, &maybe);
    if (stays) { /* it fails in any case, and all its errors are told */
        for (size_t i = 0; i < settling->count; i++)
            settling->findings[i].severity = was[i];
        settling->notes.list.count = 0;
        return;
    }
    subject->verdict = maybe ? WILLRUN_UNKNOWN : WILLRUN_RUNS;
    say_nothing(subject);
    for (size_t i = 0; !maybe && i < settling->count; i++)
        if (settling->findings[i].severity == WILLRUN_WARNING) {
            subject->verdict = WILLRUN_DEGRADED;
            subject->phase = WILLRUN_PHASE_RUN;
        }
}

static void settle_runs(struct settling *settling)
{
    const struct gap *gap = settling_gap_of_start(settling);
    if (gap == NULL)
        return;
    note_gap(settling, gap);
    settling->subject->verdict = WILLRUN_UNKNOWN;
    say_nothing(settling->subject);
}

/* ---- all of it ---- */

/* Is it about the empty file that stands for one whose contents are not known? */
static bool is_of_stand_in(const struct settling *settling, const struct willrun_finding *finding)
{
    const struct gap *gap = strcmp(finding->rule, rule_row(RULE_EMPTY_FILE)->name) == 0
                                ? settling_gap(settling, settling->subject->path)
                                : NULL;
    return gap != NULL && gap->mode_known;
}

static void keep_findings(struct settling *settling)
{
    size_t count = settling->notes.list.count;
    struct willrun_finding *kept =
        arena_array(settling->arena, count + settling->count + 1, sizeof *kept);
    for (size_t i = 0; i < count; i++)
        kept[i] = settling->notes.list.at[i];
    for (size_t i = 0; i < settling->count; i++)
        if (!is_of_stand_in(settling, &settling->findings[i]))
            kept[count++] = settling->findings[i];
    for (size_t i = 0; i < count; i++) {
        if (kept[i].place.file == NULL)
            place_finding(settling->assembly, settling->target, settling->asked, settling->subject,
                          &kept[i]);
        if (kept[i].severity != WILLRUN_NOTE)
            edit_finding(settling->assembly, settling->target, settling->asked, settling->subject,
                         settling->arena, &kept[i]);
    }
    settling->subject->findings = kept;
    settling->subject->finding_count = count;
    vec_free(&settling->notes.list);
}

/* The trails of what is found served here alone, where nobody asked for them. */
static void drop_trails(struct settling *settling)
{
    struct willrun_subject *subject = settling->subject;
    struct willrun_object *kept =
        arena_array(settling->arena, subject->object_count + 1, sizeof *kept);
    for (size_t i = 0; i < subject->object_count; i++) {
        kept[i] = subject->objects[i];
        if (kept[i].path != NULL)
            kept[i].trail_count = 0;
    }
    subject->objects = kept;
}

void settle_subject(const struct assembly *assembly, const struct target *target,
                    const struct asked *asked, struct arena *arena, struct willrun_subject *subject)
{
    struct settling settling = {.assembly = assembly,
                                .built = &assembly->target,
                                .target = target,
                                .asked = asked,
                                .arena = arena,
                                .subject = subject,
                                .count = subject->finding_count,
                                .notes = {.arena = arena, .advice = &target->advice}};
    settling.findings = arena_array(arena, subject->finding_count + 1, sizeof *settling.findings);
    for (size_t i = 0; i < subject->finding_count; i++)
        settling.findings[i] = subject->findings[i];
    if (subject->verdict == WILLRUN_FAILS)
        settle_fails(&settling);
    if (subject->verdict == WILLRUN_RUNS || subject->verdict == WILLRUN_DEGRADED)
        settle_runs(&settling);
    keep_findings(&settling);
    if (!assembly->willrun->trail)
        drop_trails(&settling);
}

void settle_unknown(const struct assembly *assembly, const struct asked *asked, struct arena *arena,
                    struct willrun_subject *subject)
{
    struct findings notes = {.arena = arena};
    gap_finding(assembly, asked->gap, &notes);
    struct willrun_finding *kept = arena_alloc(arena, sizeof *kept);
    *kept = notes.list.at[0];
    vec_free(&notes.list);
    subject->path = arena_string(arena, asked->path);
    subject->kind = WILLRUN_KIND_OTHER;
    subject->verdict = WILLRUN_UNKNOWN;
    subject->exit_status = -1;
    subject->findings = kept;
    subject->finding_count = 1;
}
