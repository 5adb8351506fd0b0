#include "explain/choice.h"

#include <string.h>

#include "explain/lookout.h"
#include "explain/signs.h"
#include "explain/symbols.h"

enum {
    ABOUT_SUBJECT = 2, /* marks of a finding, by which the deciding one is chosen */
    AMONG_CAUSES = 4,
    NAMES_THE_SAME = 8,
    SAME_WORDS = 16,
};

static const unsigned of_libraries = GROUP_MISSING | GROUP_PRELOAD | GROUP_REFUSED | GROUP_PAGE |
                                     GROUP_STACK | GROUP_TLS | GROUP_VERSION | GROUP_SYMBOL |
                                     GROUP_MUSL_SYMBOL | GROUP_MIX | GROUP_NATIVE;

bool names_a_part(const struct deciding *deciding)
{
    const char *const *at = deciding->at;
    return at[CAPTURE_OBJECT] != NULL || at[CAPTURE_SYMBOL] != NULL || at[CAPTURE_VERSION] != NULL;
}

/* ---- which cause a finding is ---- */

static enum cause_id listed_cause(const struct willrun_finding *finding)
{
    static const struct {
        const char *rule, *part;
        enum cause_id cause;
    } rows[] = {
#define RULE_CAUSE(rule, part, cause) {rule, part, CAUSE_##cause},
#include "rule-causes.def"
#undef RULE_CAUSE
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (strcmp(rows[i].rule, finding->rule) == 0 &&
            strstr(finding->message, rows[i].part) != NULL)
            return rows[i].cause;
    return CAUSE_NONE;
}

/* Are the program and the root of two families of libc? */
static bool is_mixed(const struct choice *choice)
{
    enum willrun_libc own = choice->subject->libc, root = choice->target->libc;
    return (own == WILLRUN_LIBC_GLIBC && root == WILLRUN_LIBC_MUSL) ||
           (own == WILLRUN_LIBC_MUSL && root == WILLRUN_LIBC_GLIBC);
}

static bool is_part_of_libc(const char *name)
{
    static const char *const parts[] = {"ld-linux", "libc.so.6", "libc.musl-", "ld-musl-"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (strncmp(name, parts[i], strlen(parts[i])) == 0)
            return true;
    return false;
}

enum cause_id missing_cause(const struct deciding *deciding, const struct choice *choice,
                            const char **evidence)
{
    const char *soname =
        choice->finding->object != NULL ? sign_last_part(choice->finding->object) : "";
    struct whereabouts found;
    if (is_part_of_libc(soname) ||
        (choice->target->libc == WILLRUN_LIBC_MUSL && soname_is_glibc_only(soname))) {
        *evidence = arena_format(deciding->arena,
                                 "%s is a part of the other libc than the target's", soname);
        return CAUSE_MUSL_GLIBC_MIX;
    }
    lookout_library(result_facts(deciding->check), soname, deciding->arena, &found);
    if (found.same != NULL) {
        *evidence = arena_format(deciding->arena,
                                 found.configured ? "it is at %s, a folder that /etc/ld.so.conf "
                                                    "names: the cache was not rebuilt"
                                                  : "it is at %s, where the loader does not look",
                                 found.same);
        return found.configured && choice->target->libc == WILLRUN_LIBC_GLIBC ? CAUSE_LDCACHE_STALE
                                                                              : CAUSE_RPATH_BROKEN;
    }
    if (found.other != NULL) {
        *evidence =
            arena_format(deciding->arena, "the target has it in another version: %s", found.other);
        return CAUSE_SONAME_MISMATCH;
    }
    *evidence = arena_format(deciding->arena, "no file of the target is called %s", soname);
    return CAUSE_LIB_MISSING;
}

static enum cause_id cause_of(const struct deciding *deciding, const struct choice *choice)
{
    const struct willrun_finding *finding = choice->finding;
    enum cause_id cause = listed_cause(finding);
    bool symbol = cause == CAUSE_SYMBOL_MISSING;
    if (cause == CAUSE_INTERP_MISSING && deciding->group == GROUP_EMULATED)
        return CAUSE_INTERP_ARCH;
    if (symbol && finding->symbol != NULL && choice->target->libc == WILLRUN_LIBC_MUSL &&
        (symbol_is_glibc_only(finding->symbol) || is_mixed(choice)))
        return CAUSE_MUSL_GLIBC_MIX;
    if (cause == CAUSE_LIB_INVALID && deciding->group == GROUP_FORMAT)
        return CAUSE_NOT_ELF_NOT_SCRIPT;
    if (cause == CAUSE_NOT_ELF_NOT_SCRIPT && deciding->group == GROUP_REFUSED)
        return CAUSE_LIB_INVALID;
    if ((deciding->group & of_libraries) != 0 && strcmp(finding->rule, "not-executable") == 0)
        return CAUSE_NONE; /* no library need be */
    return cause == CAUSE_OTHER && is_mixed(choice) ? CAUSE_MUSL_GLIBC_MIX : cause;
}

/* ---- the deciding one ---- */

bool is_same(const char *named, const char *found)
{
    return named != NULL && found != NULL &&
           strcmp(sign_last_part(named), sign_last_part(found)) == 0;
}

static bool names_the_same(const struct deciding *deciding, const struct willrun_finding *finding)
{
    const char *const *at = deciding->at;
    return is_same(at[CAPTURE_OBJECT], finding->object) ||
           is_same(at[CAPTURE_SYMBOL], finding->symbol) ||
           is_same(at[CAPTURE_VERSION], finding->version) ||
           is_same(at[CAPTURE_INTERPRETER], finding->object) ||
           (deciding->group == GROUP_ENV && is_same(at[CAPTURE_PATH], finding->object));
}

static bool is_among(const struct deciding *deciding, enum cause_id cause)
{
    for (size_t i = 0; cause != CAUSE_NONE && i < deciding->causes->count; i++)
        if (strcmp(deciding->causes->at[i].cause_class, cause_row(cause)->name) == 0)
            return true;
    return false;
}

const char *same_words(const struct deciding *deciding, const struct willrun_subject *subject)
{
    const char *said = deciding->reading != NULL ? deciding->reading->line.shown : NULL;
    for (size_t i = 0; said != NULL && i < subject->stderr_count; i++)
        if (strstr(said, subject->stderr_lines[i]) != NULL)
            return subject->stderr_lines[i];
    return said != NULL && subject->runtime != NULL && strstr(said, subject->runtime) != NULL
               ? subject->runtime
               : NULL;
}

static unsigned marks_of(const struct deciding *deciding, const struct choice *choice)
{
    const struct willrun_subject *subject = choice->subject;
    unsigned marks = 0;
    if (is_same(deciding->at[CAPTURE_PATH], subject->path) ||
        is_same(deciding->at[CAPTURE_NEEDED_BY], subject->path))
        marks |= ABOUT_SUBJECT;
    if (is_among(deciding, choice->cause))
        marks |= AMONG_CAUSES;
    if (names_the_same(deciding, choice->finding))
        marks |= NAMES_THE_SAME;
    if (same_words(deciding, subject) != NULL ||
        (deciding->status > 0 && subject->exit_status == deciding->status))
        marks |= SAME_WORDS;
    return marks;
}

/* Does the finding account for the message? A note alone does not make a start fail. */
static bool accounts(const struct deciding *deciding, const struct choice *choice)
{
    if (choice->cause == CAUSE_NONE)
        return false;
    bool error = choice->finding->severity == WILLRUN_ERROR;
    if (deciding->reading == NULL && deciding->status < 0)
        return error;
    /* a library, a symbol or a version that is named is that one, and no other */
    if ((deciding->group & of_libraries) != 0 && names_a_part(deciding) &&
        (choice->marks & (SAME_WORDS | NAMES_THE_SAME)) == 0)
        return false;
    if (error && (choice->marks & (SAME_WORDS | NAMES_THE_SAME | AMONG_CAUSES)) != 0)
        return true;
    return (choice->marks & AMONG_CAUSES) != 0 && deciding->group == GROUP_CRASH;
}

static void weigh(const struct deciding *deciding, struct choice *choice, struct choice *best)
{
    choice->cause = cause_of(deciding, choice);
    choice->marks = marks_of(deciding, choice);
    if (accounts(deciding, choice) && (best->finding == NULL || choice->marks > best->marks))
        *best = *choice;
}

/* A message that names nothing may be of any file that fails: with several of them it is not
 * decided whose it is. */
static bool is_guess(const struct deciding *deciding, const struct choice *best)
{
    bool ends_alone = deciding->reading == NULL || deciding->group == GROUP_STATUS;
    unsigned proofs = NAMES_THE_SAME | ABOUT_SUBJECT | (ends_alone ? 0 : SAME_WORDS);
    return deciding->everything && deciding->check->fails > 1 && (best->marks & proofs) == 0;
}

struct choice find_best(const struct deciding *deciding)
{
    struct choice best = {0};
    for (size_t t = 0; t < deciding->check->target_count; t++) {
        const struct willrun_target *target = &deciding->check->targets[t];
        for (size_t s = 0; s < target->subject_count; s++)
            for (size_t f = 0; f < target->subjects[s].finding_count; f++) {
                struct choice choice = {.target = target,
                                        .subject = &target->subjects[s],
                                        .finding = &target->subjects[s].findings[f]};
                weigh(deciding, &choice, &best);
            }
    }
    return best.finding != NULL && is_guess(deciding, &best) ? (struct choice){0} : best;
}
