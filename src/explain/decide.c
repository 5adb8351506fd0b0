#include "explain/decide.h"

#include <string.h>

#include "base/err.h"
#include "explain/choice.h"
#include "explain/lookout.h"
#include "explain/signs.h"

enum { TRAIL_SHOWN = 6 };

/* ---- what is judged ---- */

static bool is_return(const char *text)
{
    size_t length = strlen(text);
    return length >= 2 &&
           (strcmp(text + length - 2, "\\r") == 0 || strcmp(text + length - 2, "^M") == 0);
}

/* A file that the message names: a program as what starts it finds it, a library as it stands. */
static bool add_candidate(struct deciding *deciding, const char *name, bool library)
{
    if (name == NULL || *name == 0 || is_return(name) || strchr(name, '\n') != NULL)
        return false;
    if (library && name[0] != '/')
        return false;
    if (library)
        return willrun_add_subject(deciding->willrun, name) == WILLRUN_OK;
    return willrun_add_command(deciding->willrun, name) == WILLRUN_OK;
}

static bool is_library_name(const char *name)
{
    return strstr(sign_last_part(name), ".so") != NULL || strstr(name, ".node") != NULL;
}

/* env names the program that a script asks for, not the script. */
static bool is_of_script(const struct deciding *deciding, const char *name)
{
    return deciding->group == GROUP_ENV && strchr(name, '/') == NULL;
}

/* Subjects for the check. Where the message names no file, what the image starts is judged, or
 * where that cannot be, every file. */
static void add_candidates(struct deciding *deciding, const char *path)
{
    const char *const *at = deciding->at;
    bool added = false;
    const char *names[] = {at[CAPTURE_NEEDED_BY], at[CAPTURE_PATH], at[CAPTURE_OBJECT]};
    const unsigned later = GROUP_CERTIFICATES | GROUP_ZONES | GROUP_USERS;
    if ((deciding->group & later) != 0 && !context_has_subjects(deciding->willrun)) {
        willrun_add_subject(deciding->willrun, "/.no-file-is-meant");
        return;
    }
    for (size_t i = 0; i < 3; i++)
        if (names[i] != NULL && !is_of_script(deciding, names[i]))
            added |= add_candidate(deciding, names[i], i == 2 || is_library_name(names[i]));
    if (deciding->reading == NULL && path != NULL)
        added |= add_candidate(deciding, path, false);
    bool names_part =
        names_a_part(deciding) || at[CAPTURE_INTERPRETER] != NULL || at[CAPTURE_PATH] != NULL;
    bool by_library = at[CAPTURE_NEEDED_BY] != NULL && is_library_name(at[CAPTURE_NEEDED_BY]);
    if ((!added && names_part) || by_library) /* whose process loads it is not told */
        willrun_add_all(deciding->willrun);
}

/* Judge; where nothing is known that could be, everything. */
static bool judge(struct deciding *deciding, const char *path, struct decision *decision)
{
    struct willrun *willrun = deciding->willrun;
    size_t subjects = willrun->subjects.count, commands = willrun->commands.count;
    bool all = willrun->all, trail = willrun->trail;
    context_set_lenient(willrun, true);
    add_candidates(deciding, path);
    enum willrun_err err = willrun_check(willrun, &decision->check);
    deciding->everything = willrun->all;
    bool stream = willrun->root != NULL && strcmp(willrun->root, "-") == 0;
    bool asked = deciding->reading != NULL || deciding->status >= 0;
    if (err == WILLRUN_EUSAGE && !asked) { /* neither a message nor a file to judge */
        context_err(willrun);
        err = WILLRUN_OK;
    } else if (err == WILLRUN_EUSAGE && !stream && willrun->root != NULL) {
        willrun_add_all(willrun);
        deciding->everything = true;
        err = willrun_check(willrun, &decision->check);
    }
    context_set_lenient(willrun, false);
    while (willrun->subjects.count > subjects)
        free(willrun->subjects.at[--willrun->subjects.count]);
    while (willrun->commands.count > commands)
        free(willrun->commands.at[--willrun->commands.count]);
    willrun->all = all;
    willrun->trail = trail;
    return err == WILLRUN_OK;
}

/* ---- told ---- */

