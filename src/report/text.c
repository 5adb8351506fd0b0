/* The verdicts for people: one line a subject, details for what does not run,
 * a line with the counts. */
#include <string.h>

#include "report/names.h"
#include "report/report.h"
#include "report/text_parts.h"
#include "willrun/willrun.h"

enum {
    LINES_SHOWN = 6, /* of the predicted output of one subject */
    RUNS_SHOWN = 24, /* subjects of which there is nothing to tell */
};

static const struct {
    const char *unicode, *ascii;
    enum paint paint;
} verdicts[] = {
    [WILLRUN_RUNS] = {"✓", "runs    ", PAINT_GOOD},
    [WILLRUN_DEGRADED] = {"!", "degraded", PAINT_WARN},
    [WILLRUN_UNKNOWN] = {"?", "unknown ", PAINT_ODD},
    [WILLRUN_FAILS] = {"✗", "fails   ", PAINT_BAD},
};

/* ---- the line of a subject ---- */

/* What a finding is about, in a word or two. */
static const char *detail_of(const struct willrun_subject *subject,
                             const struct willrun_finding *finding)
{
    bool of_load = subject->phase == WILLRUN_PHASE_LOAD;
    if (finding->symbol != NULL)
        return finding->symbol;
    if (finding->version != NULL)
        return finding->version;
    if (of_load && finding->object != NULL &&
        !(subject->path != NULL && strcmp(finding->object, subject->path) == 0))
        return last_part(finding->object);
    return NULL;
}

/* How it ends; `detail`: a text from detail_of follows. */
static const char *says_of(const struct willrun_subject *subject, bool detail)
{
    static const struct {
        const char *alone, *with_detail;
    } says[] = {
        [WILLRUN_PHASE_NONE] = {"does not run: ", "does not run: "},
        [WILLRUN_PHASE_EXEC] = {"cannot be executed: ", "cannot be executed: "},
        [WILLRUN_PHASE_LOAD] = {"does not load: ", "does not load: "},
        [WILLRUN_PHASE_VERSION] = {"lacks a version: ", "lacks version "},
        [WILLRUN_PHASE_RELOCATE] = {"lacks a symbol: ", "lacks symbol "},
        [WILLRUN_PHASE_RUN] = {"fails later: ", "fails later: "},
    };
    if (subject->verdict == WILLRUN_UNKNOWN)
        return "cannot be decided: ";
    if (subject->verdict == WILLRUN_DEGRADED)
        return "starts, but fails later: ";
    return detail ? says[subject->phase].with_detail : says[subject->phase].alone;
}

/* "interpreter-missing" as words. */
static void write_rule_words(const struct screen *screen, const char *rule)
{
    for (; *rule != 0; rule++)
        putc(*rule == '-' ? ' ' : *rule, screen->out);
}

static void write_reason(const struct screen *screen, const struct willrun_subject *subject)
{
    enum willrun_severity severity = subject->verdict == WILLRUN_FAILS      ? WILLRUN_ERROR
                                     : subject->verdict == WILLRUN_DEGRADED ? WILLRUN_WARNING
                                                                            : WILLRUN_NOTE;
    const struct willrun_finding *first = NULL;
    size_t others = 0;
    for (size_t i = 0; i < subject->finding_count; i++) {
        if (subject->findings[i].severity != severity)
            continue;
        others += first != NULL;
        first = first != NULL ? first : &subject->findings[i];
    }
    const char *detail = first != NULL ? detail_of(subject, first) : NULL;
    fputs("  ", screen->out);
    screen_put(screen, verdicts[subject->verdict].paint, says_of(subject, detail != NULL));
    if (detail != NULL)
        screen_put(screen, PAINT_STRONG, detail);
    else
        write_rule_words(screen, first != NULL ? first->rule : "no finding");
    if (others != 0 && severity != WILLRUN_NOTE)
        fprintf(screen->out, " (and %zu more)", others);
}

