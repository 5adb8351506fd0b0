/* Workflow commands of GitHub Actions: annotations of a run. */
#include <string.h>

#include "base/utf8.h"
#include "report/markup.h"
#include "report/report.h"

/* What ends a command or a property is escaped in a workflow command (actions/toolkit's
 * documentation); other controls are as in any report. */
static void put(FILE *out, const char *text, bool property)
{
    while (text != NULL && *text != 0) {
        struct glyph glyph = utf8_glyph(text);
        if (glyph.taken == 1 && (*text == '%' || (property && strchr(":,", *text) != NULL)))
            fprintf(out, "%%%02X", (unsigned)*text);
        else
            fwrite(glyph.text, 1, glyph.length, out);
        text += glyph.taken;
    }
}

static void put_command(void *context, const struct willrun_target *target,
                        const struct willrun_subject *subject,
                        const struct willrun_finding *finding)
{
    static const char *const commands[] = {
        [WILLRUN_ERROR] = "error", [WILLRUN_WARNING] = "warning", [WILLRUN_NOTE] = "notice"};
    FILE *out = context;
    fprintf(out, "::%s ", commands[finding->severity]);
    if (finding->place.file != NULL) {
        fputs("file=", out);
        put(out, finding->place.file, true);
        fprintf(out, ",line=%zu,endLine=%zu,col=%zu,", finding->place.line, finding->place.end_line,
                finding->place.column);
    }
    fputs("title=", out);
    put(out, subject != NULL ? subject->path : target->root, true);
    fprintf(out, " (%s)::", finding->rule);
    put(out, finding->message, false);
    if (finding->fix != NULL) {
        fputs("%0AFix: ", out);
        put(out, finding->fix, false);
    }
    putc('\n', out);
}

void github_check(const struct willrun_result *result, const struct willrun_style *style, FILE *out)
{
    each_finding(result, style, put_command, out);
}
