/* Findings for people: a heading, a sentence, where it was looked for, the fix. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "report/markup.h"
#include "report/text_parts.h"
#include "willrun/willrun.h"

enum {
    FINDINGS_SHOWN = 5, /* of one rule, for one subject */
    PATHS_SHOWN = 12,   /* of the search for one library */
};

static const enum paint severity_paint[] = {
    [WILLRUN_ERROR] = PAINT_BAD,
    [WILLRUN_WARNING] = PAINT_WARN,
    [WILLRUN_NOTE] = PAINT_NOTE,
};

bool text_shows(const struct screen *screen, const struct willrun_subject *subject,
                const struct willrun_finding *finding)
{
    return report_tells(screen->style, subject, finding);
}

static bool same_rule(const struct willrun_finding *a, const struct willrun_finding *b)
{
    return a->severity == b->severity && strcmp(a->rule, b->rule) == 0;
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void write_finding(const struct screen *screen, const struct willrun_finding *finding)
{
    const char *severity = willrun_severity_name(finding->severity);
    enum paint paint = severity_paint[finding->severity];
    screen_pad(screen, 4);
    screen_put(screen, paint, severity);
    screen_put(screen, paint, "[");
    screen_put(screen, paint, finding->rule);
    screen_put(screen, paint, "]");
    fputs(": ", screen->out);
    unsigned column = 4 + screen_columns(severity) + 1 + screen_columns(finding->rule) + 3;
    screen_fold(screen, column, 6, finding->message);
    putc('\n', screen->out);
}

/* The instruction of a Dockerfile that causes it, as much as says which one. */
static void write_place(const struct screen *screen, const struct willrun_place *place)
{
    enum { SHOWN = 120 };
    char *text;
    if (place->file == NULL || asprintf(&text, "%s:%zu: %.*s%s", place->file, place->line, SHOWN,
                                        place->text, strlen(place->text) > SHOWN ? " ..." : "") < 0)
        return;
    screen_pad(screen, 6);
    screen_put(screen, PAINT_DIM, "at");
    putc(' ', screen->out);
    screen_fold(screen, 9, 9, text);
    putc('\n', screen->out);
    free(text);
}

/* Lines to put in place of others. */
static void write_edit(const struct screen *screen, const struct willrun_edit *edit)
{
    const char *at = edit->text;
    if (at == NULL)
        return;
    screen_pad(screen, 6);
    if (edit->first == edit->last)
        fprintf(screen->out, "line %zu becomes:\n", edit->first);
    else
        fprintf(screen->out, "lines %zu to %zu become:\n", edit->first, edit->last);
    while (at != NULL) {
        char *line = strndup(at, strcspn(at, "\n"));
        screen_pad(screen, 8);
        screen_put(screen, PAINT_STRONG, line != NULL ? line : "");
        putc('\n', screen->out);
        free(line);
        at = strchr(at, '\n');
        at += at != NULL;
    }
}

static void write_acceptance(const struct screen *screen,
                             const struct willrun_acceptance *acceptance)
{
    if (acceptance == NULL)
        return;
    screen_pad(screen, 6);
    screen_put(screen, PAINT_GOOD, "accepted:");
    putc(' ', screen->out);
    screen_fold(screen, 16, 16, acceptance->reason != NULL ? acceptance->reason : "as asked for");
    if (acceptance->expires != NULL)
        fprintf(screen->out, " (until %s)", acceptance->expires);
    putc('\n', screen->out);
}

/* Were both looked for in the same folders, in the same way? */
static bool same_places(const struct willrun_object *a, const struct willrun_object *b)
{
    if (a->trail_count != b->trail_count)
        return false;
    for (size_t i = 0; i < a->trail_count; i++) {
        const struct willrun_trail *left = &a->trail[i], *right = &b->trail[i];
        size_t folder = (size_t)(last_part(left->path) - left->path);
        if (left->via != right->via || strcmp(left->outcome, right->outcome) != 0 ||
            folder != (size_t)(last_part(right->path) - right->path) ||
            strncmp(left->path, right->path, folder) != 0)
            return false;
    }
    return true;
}

/* `*told`: the object whose search was told of last; NULL: none. */
static void write_search(const struct screen *screen, const struct willrun_subject *subject,
                         const struct willrun_finding *finding, const struct willrun_object **told)
{
    const struct willrun_object *object = missing_object(subject, finding->object);
    /* --why tells it with every path */
    if (object == NULL || object->trail_count == 0 || screen->style->why != NULL)
        return;
    bool same = *told != NULL && same_places(*told, object);
    screen_pad(screen, 6);
    screen_put(screen, PAINT_DIM, same ? "looked for at the same places" : "looked for at:");
    putc('\n', screen->out);
    if (same)
        return;
    text_trail(screen, object, screen->style->verbose ? 0 : PATHS_SHOWN);
    *told = object;
}

/* As much of `text` as reads well on a screen, up to the end of a word. */
static size_t shown_of(const struct screen *screen, const char *text)
{
    enum { SHOWN = 480, REST = 120 /* bytes; less is not worth a cut */ };
    size_t length = strlen(text), end = SHOWN;
    if (screen->style->verbose || length <= SHOWN + REST)
        return length;
    while (end > 1 && text[end] != ' ')
        end--;
    return end > 1 ? end : length;
}

static void write_fix(const struct screen *screen, const struct willrun_finding *finding)
{
    char *text;
    size_t shown = shown_of(screen, finding->fix);
    const char *rest = finding->fix[shown] != 0 ? " … (-v shows all)" : "";
    if (*rest != 0 && !screen->style->unicode)
        rest = " ... (-v shows all)";
    if (asprintf(&text, "%.*s%s", (int)shown, finding->fix, rest) < 0)
        return;
    screen_pad(screen, 6);
    screen_put(screen, PAINT_GOOD, "fix:");
    putc(' ', screen->out);
    screen_fold(screen, 11, 11, text);
    putc('\n', screen->out);
    free(text);
    write_edit(screen, &finding->edit);
}

/* The next finding of the same rule at or behind `from`; the count where there is none. */
static size_t next_of_rule(const struct willrun_subject *subject,
                           const struct willrun_finding *finding, size_t from)
{
    while (from < subject->finding_count && !same_rule(&subject->findings[from], finding))
        from++;
    return from;
}

/* Do both tell of versions that one object lacks for another? */
static bool same_lack(const struct willrun_finding *a, const struct willrun_finding *b)
{
    return a->version != NULL && b->version != NULL && a->symbol == NULL && b->symbol == NULL &&
           same_text(a->object, b->object) && same_text(a->needed_by, b->needed_by);
}

/* The next finding of the rule behind `first` that tells of something else; on
 * the way there, the versions of those that tell of the same lack are printed. */
static size_t write_more_versions(const struct screen *screen,
                                  const struct willrun_subject *subject, size_t first)
{
    enum { INDENT = 6 };
    const struct willrun_finding *finding = &subject->findings[first];
    unsigned width = screen->style->width, at = 0;
    size_t i = next_of_rule(subject, finding, first + 1);
    for (; i < subject->finding_count && same_lack(finding, &subject->findings[i]);
         i = next_of_rule(subject, finding, i + 1)) {
        unsigned columns = screen_columns(subject->findings[i].version) + 1;
        if (at == 0 || (width != 0 && at + columns > width)) {
            fputs(at == 0 ? "" : "\n", screen->out);
            screen_pad(screen, INDENT);
            fputs("nor", screen->out);
            at = INDENT + 3;
        }
        putc(' ', screen->out);
        screen_put(screen, PAINT_NONE, subject->findings[i].version);
        at += columns;
    }
    fputs(at == 0 ? "" : "\n", screen->out);
    return i;
}

/* Is the fix of `a` told with that of `b`, which may be NULL? */
static bool same_fix(const struct willrun_finding *a, const struct willrun_finding *b)
{
    return b != NULL && same_text(a->fix, b->fix) && same_text(a->edit.text, b->edit.text);
}

/* All findings of the rule whose first one is at `first`. A fix that several
 * share is printed behind the last of them; where it was looked for comes behind what to do. */
static void write_rule(const struct screen *screen, const struct willrun_subject *subject,
                       size_t first, bool search)
{
    const struct willrun_object *told = NULL;
    size_t shown = 0, left = 0;
    for (size_t i = first; i < subject->finding_count;) {
        const struct willrun_finding *finding = &subject->findings[i], *next = NULL;
        if (shown == FINDINGS_SHOWN && !screen->style->verbose) {
            left++;
            i = next_of_rule(subject, finding, i + 1);
            continue;
        }
        shown++;
        write_finding(screen, finding);
        write_place(screen, &finding->place);
        write_acceptance(screen, finding->accepted);
        i = write_more_versions(screen, subject, i);
        if (i < subject->finding_count && (shown < FINDINGS_SHOWN || screen->style->verbose))
            next = &subject->findings[i];
        if (finding->fix != NULL && !same_fix(finding, next))
            write_fix(screen, finding);
        if (search)
            write_search(screen, subject, finding, &told);
    }
    if (left == 0)
        return;
    fprintf(screen->out, "    %s and %zu more ", screen_mark(screen, "…", "..."), left);
    screen_put(screen, PAINT_DIM, "(-v shows all)");
    putc('\n', screen->out);
}

void text_findings(const struct screen *screen, const struct willrun_subject *subject, bool search)
{
    for (size_t i = 0; i < subject->finding_count; i++)
        if (text_shows(screen, subject, &subject->findings[i]) &&
            next_of_rule(subject, &subject->findings[i], 0) == i)
            write_rule(screen, subject, i, search);
}