static void write_facts(const struct screen *screen, const struct willrun_subject *subject)
{
    const char *facts[] = {subject->platform, willrun_linkage_name(subject->linkage),
                           subject->linkage == WILLRUN_DYNAMIC ? willrun_libc_name(subject->libc)
                                                               : NULL};
    const char *comma = "  ";
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if (facts[i] == NULL)
            continue;
        screen_put(screen, PAINT_DIM, comma);
        screen_put(screen, PAINT_DIM, facts[i]);
        comma = ", ";
    }
}

static void write_line(const struct screen *screen, const struct willrun_subject *subject)
{
    screen_put(
        screen, verdicts[subject->verdict].paint,
        screen_mark(screen, verdicts[subject->verdict].unicode, verdicts[subject->verdict].ascii));
    putc(' ', screen->out);
    screen_put(screen, PAINT_STRONG, subject->path);
    if (subject->verdict != WILLRUN_RUNS)
        write_reason(screen, subject);
    else if (screen->style->verbose)
        write_facts(screen, subject);
    putc('\n', screen->out);
}

/* ---- what it would print ---- */

static void write_quote(const struct screen *screen, const char *line)
{
    screen_pad(screen, 6);
    screen_put(screen, PAINT_DIM, screen_mark(screen, "│ ", "| "));
    screen_put(screen, PAINT_NONE, line);
    putc('\n', screen->out);
}

static void write_lines_left(const struct screen *screen, size_t left)
{
    screen_pad(screen, 6);
    screen_put(screen, PAINT_DIM, screen_mark(screen, "│ ", "| "));
    fprintf(screen->out, "%s and %zu more lines ", screen_mark(screen, "…", "..."), left);
    screen_put(screen, PAINT_DIM, "(-v shows all)");
    putc('\n', screen->out);
}

static void write_predicted(const struct screen *screen, const struct willrun_subject *subject)
{
    if (subject->runtime != NULL) {
        fputs("    the container runtime will say", screen->out);
        if (subject->error != NULL)
            fprintf(screen->out, " (%s)", subject->error);
        fputs(":\n", screen->out);
        write_quote(screen, subject->runtime);
    }
    if (subject->stderr_count != 0) {
        bool opened = subject->kind == WILLRUN_KIND_SHARED_OBJECT && subject->exit_status < 0;
        fputs(opened ? "    dlerror will say" : "    it will print", screen->out);
        if (subject->exit_status >= 0)
            fprintf(screen->out, ", and exit with status %d", subject->exit_status);
        fputs(":\n", screen->out);
        size_t shown = screen->style->verbose || subject->stderr_count <= LINES_SHOWN + 1
                           ? subject->stderr_count
                           : LINES_SHOWN;
        for (size_t i = 0; i < shown; i++)
            write_quote(screen, subject->stderr_lines[i]);
        if (shown < subject->stderr_count)
            write_lines_left(screen, subject->stderr_count - shown);
    } else if (subject->exit_status >= 0) {
        fprintf(screen->out, "    it will exit with status %d, without a word\n",
                subject->exit_status);
    }
}

/* ---- subjects ---- */

static bool has_details(const struct screen *screen, const struct willrun_subject *subject)
{
    if (subject->runtime != NULL || subject->stderr_count != 0 || subject->exit_status >= 0)
        return true;
    for (size_t i = 0; i < subject->finding_count; i++)
        if (text_shows(screen, subject, &subject->findings[i]))
            return true;
    return false;
}

/* Returns whether something of `--why` was told. */
static bool write_subject(const struct screen *screen, const struct willrun_subject *subject,
                          bool *open)
{
    bool details = has_details(screen, subject);
    if (*open)
        putc('\n', screen->out);
    write_line(screen, subject);
    if (details) {
        write_predicted(screen, subject);
        text_findings(screen, subject, true);
    }
    size_t told = text_why(screen, subject);
    *open = details || told != 0;
    return told != 0;
}

static bool asked_for(const struct screen *screen, const struct willrun_subject *subject)
{
    return screen->style->verbose ||
           (!subject->accepted && (!screen->style->quiet || subject->verdict != WILLRUN_RUNS));
}

/* Those of which there is nothing to tell: many of them would hide the others. */
static bool is_plain(const struct screen *screen, const struct willrun_subject *subject)
{
    return subject->verdict == WILLRUN_RUNS && !screen->style->verbose &&
           screen->style->why == NULL && !has_details(screen, subject);
}

