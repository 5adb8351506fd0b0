/* Graphviz: one cluster a subject. Nodes have names of our own, so that only
 * labels carry a target's words. */
#include "base/utf8.h"
#include "report/graph.h"
#include "report/report.h"
#include "willrun/willrun.h"

/* Inside a quoted label a backslash begins an escape and an ampersand an HTML
 * entity (Graphviz, lib/common/labels.c). */
static void write_label(FILE *out, const char *text)
{
    while (text != NULL && *text != 0) {
        struct glyph glyph = utf8_glyph(text);
        for (size_t i = 0; i < glyph.length; i++) {
            if (glyph.text[i] == '"' || glyph.text[i] == '\\')
                putc('\\', out);
            putc(glyph.text[i], out);
            if (glyph.text[i] == '&')
                fputs("amp;", out);
        }
        text += glyph.taken;
    }
}

static void begin(void *to, size_t subject, const struct willrun_subject *facts)
{
    FILE *out = to;
    fprintf(out, "  subgraph cluster_s%zu {\n    s%zu [label=\"", subject, subject);
    write_label(out, facts->path);
    fputs("\", style=bold];\n", out);
}

static void object(void *to, size_t subject, size_t index, const struct willrun_object *facts)
{
    FILE *out = to;
    fprintf(out, "    s%zu_o%zu [label=\"", subject, index);
    write_label(out, facts->name);
    if (facts->path == NULL) {
        fputs("\\nnot found\", color=red, fontcolor=red, style=dashed];\n", out);
        return;
    }
    fputs("\\n", out);
    write_label(out, facts->path);
    fputs("\"];\n", out);
}

static void edge(void *to, size_t subject, long long from, size_t index,
                 const struct willrun_object *facts)
{
    FILE *out = to;
    const char *via = willrun_via_name(facts->via);
    fprintf(out, "    s%zu", subject);
    if (from >= 0)
        fprintf(out, "_o%lld", from);
    fprintf(out, " -> s%zu_o%zu", subject, index);
    if (facts->path == NULL)
        fputs(" [color=red]", out);
    else if (via != NULL)
        fprintf(out, " [label=\"%s\"]", via);
    fputs(";\n", out);
}

static void end(void *to)
{
    fputs("  }\n", to);
}

void tree_dot(const struct willrun_result *result, const struct willrun_style *style, FILE *out)
{
    static const struct graph_calls calls = {begin, object, edge, end};
    (void)style;
    fputs("digraph willrun {\n  rankdir=LR;\n  node [shape=box, fontname=\"monospace\"];\n"
          "  edge [fontname=\"monospace\", fontsize=10];\n",
          out);
    graph_walk(result, &calls, out);
    fputs("}\n", out);
}
