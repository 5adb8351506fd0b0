/* A page of its own: no other file, no network, opened by any browser years later. The list stands
 * in it as HTML; the story of each subject is made by its script of the data block. */
#include <string.h>

#include "base/sha256.h"
#include "base/vec.h"
#include "report/html_data.h"
#include "report/markup.h"
#include "report/names.h"
#include "report/report.h"
#include "verdict/findings.h"
#include "willrun/willrun.h"

extern const char html_style[], html_graph[], html_script[];

/* ---- the policy: nothing is loaded, and nothing runs but these scripts ---- */

static unsigned digit(char hex)
{
    return (unsigned)(hex <= '9' ? hex - '0' : hex - 'a' + 10);
}

/* 'sha256-…', as Content-Security-Policy names a script or a style: base64 (RFC 4648). */
static void put_hash(FILE *out, const char *text)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    struct sha256 hash;
    char hex[SHA256_HEX + 1];
    sha256_begin(&hash);
    sha256_add(&hash, text, strlen(text));
    sha256_end(&hash, hex);
    fputs("'sha256-", out);
    /* three hexadecimal digits are two letters; 64 are 21 times three, and one */
    for (size_t i = 0; i + 3 <= SHA256_HEX; i += 3) {
        unsigned bits = digit(hex[i]) << 8 | digit(hex[i + 1]) << 4 | digit(hex[i + 2]);
        putc(letters[bits >> 6], out);
        putc(letters[bits & 63], out);
    }
    putc(letters[digit(hex[SHA256_HEX - 1]) << 2], out);
    fputs("='", out);
}

static void put_policy(FILE *out)
{
    fputs("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src ",
          out);
    put_hash(out, html_style);
    fputs("; script-src ", out);
    put_hash(out, html_graph);
    putc(' ', out);
    put_hash(out, html_script);
    fputs("; base-uri 'none'; form-action 'none'\">\n", out);
}

/* ---- the top ---- */

/* The worst first. */
static const enum willrun_verdict order[] = {WILLRUN_FAILS, WILLRUN_UNKNOWN, WILLRUN_DEGRADED,
                                             WILLRUN_RUNS};
enum { VERDICTS = sizeof order / sizeof *order };

static size_t count_of(const struct willrun_result *result, enum willrun_verdict verdict)
{
    const size_t counts[] = {[WILLRUN_RUNS] = result->runs,
                             [WILLRUN_DEGRADED] = result->degraded,
                             [WILLRUN_UNKNOWN] = result->unknown,
                             [WILLRUN_FAILS] = result->fails};
    return counts[verdict];
}

static size_t count_all(const struct willrun_result *result)
{
    return result->runs + result->degraded + result->unknown + result->fails;
}

static void put_headline(FILE *out, const struct willrun_result *result)
{
    size_t all = count_all(result);
    if (all == 0)
        fputs("Nothing was checked", out);
    else if (all == 1 && result->fails != 0)
        fputs("It will not run", out);
    else if (result->fails != 0)
        fprintf(out, "%zu of %zu will not run", result->fails, all);
    else if (result->unknown != 0)
        fprintf(out, "%zu of %zu cannot be decided", result->unknown, all);
    else if (result->degraded != 0)
        fprintf(out, "All start, and %zu of %zu will fail later", result->degraded, all);
    else
        fprintf(out, all == 1 ? "It will run" : "All %zu will run", all);
    if (result->accepted != 0)
        fprintf(out, " (%zu accepted)", result->accepted);
}

static void put_target(FILE *out, const struct willrun_target *target)
{
    fputs("<li>in <code>", out);
    xml_put(out, target->root);
    fputs("</code>", out);
    const char *facts[] = {target->platform, words_for_libc(target->libc), target->loader};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if (facts[i] == NULL)
            continue;
        fputs(" · ", out);
        xml_put(out, facts[i]);
        if (i == 1 && target->libc_version != NULL) {
            putc(' ', out);
            xml_put(out, target->libc_version);
        }
    }
    for (size_t i = 0; i < target->finding_count; i++) {
        fputs("<br><span class=\"badge ", out);
        fprintf(out, "%s\">%s</span> ", willrun_severity_name(target->findings[i].severity),
                target->findings[i].rule);
        xml_put(out, target->findings[i].message);
    }
    fputs("</li>\n", out);
}

static void put_bar(FILE *out, const struct willrun_result *result)
{
    size_t all = count_all(result), at = 0;
    if (all == 0)
        return;
    fprintf(out,
            "<svg class=\"bar\" viewBox=\"0 0 %zu 1\" preserveAspectRatio=\"none\" "
            "aria-hidden=\"true\">",
            all);
    for (size_t i = 0; i < VERDICTS; i++) {
        size_t count = count_of(result, order[i]);
        if (count != 0)
            fprintf(out, "<rect class=\"%s\" x=\"%zu\" width=\"%zu\" height=\"1\"/>",
                    willrun_verdict_name(order[i]), at, count);
        at += count;
    }
    fputs("</svg>\n", out);
}