static size_t count_plain(const struct screen *screen, const struct willrun_target *target)
{
    size_t count = 0;
    for (size_t i = 0; i < target->subject_count; i++)
        count += asked_for(screen, &target->subjects[i]) && is_plain(screen, &target->subjects[i]);
    return count;
}

/* Returns whether something of `--why` was told. */
static bool write_subjects(const struct screen *screen, const struct willrun_target *target)
{
    bool told = false, open = false; /* the last one took several lines: an empty one follows */
    size_t plain = count_plain(screen, target);
    for (size_t i = 0; i < target->subject_count; i++) {
        const struct willrun_subject *subject = &target->subjects[i];
        if (asked_for(screen, subject) && (plain <= RUNS_SHOWN || !is_plain(screen, subject)))
            told |= write_subject(screen, subject, &open);
    }
    if (plain <= RUNS_SHOWN)
        return told;
    fputs(open ? "\n" : "", screen->out);
    screen_put(screen, verdicts[WILLRUN_RUNS].paint,
               screen_mark(screen, verdicts[WILLRUN_RUNS].unicode, verdicts[WILLRUN_RUNS].ascii));
    fprintf(screen->out, " %zu that run ", plain);
    screen_put(screen, PAINT_DIM, "(-v lists them)");
    putc('\n', screen->out);
    return told;
}

static void write_summary(const struct screen *screen, const struct willrun_result *result)
{
    const struct {
        size_t count;
        enum willrun_verdict verdict;
    } counts[] = {{result->runs, WILLRUN_RUNS},
                  {result->degraded, WILLRUN_DEGRADED},
                  {result->unknown, WILLRUN_UNKNOWN},
                  {result->fails, WILLRUN_FAILS}};
    size_t all = result->runs + result->degraded + result->unknown + result->fails;
    fprintf(screen->out, "\n%zu subject%s", all, all == 1 ? "" : "s");
    const char *comma = ": ";
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        if (counts[i].count == 0)
            continue;
        char number[48];
        snprintf(number, sizeof number, "%zu %s", counts[i].count,
                 willrun_verdict_name(counts[i].verdict));
        fputs(comma, screen->out);
        screen_put(screen, verdicts[counts[i].verdict].paint, number);
        comma = ", ";
    }
    if (result->accepted != 0)
        fprintf(screen->out, " (%zu accepted)", result->accepted);
    putc('\n', screen->out);
}

void text_target(const struct screen *screen, const struct willrun_target *target)
{
    const char *comma = ": ";
    const char *libc = words_for_libc(target->libc);
    fputs("root ", screen->out);
    screen_put(screen, PAINT_STRONG, target->root);
    const char *facts[] = {target->platform, libc, target->loader};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if (facts[i] == NULL)
            continue;
        fputs(comma, screen->out);
        screen_put(screen, PAINT_NONE, facts[i]);
        if (facts[i] == libc && target->libc_version != NULL) {
            putc(' ', screen->out);
            screen_put(screen, PAINT_NONE, target->libc_version);
        }
        comma = ", ";
    }
    fputs("\n\n", screen->out);
    struct willrun_subject whole = {.findings = target->findings,
                                    .finding_count = target->finding_count};
    bool any = false;
    for (size_t i = 0; i < whole.finding_count; i++)
        any |= text_shows(screen, &whole, &whole.findings[i]);
    if (!any)
        return;
    text_findings(screen, &whole, false);
    putc('\n', screen->out);
}

void text_check(const struct willrun_result *result, const struct willrun_style *style, FILE *out)
{
    struct screen screen = {out, style};
    bool told = style->why == NULL;
    for (size_t t = 0; t < result->target_count; t++) {
        const struct willrun_target *target = &result->targets[t];
        if (t != 0)
            putc('\n', out);
        if (!style->quiet)
            text_target(&screen, target);
        told |= write_subjects(&screen, target);
    }
    if (!told) {
        fputs("\nno subject looks for ", out);
        screen_put(&screen, PAINT_STRONG, style->why);
        putc('\n', out);
    }
    if (!style->quiet)
        write_summary(&screen, result);
}
