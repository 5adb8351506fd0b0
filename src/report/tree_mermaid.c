/* Mermaid's flowchart, which Git forges draw in Markdown. */
#include <string.h>

#include "base/utf8.h"
#include "report/graph.h"
#include "report/report.h"
#include "willrun/willrun.h"

/* Inside a quoted label Mermaid reads entity codes (#35;), Markdown, HTML and
 * \n; whatever is not plain in a file's name goes in as a code. */
static void write_label(FILE *out, const char *text)
{
    while (text != NULL && *text != 0) {
        struct glyph glyph = utf8_glyph(text);
        for (size_t i = 0; i < glyph.length; i++) {
            if (strchr("\"#&<>\\`*;%", glyph.text[i]) != NULL)
                fprintf(out, "#%d;", glyph.text[i]);
            else
                putc(glyph.text[i], out);
        }
        text += glyph.taken;
    }
}

static void begin(void *to, size_t subject, const struct willrun_subject *facts)
{
    FILE *out = to;
    fprintf(out, "  s%zu([\"", subject);
    write_label(out, facts->path);
    fputs("\"])\n", out);
}

static void object(void *to, size_t subject, size_t index, const struct willrun_object *facts)
{
    FILE *out = to;
    fprintf(out, "  s%zu_o%zu[\"", subject, index);
    write_label(out, facts->name);
    fputs("<br>", out);
    write_label(out, facts->path != NULL ? facts->path : "not found");
    fputs(facts->path != NULL ? "\"]\n" : "\"]:::missing\n", out);
}

static void edge(void *to, size_t subject, long long from, size_t index,
                 const struct willrun_object *facts)
{
    FILE *out = to;
    const char *via = willrun_via_name(facts->via);
    fprintf(out, "  s%zu", subject);
    if (from >= 0)
        fprintf(out, "_o%lld", from);
    fputs(facts->path != NULL ? " -->" : " -.->", out);
    if (via != NULL)
        fprintf(out, "|\"%s\"|", via);
    fprintf(out, " s%zu_o%zu\n", subject, index);
}

static void end(void *to)
{
    (void)to;
}

void tree_mermaid(const struct willrun_result *result, const struct willrun_style *style, FILE *out)
{
    static const struct graph_calls calls = {begin, object, edge, end};
    (void)style;
    fputs("flowchart LR\n", out);
    graph_walk(result, &calls, out);
    fputs("  classDef missing stroke:#c00,color:#c00,stroke-dasharray:4\n", out);
}