static const char *subject_fact(const struct choice *choice, struct arena *arena)
{
    const struct willrun_subject *subject = choice->subject;
    static const char *const libcs[] = {
        [WILLRUN_LIBC_GLIBC] = "glibc",   [WILLRUN_LIBC_MUSL] = "musl",
        [WILLRUN_LIBC_UCLIBC] = "uClibc", [WILLRUN_LIBC_BIONIC] = "bionic",
        [WILLRUN_LIBC_NONE] = "no libc",  [WILLRUN_LIBC_UNKNOWN] = "a libc that is not known"};
    if (subject->platform == NULL && subject->interpreter == NULL)
        return NULL;
    return arena_format(
        arena, "%s: for %s%s%s%s%s; the target is for %s, with %s%s%s", subject->path,
        subject->platform != NULL ? subject->platform : "any machine",
        subject->platform != NULL ? ", " : "",
        subject->platform != NULL ? libcs[subject->libc] : "",
        subject->interpreter != NULL ? ", interpreter " : "",
        subject->interpreter != NULL ? subject->interpreter : "",
        choice->target->platform != NULL ? choice->target->platform : "any platform",
        libcs[choice->target->libc], choice->target->libc_version != NULL ? " " : "",
        choice->target->libc_version != NULL ? choice->target->libc_version : "");
}

static void add_trail(const struct choice *choice, struct willrun_cause *cause, struct arena *arena)
{
    for (size_t i = 0; i < choice->subject->object_count; i++) {
        const struct willrun_object *object = &choice->subject->objects[i];
        if (!is_same(object->name, choice->finding->object))
            continue;
        for (size_t k = 0; k < object->trail_count && k < TRAIL_SHOWN; k++)
            cause_add_evidence(cause,
                               arena_format(arena, "looked for at %s: %s", object->trail[k].path,
                                            object->trail[k].outcome),
                               arena);
        return;
    }
}

/* What the words name; of what they do not, what the finding is about. */
static const char *subject_of(const struct deciding *deciding, const struct choice *choice)
{
    const struct willrun_finding *finding = choice->finding;
    const char *said = deciding->reading != NULL && deciding->causes->count != 0
                           ? deciding->causes->at[0].subject
                           : NULL;
    if (said != NULL)
        return said;
    if (finding->symbol != NULL)
        return finding->symbol;
    if (finding->version != NULL)
        return finding->version;
    return finding->object != NULL ? finding->object : choice->subject->path;
}

/* The names for the cause's texts: those of the words, and of what they do not name the finding's.
 */
static void name_all(const struct deciding *deciding, const struct choice *choice, const char **at)
{
    const struct willrun_finding *finding = choice->finding;
    const struct {
        enum capture capture;
        const char *name;
    } found[] = {{CAPTURE_PATH, choice->subject->path},
                 {CAPTURE_NEEDED_BY, choice->subject->path},
                 {CAPTURE_OBJECT, finding->object},
                 {CAPTURE_SYMBOL, finding->symbol},
                 {CAPTURE_VERSION, finding->version}};
    memcpy(at, deciding->at, CAPTURES_KEPT * sizeof *at);
    for (size_t i = 0; i < sizeof found / sizeof *found; i++)
        if (at[found[i].capture] == NULL)
            at[found[i].capture] = found[i].name;
}

static void tell(struct deciding *deciding, struct choice *choice)
{
    struct arena *arena = deciding->arena;
    const char *whereabouts = NULL, *at[CAPTURES_KEPT];
    if (choice->cause == CAUSE_LIB_MISSING)
        choice->cause = missing_cause(deciding, choice, &whereabouts);
    name_all(deciding, choice, at);
    struct willrun_cause cause =
        cause_make(choice->cause, WILLRUN_CERTAIN, at, deciding->target, arena);
    cause.subject = subject_of(deciding, choice);
    cause.rule = choice->finding->rule;
    if (choice->finding->fix != NULL)
        cause.fix = choice->finding->fix;
    cause_add_evidence(&cause, choice->finding->message, arena);
    const char *fact = subject_fact(choice, arena), *words = same_words(deciding, choice->subject);
    if (fact != NULL)
        cause_add_evidence(&cause, fact, arena);
    if (choice->finding->place.file != NULL)
        cause_add_evidence(&cause,
                           arena_format(arena, "%s:%zu: %s", choice->finding->place.file,
                                        (size_t)choice->finding->place.line,
                                        choice->finding->place.text != NULL
                                            ? choice->finding->place.text
                                            : "the instruction that brings it"),
                           arena);
    if (whereabouts != NULL)
        cause_add_evidence(&cause, whereabouts, arena);
    add_trail(choice, &cause, arena);
    if (words != NULL)
        cause_add_evidence(&cause, "the replay of the start says the very words of the message",
                           arena);
    deciding->causes->count = 0;
    *vec_push(deciding->causes) = cause;
}

