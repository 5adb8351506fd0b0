#include "explain/causes.h"

#include <string.h>

#include "explain/fill.h"
#include "explain/signs.h"
#include "verdict/advice.h"
#include "verdict/packages.h"

static const char release[] = "trixie"; /* of data/library-packages.tsv; Debian 13 */

/* ---- one cause ---- */

static const char *const *cut_lines(const char *text, size_t *count, struct arena *arena)
{
    size_t lines = 1;
    for (const char *at = text; *at != 0; at++)
        lines += *at == '\n';
    const char **list = arena_array(arena, lines, sizeof *list);
    *count = 0;
    for (const char *at = text; *count < lines; at += strcspn(at, "\n") + 1)
        list[(*count)++] = arena_copy(arena, at, strcspn(at, "\n"));
    return list;
}

/* The fix that the names in a message allow to say; NULL: that of the class. */
static const char *exact_fix(enum cause_id id, const char *const *at, struct arena *arena)
{
    const char *object = at[CAPTURE_OBJECT], *version = at[CAPTURE_VERSION];
    const char *soname = object != NULL ? sign_last_part(object) : NULL;
    if ((id == CAUSE_LIB_MISSING || id == CAUSE_DLOPEN_MISSING) && soname != NULL) {
        const char *package = package_of_library(soname, release, arena);
        return package == NULL
                   ? NULL
                   : arena_format(arena,
                                  "Install it in the final stage (Debian 13: apt-get install -y "
                                  "%s; Alpine: apk add so:%s), or COPY it from the builder with "
                                  "the libraries that it needs itself.",
                                  package, soname);
    }
    const struct advice advice = {0};
    if (id == CAUSE_SYMBOL_VERSION_MISSING && version != NULL)
        return advice_version(&advice, version, soname != NULL ? soname : "library", arena);
    return NULL;
}

struct willrun_cause cause_make(enum cause_id id, enum willrun_confidence confidence,
                                const char *const *at, const char *target, struct arena *arena)
{
    const struct cause_row *row = cause_row(id);
    const char *exact = exact_fix(id, at, arena);
    struct willrun_cause cause = {.cause_class = row->name,
                                  .confidence = confidence,
                                  .why = fill(row->why, at, "", arena),
                                  .fix = exact != NULL ? exact : fill(row->fix, at, "", arena),
                                  .rule = row->rule};
    cause.commands = cut_lines(fill(row->commands, at, target, arena), &cause.command_count, arena);
    return cause;
}

void cause_add_evidence(struct willrun_cause *cause, const char *sentence, struct arena *arena)
{
    const char **list = arena_array(arena, cause->evidence_count + 1, sizeof *list);
    if (cause->evidence_count != 0)
        memcpy(list, cause->evidence, cause->evidence_count * sizeof *list);
    list[cause->evidence_count++] = sentence;
    cause->evidence = list;
}

/* ---- of a message ---- */

enum { LATE_PLACE = 2 }; /* causes before those of late clues */

const char *cause_subject(const struct reading *reading, struct arena *arena)
{
    const struct family *family = &families[reading->form->family];
    const char *subject = reading->at[family->subject];
    if (subject == NULL) /* such as the module of a program that cannot load any */
        subject = reading->at[CAPTURE_OBJECT];
    if (subject == NULL)
        return NULL;
    bool library =
        family->subject == CAPTURE_OBJECT &&
        (family->group & (GROUP_MISSING | GROUP_REFUSED | GROUP_STACK | GROUP_TLS | GROUP_PAGE |
                          GROUP_PRELOAD | GROUP_NATIVE | GROUP_DENIED)) != 0;
    size_t length = strlen(subject);
    const char *unpacked = strstr(sign_last_part(subject), "-lib"); /* jansi-2.4-1f2e-libjansi.so */
    if (library && unpacked != NULL && strncmp(subject, "/tmp/", 5) == 0)
        subject = unpacked + 1;
    bool addon = length > 5 && strcmp(subject + length - 5, ".node") == 0;
    return arena_string(arena, library || addon ? sign_last_part(subject) : subject);
}

static struct willrun_cause *find_cause(struct causes *causes, enum cause_id id)
{
    for (size_t i = 0; i < causes->count; i++)
        if (strcmp(causes->at[i].cause_class, cause_row(id)->name) == 0)
            return &causes->at[i];
    return NULL;
}