static void put_tools(FILE *out, const struct willrun_result *result)
{
    fputs("<div class=\"tools\" data-live hidden>\n"
          "<label class=\"unseen\" for=\"filter\">Filter the subjects</label>\n"
          "<input id=\"filter\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" "
          "placeholder=\"Filter by path, library, rule, message  ( / )\">\n",
          out);
    for (size_t i = 0; i < VERDICTS; i++) {
        const char *name = willrun_verdict_name(order[i]);
        size_t count = count_of(result, order[i]);
        fprintf(out,
                "<button type=\"button\" class=\"chip %s\" data-verdict=\"%s\" "
                "aria-pressed=\"false\"%s>%zu %s</button>\n",
                name, name, count == 0 ? " disabled" : "", count, name);
    }
    fputs("<button type=\"button\" class=\"plain\" id=\"whole\" aria-pressed=\"false\">Graph of "
          "all</button>\n<button type=\"button\" class=\"plain\" id=\"theme\">Light or "
          "dark</button>\n<span id=\"shown\" role=\"status\"></span>\n</div>\n",
          out);
}

static void put_header(FILE *out, const struct willrun_result *result)
{
    fputs("<header>\n<div class=\"brand\"><b>willrun</b><span>" WILLRUN_VERSION "</span></div>\n"
          "<h1>",
          out);
    put_headline(out, result);
    fputs("</h1>\n<ul class=\"roots\">\n", out);
    for (size_t i = 0; i < result->target_count; i++)
        put_target(out, &result->targets[i]);
    fputs("</ul>\n", out);
    put_bar(out, result);
    put_tools(out, result);
    fputs("</header>\n", out);
}

/* ---- the list: its rows are boxes of their own in the style, so that those out of sight cost
 * nothing; the roles keep it a table ---- */

static void put_row(FILE *out, const struct willrun_target *target, bool several, size_t index,
                    const struct willrun_subject *subject)
{
    const char *verdict = willrun_verdict_name(subject->verdict);
    const struct willrun_finding *finding =
        subject->verdict != WILLRUN_RUNS ? finding_deciding(subject) : NULL;
    fprintf(
        out,
        "<tr role=\"row\" class=\"%s\" data-index=\"%zu\"><td role=\"cell\"><span "
        "class=\"badge\">%s</span>%s</td><th role=\"rowheader\"><a href=\"#s%zu\" class=\"mono\">",
        verdict, index, verdict, subject->accepted ? "<p>accepted</p>" : "", index);
    xml_put(out, subject->path);
    fputs("</a>", out);
    if (finding != NULL) {
        fputs("<p>", out);
        xml_put(out, finding->message);
        fputs("</p>", out);
    }
    if (several) {
        fputs("<p>", out);
        xml_put(out, target->platform != NULL ? target->platform : target->root);
        fputs("</p>", out);
    }
    fputs("</th></tr>\n", out);
}

/* Subjects have one number through all targets, as in the data block. */
static void put_rows(FILE *out, const struct willrun_result *result, enum willrun_verdict verdict)
{
    size_t index = 0;
    for (size_t t = 0; t < result->target_count; t++) {
        const struct willrun_target *target = &result->targets[t];
        for (size_t s = 0; s < target->subject_count; s++, index++)
            if (target->subjects[s].verdict == verdict)
                put_row(out, target, result->target_count > 1, index, &target->subjects[s]);
    }
}

static void put_list(FILE *out, const struct willrun_result *result)
{
    fputs("<div class=\"list\" tabindex=\"-1\">\n<table role=\"table\" aria-label=\"Subjects and "
          "verdicts\">\n<thead role=\"rowgroup\"><tr role=\"row\"><th role=\"columnheader\" "
          "aria-sort=\"ascending\"><button type=\"button\" "
          "data-key=\"verdict\">Verdict</button></th><th role=\"columnheader\"><button "
          "type=\"button\" data-key=\"path\">Subject</button></th></tr></thead>\n<tbody "
          "role=\"rowgroup\">\n",
          out);
    for (size_t i = 0; i < VERDICTS; i++)
        put_rows(out, result, order[i]);
    fputs("</tbody>\n</table>\n<p class=\"none\" id=\"none\" hidden>No subject is like that.</p>\n"
          "</div>\n",
          out);
}

void html_check(const struct willrun_result *result, const struct willrun_style *style, FILE *out)
{
    (void)style;
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", out);
    put_policy(out);
    fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<title>willrun: ",
          out);
    put_headline(out, result);
    fputs("</title>\n<style>", out);
    fputs(html_style, out);
    fputs("</style>\n</head>\n<body>\n<a class=\"skip unseen\" href=\"#story\">To the story</a>\n",
          out);
    put_header(out, result);
    fputs("<main>\n", out);
    put_list(out, result);
    fputs("<section class=\"story\" id=\"story\" aria-label=\"The story of the subject\">"
          "<noscript>The stories of the subjects need JavaScript; the list is whole without it."
          "</noscript></section>\n</main>\n<footer>Made by willrun, which reads files and runs "
          "none of them.</footer>\n<script type=\"application/json\" id=\"data\">",
          out);
    html_data(result, out);
    fputs("</script>\n<script>", out);
    fputs(html_graph, out);
    fputs("</script>\n<script>", out);
    fputs(html_script, out);
    fputs("</script>\n</body>\n</html>\n", out);
}