/* Nothing in the root accounts for it: said, and nothing is certain any more. */
static void tell_nothing(struct deciding *deciding)
{
    struct arena *arena = deciding->arena;
    const struct willrun_result *check = deciding->check;
    size_t judged = check->runs + check->degraded + check->fails + check->unknown;
    const struct willrun_target *target = &check->targets[0];
    const char *one = judged == 1 && target->subject_count == 1 ? target->subjects[0].path : NULL;
    const char *sentence =
        judged == 0 ? "the target has no file that the message names"
        : one != NULL && check->runs + check->degraded == 1
            ? arena_format(arena,
                           "in this target %s starts, as the replay has it: what the "
                           "message tells is of another image, or of the host (its machine, "
                           "kernel, mounts, seccomp)",
                           one)
            : arena_format(arena,
                           "of %zu files that were judged in the target none accounts for "
                           "the message",
                           judged);
    for (size_t i = 0; i < deciding->causes->count; i++) {
        struct willrun_cause *cause = &deciding->causes->at[i];
        if (i == 0)
            cause_add_evidence(cause, sentence, arena);
        if (cause->confidence == WILLRUN_CERTAIN)
            cause->confidence = WILLRUN_LIKELY;
    }
}

/* What is met later is looked for in the root itself. */
static bool decide_later(struct deciding *deciding)
{
    const char *sentence, *name = deciding->at[CAPTURE_OBJECT];
    struct facts *facts = result_facts(deciding->check);
    if ((deciding->group & (GROUP_CERTIFICATES | GROUP_ZONES | GROUP_USERS)) == 0 ||
        deciding->causes->count == 0)
        return false;
    struct willrun_cause *cause = &deciding->causes->at[0];
    bool there = lookout_has(facts, deciding->group, name, deciding->arena, &sentence);
    cause_add_evidence(cause, sentence, deciding->arena);
    cause->confidence = there ? WILLRUN_POSSIBLE : WILLRUN_CERTAIN;
    return !there;
}

/* What willrun could not read may be what is said to be missing: `absent`, where the cause rests on
 * that. */
static void admit(struct deciding *deciding, bool absent, struct decision *decision)
{
    const char *path;
    int error = root_trouble(facts_root(result_facts(deciding->check)), &path);
    if (error == 0 || deciding->causes->count == 0)
        return;
    struct willrun_cause *cause = &deciding->causes->at[0];
    cause_add_evidence(cause,
                       arena_format(deciding->arena,
                                    "willrun cannot read %s (%s), so it saw the target in part",
                                    path, err_text(error)),
                       deciding->arena);
    if (absent && cause->confidence == WILLRUN_CERTAIN) {
        cause->confidence = WILLRUN_LIKELY;
        decision->decided = false;
    }
}

/* By the check, or by the root itself. True: it is decided, and by something that is not there. */
static bool decide_by_root(struct deciding *deciding, struct decision *decision)
{
    decision->decided = decide_later(deciding);
    if (decision->decided ||
        (deciding->group & (GROUP_CERTIFICATES | GROUP_ZONES | GROUP_USERS)) != 0)
        return decision->decided;
    struct choice best = find_best(deciding);
    decision->decided = best.finding != NULL;
    if (best.finding != NULL)
        tell(deciding, &best);
    else
        tell_nothing(deciding);
    return decision->decided && best.cause == CAUSE_LIB_MISSING;
}

bool decide(struct willrun *willrun, const char *target, const struct reading *reading,
            const char *path, int status, struct arena *arena, struct causes *causes,
            struct decision *decision)
{
    static const char *const nothing[CAPTURES_KEPT] = {0};
    struct deciding deciding = {.willrun = willrun,
                                .target = target,
                                .reading = reading,
                                .status = status,
                                .group =
                                    reading != NULL ? families[reading->form->family].group : 0,
                                .arena = arena,
                                .causes = causes,
                                .at = reading != NULL ? reading->at : nothing};
    *decision = (struct decision){0};
    if (!judge(&deciding, path, decision))
        return false;
    deciding.check = decision->check;
    if (deciding.check == NULL)
        return true;
    bool absent = decide_by_root(&deciding, decision);
    admit(&deciding, absent, decision);
    return true;
}