static void add_clues(const struct reading *reading, const char *const *at, const char *target,
                      bool late, struct arena *arena, struct causes *causes)
{
    unsigned group = families[reading->form->family].group;
    for (size_t i = 0; i < clue_count; i++) {
        if (clues[i].late != late || (clues[i].groups & group) == 0 || !clues[i].shows(reading))
            continue;
        struct willrun_cause *cause = find_cause(causes, clues[i].cause);
        if (cause != NULL && late)
            continue;
        if (cause == NULL) {
            enum willrun_confidence confidence =
                causes->count == 0 ? clues[i].confidence : WILLRUN_POSSIBLE;
            cause = vec_push(causes);
            *cause = cause_make(clues[i].cause, confidence, at, target, arena);
        }
        cause_add_evidence(cause, fill(clues[i].evidence, reading->at, "", arena), arena);
    }
}

/* How likely the first of a list without clues is: where the words leave nothing else, it is. */
static enum willrun_confidence first_confidence(const enum cause_id *list)
{
    return list[1] == CAUSE_NONE && list[0] != CAUSE_OTHER ? WILLRUN_CERTAIN : WILLRUN_LIKELY;
}

/* Those of the list, until there are `most`. */
static void add_listed(const enum cause_id *list, size_t most, const char *const *at,
                       const char *target, struct arena *arena, struct causes *causes)
{
    for (size_t i = 0; i < CAUSES_MOST && list[i] != CAUSE_NONE && causes->count < most; i++)
        if (find_cause(causes, list[i]) == NULL) {
            enum willrun_confidence confidence =
                causes->count == 0 ? first_confidence(list) : WILLRUN_POSSIBLE;
            *vec_push(causes) = cause_make(list[i], confidence, at, target, arena);
        }
}

/* The names for a cause's texts: where a message names one file only, it is the program and the
 * file that is asked about in one. */
static void name_file(const struct reading *reading, const char **at)
{
    const struct family *family = &families[reading->form->family];
    const char *object = reading->at[CAPTURE_OBJECT];
    bool about_object = family->subject == CAPTURE_OBJECT && family->group != GROUP_BOM;
    memcpy(at, reading->at, sizeof reading->at);
    if (at[CAPTURE_PATH] == NULL && about_object && object != NULL && strchr(object, '/') != NULL)
        at[CAPTURE_PATH] = object;
    if (at[CAPTURE_PATH] == NULL)
        at[CAPTURE_PATH] = at[CAPTURE_NEEDED_BY];
    if (at[CAPTURE_NEEDED_BY] == NULL && !about_object)
        at[CAPTURE_NEEDED_BY] = at[CAPTURE_PATH];
}

void causes_of_words(const struct reading *reading, const char *target, struct arena *arena,
                     struct causes *causes)
{
    const char *subject = cause_subject(reading, arena);
    const char *at[CAPTURES_KEPT];
    name_file(reading, at);
    const enum cause_id *list = families[reading->form->family].causes;
    add_clues(reading, at, target, false, arena, causes);
    add_listed(list, LATE_PLACE, at, target, arena, causes);
    add_clues(reading, at, target, true, arena, causes);
    add_listed(list, SIZE_MAX, at, target, arena, causes);
    for (size_t i = 0; i < causes->count; i++)
        causes->at[i].subject = subject;
}

void causes_of_status(const struct exit_status *status, const char *program, const char *target,
                      struct arena *arena, struct causes *causes)
{
    const char *const at[CAPTURES_KEPT] = {[CAPTURE_PATH] = program, [CAPTURE_NEEDED_BY] = program};
    const char *sentence =
        arena_format(arena, "exit status %d: %s", status->number, status->meaning);
    for (size_t i = 0; i < CAUSES_MOST && status->causes[i] != CAUSE_NONE; i++) {
        struct willrun_cause *cause = vec_push(causes);
        *cause = cause_make(status->causes[i], i == 0 ? WILLRUN_LIKELY : WILLRUN_POSSIBLE, at,
                            target, arena);
        cause->subject = program;
        cause_add_evidence(cause, sentence, arena);
    }
}
