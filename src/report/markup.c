#include "report/markup.h"

#include <string.h>

#include "base/sha256.h"
#include "base/utf8.h"
#include "verdict/rules.h"

void markdown_put(FILE *out, const char *text)
{
    while (text != NULL && *text != 0) {
        struct glyph glyph = utf8_glyph(text);
        if (glyph.taken == 1 && strchr("\\`*_{}[]<>#|~&!", *text) != NULL)
            fprintf(out, *text == '<' || *text == '>' || *text == '&' ? "&#%d;" : "\\%c",
                    (unsigned char)*text);
        else
            fwrite(glyph.text, 1, glyph.length, out);
        text += glyph.taken;
    }
}

void xml_put(FILE *out, const char *text)
{
    while (text != NULL && *text != 0) {
        struct glyph glyph = utf8_glyph(text);
        if (glyph.taken == 1 && strchr("<>&\"'", *text) != NULL)
            fprintf(out, "&#%d;", (unsigned char)*text);
        else
            fwrite(glyph.text, 1, glyph.length, out);
        text += glyph.taken;
    }
}

bool report_tells(const struct willrun_style *style, const struct willrun_subject *subject,
                  const struct willrun_finding *finding)
{
    return style->verbose || (finding->accepted == NULL &&
                              (finding->severity != WILLRUN_NOTE ||
                               strcmp(finding->rule, rule_row(RULE_PACKAGE_CURES)->name) == 0 ||
                               (subject != NULL && subject->verdict == WILLRUN_UNKNOWN)));
}

void finding_fingerprint(const struct willrun_subject *subject,
                         const struct willrun_finding *finding, char text[FINGERPRINT_SIZE])
{
    const char *parts[] = {finding->rule,   subject != NULL ? subject->path : NULL,
                           finding->object, finding->needed_by,
                           finding->symbol, finding->version};
    struct sha256 hash;
    sha256_begin(&hash);
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        const char *part = parts[i] != NULL ? parts[i] : "";
        sha256_add(&hash, part, strlen(part) + 1);
    }
    sha256_end(&hash, text);
}

void each_finding(const struct willrun_result *result, const struct willrun_style *style,
                  finding_writer *tell, void *context)
{
    for (size_t t = 0; t < result->target_count; t++) {
        const struct willrun_target *target = &result->targets[t];
        for (size_t i = 0; i < target->finding_count; i++)
            if (report_tells(style, NULL, &target->findings[i]))
                tell(context, target, NULL, &target->findings[i]);
        for (size_t s = 0; s < target->subject_count; s++) {
            const struct willrun_subject *subject = &target->subjects[s];
            for (size_t i = 0; i < subject->finding_count; i++)
                if (report_tells(style, subject, &subject->findings[i]))
                    tell(context, target, subject, &subject->findings[i]);
        }
    }
}
