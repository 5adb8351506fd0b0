#include "report/report.h"

/* A format, and who writes it for which command; NULL: not one for it. */
static const struct {
    report_writer *check, *tree;
} formats[] = {
    [WILLRUN_FORMAT_TEXT] = {text_check, tree_text},
    [WILLRUN_FORMAT_JSON] = {json_check, tree_json},
    [WILLRUN_FORMAT_JSONL] = {jsonl_check, NULL},
    [WILLRUN_FORMAT_DOT] = {tree_dot, tree_dot},
    [WILLRUN_FORMAT_MERMAID] = {tree_mermaid, tree_mermaid},
    [WILLRUN_FORMAT_MARKDOWN] = {markdown_check, NULL},
    [WILLRUN_FORMAT_SARIF] = {sarif_check, NULL},
    [WILLRUN_FORMAT_JUNIT] = {junit_check, NULL},
    [WILLRUN_FORMAT_GITHUB] = {github_check, NULL},
    [WILLRUN_FORMAT_GITLAB] = {gitlab_check, NULL},
    [WILLRUN_FORMAT_HTML] = {html_check, html_check},
};

static const struct willrun_style plain = {.width = 80};

static bool run(report_writer *writer, const struct willrun_result *result,
                const struct willrun_style *style, FILE *out)
{
    if (writer == NULL)
        return false;
    writer(result, style != NULL ? style : &plain, out);
    return fflush(out) == 0 && ferror(out) == 0;
}

bool willrun_write_check(const struct willrun_result *result, enum willrun_format format,
                         const struct willrun_style *style, FILE *out)
{
    if ((size_t)format >= sizeof formats / sizeof *formats)
        return false;
    return run(formats[format].check, result, style, out);
}

bool willrun_write_tree(const struct willrun_result *result, enum willrun_format format,
                        const struct willrun_style *style, FILE *out)
{
    if ((size_t)format >= sizeof formats / sizeof *formats)
        return false;
    return run(formats[format].tree, result, style, out);
}
