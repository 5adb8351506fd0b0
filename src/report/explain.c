/* What a message means, for people and for programs. */
#include "report/json_parts.h"
#include "report/screen.h"

static void explain_text(const struct willrun_explanation *explanation,
                         const struct willrun_style *style, FILE *out)
{
    const struct screen screen = {out, style};
    if (explanation->next != NULL)
        screen_fold(&screen, 0, 0, explanation->next);
    putc('\n', out);
}

static void explain_json(const struct willrun_explanation *explanation, FILE *out)
{
    struct json json = {.out = out};
    json_open(&json, NULL, '{');
    json_text(&json, "schema", "willrun/explain/1");
    json_text(&json, "message", explanation->message);
    json_close(&json, '}');
    putc('\n', out);
}

bool willrun_write_explanation(const struct willrun_explanation *explanation,
                               enum willrun_format format, const struct willrun_style *style,
                               FILE *out)
{
    static const struct willrun_style plain = {.width = 80};
    if (format == WILLRUN_FORMAT_TEXT)
        explain_text(explanation, style != NULL ? style : &plain, out);
    else if (format == WILLRUN_FORMAT_JSON)
        explain_json(explanation, out);
    else
        return false;
    return fflush(out) == 0 && ferror(out) == 0;
}
