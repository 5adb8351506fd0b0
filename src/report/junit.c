/* JUnit's XML, as continuous integration reads it: a suite a target, a case a subject. */
#include "report/markup.h"
#include "report/report.h"
#include "verdict/findings.h"
#include "willrun/willrun.h"

/* What a case is: what is accepted is skipped, though it fails. */
static enum willrun_verdict case_of(const struct willrun_subject *subject)
{
    return subject->accepted ? WILLRUN_UNKNOWN : subject->verdict;
}

static size_t count_of(const struct willrun_target *target, enum willrun_verdict verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < target->subject_count; i++)
        count += case_of(&target->subjects[i]) == verdict;
    return count;
}

static void put_attribute(FILE *out, const char *name, const char *value)
{
    fprintf(out, " %s=\"", name);
    xml_put(out, value);
    putc('"', out);
}

static void put_details(FILE *out, const struct willrun_style *style,
                        const struct willrun_subject *subject)
{
    if (subject->runtime != NULL) {
        xml_put(out, subject->runtime);
        putc('\n', out);
    }
    for (size_t i = 0; i < subject->stderr_count; i++) {
        xml_put(out, subject->stderr_lines[i]);
        putc('\n', out);
    }
    for (size_t i = 0; i < subject->finding_count; i++) {
        const struct willrun_finding *finding = &subject->findings[i];
        if (!report_tells(style, subject, finding))
            continue;
        fprintf(out, "%s[%s]: ", willrun_severity_name(finding->severity), finding->rule);
        xml_put(out, finding->message);
        putc('\n', out);
        if (finding->fix != NULL) {
            fputs("fix: ", out);
            xml_put(out, finding->fix);
            putc('\n', out);
        }
    }
}

/* What fails is a failure; what cannot be decided is skipped; what fails only later passes, and is
 * told of. */
static void put_case(FILE *out, const struct willrun_style *style,
                     const struct willrun_target *target, const struct willrun_subject *subject)
{
    static const char *const elements[] = {[WILLRUN_RUNS] = NULL,
                                           [WILLRUN_DEGRADED] = "system-out",
                                           [WILLRUN_UNKNOWN] = "skipped",
                                           [WILLRUN_FAILS] = "failure"};
    const char *element = elements[case_of(subject)];
    fputs("    <testcase", out);
    put_attribute(out, "classname", target->root);
    put_attribute(out, "name", subject->path);
    fputs(" time=\"0\"", out);
    if (element == NULL) {
        fputs("/>\n", out);
        return;
    }
    const struct willrun_finding *finding = finding_deciding(subject);
    fprintf(out, ">\n      <%s", element);
    if (subject->accepted) {
        put_attribute(out, "message",
                      finding->accepted->reason != NULL ? finding->accepted->reason : "accepted");
    } else if (finding != NULL && subject->verdict != WILLRUN_DEGRADED) {
        if (subject->verdict == WILLRUN_FAILS)
            put_attribute(out, "type", finding->rule);
        put_attribute(out, "message", finding->message);
    }
    putc('>', out);
    put_details(out, style, subject);
    fprintf(out, "</%s>\n    </testcase>\n", element);
}

void junit_check(const struct willrun_result *result, const struct willrun_style *style, FILE *out)
{
    size_t all = result->runs + result->degraded + result->unknown + result->fails;
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", out);
    fprintf(out, "<testsuites name=\"willrun\" tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n", all,
            result->fails - result->accepted_fails);
    for (size_t t = 0; t < result->target_count; t++) {
        const struct willrun_target *target = &result->targets[t];
        fputs("  <testsuite", out);
        put_attribute(out, "name", target->root);
        fprintf(out, " tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\" time=\"0\">\n",
                target->subject_count, count_of(target, WILLRUN_FAILS),
                count_of(target, WILLRUN_UNKNOWN));
        for (size_t s = 0; s < target->subject_count; s++)
            put_case(out, style, target, &target->subjects[s]);
        fputs("  </testsuite>\n", out);
    }
    fputs("</testsuites>\n", out);
}
