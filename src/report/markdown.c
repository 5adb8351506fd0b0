/* A check for a comment on a change, or a step's summary: GitHub's Markdown. */
#include "report/markup.h"
#include "report/names.h"
#include "report/report.h"
#include "willrun/willrun.h"

enum { ROWS = 100 }; /* subjects that are told one by one: a comment has its limits */

static void put_target(FILE *out, const struct willrun_target *target)
{
    fputs("### willrun: ", out);
    markdown_put(out, target->root);
    fputs("\n\n", out);
    if (target->platform != NULL)
        fprintf(out, "%s, ", target->platform);
    fputs(words_for_libc(target->libc), out);
    if (target->libc_version != NULL)
        fprintf(out, " %s", target->libc_version);
    fputs("\n\n", out);
}

/* The words that it will end with: the first line of them. */
static void put_words(FILE *out, const struct willrun_subject *subject)
{
    const char *line = subject->runtime;
    if (line == NULL && subject->stderr_count != 0)
        line = subject->stderr_lines[0];
    if (line == NULL)
        return;
    fputs("<br>will say: <code>", out);
    markdown_put(out, line);
    fputs("</code>", out);
}

static void put_subject(FILE *out, const struct willrun_style *style,
                        const struct willrun_subject *subject)
{
    bool any = false;
    fputs("| ", out);
    markdown_put(out, subject->path);
    fprintf(out, " | **%s** | ", willrun_verdict_name(subject->verdict));
    for (size_t i = 0; i < subject->finding_count; i++) {
        const struct willrun_finding *finding = &subject->findings[i];
        if (!report_tells(style, subject, finding))
            continue;
        fputs(any ? "<br>" : "", out);
        any = true;
        markdown_put(out, finding->message);
        if (finding->fix != NULL) {
            fputs(". _", out);
            markdown_put(out, finding->fix);
            putc('_', out);
        }
    }
    put_words(out, subject);
    fputs(" |\n", out);
}

static void put_subjects(FILE *out, const struct willrun_style *style,
                         const struct willrun_target *target)
{
    size_t rows = 0;
    for (size_t i = 0; i < target->subject_count; i++) {
        if (target->subjects[i].verdict == WILLRUN_RUNS || target->subjects[i].accepted)
            continue;
        if (rows == 0)
            fputs("| Subject | Verdict | Why, and what to do |\n|---|---|---|\n", out);
        if (rows++ < ROWS)
            put_subject(out, style, &target->subjects[i]);
    }
    if (rows > ROWS)
        fprintf(out, "\n… and %zu more that do not run.\n", rows - ROWS);
    if (rows != 0)
        putc('\n', out);
}

void markdown_check(const struct willrun_result *result, const struct willrun_style *style,
                    FILE *out)
{
    for (size_t t = 0; t < result->target_count; t++) {
        put_target(out, &result->targets[t]);
        put_subjects(out, style, &result->targets[t]);
    }
    fprintf(out, "%zu %s, %zu %s, %zu %s, %zu %s", result->runs, willrun_verdict_name(WILLRUN_RUNS),
            result->degraded, willrun_verdict_name(WILLRUN_DEGRADED), result->unknown,
            willrun_verdict_name(WILLRUN_UNKNOWN), result->fails,
            willrun_verdict_name(WILLRUN_FAILS));
    if (result->accepted != 0)
        fprintf(out, " (%zu accepted)", result->accepted);
    putc('\n', out);
}
