/* What a message means, for people and for programs. */
#include "report/json_parts.h"
#include "report/screen.h"

static const char *const confidences[] = {
    [WILLRUN_POSSIBLE] = "possible", [WILLRUN_LIKELY] = "likely", [WILLRUN_CERTAIN] = "certain"};

/* ---- for people ---- */

/* "  what: text", folded behind its first word. */
static void put_labelled(const struct screen *screen, const char *label, const char *text)
{
    enum { INDENT = 4, LABEL = 10 };
    screen_pad(screen, INDENT);
    screen_put(screen, PAINT_DIM, label);
    unsigned columns = screen_columns(label);
    screen_pad(screen, columns < LABEL ? LABEL - columns : 1);
    screen_fold(screen, INDENT + LABEL, INDENT + LABEL, text);
    putc('\n', screen->out);
}

static void put_cause(const struct screen *screen, const struct willrun_cause *cause, bool whole)
{
    static const enum paint paints[] = {[WILLRUN_POSSIBLE] = PAINT_DIM,
                                        [WILLRUN_LIKELY] = PAINT_WARN,
                                        [WILLRUN_CERTAIN] = PAINT_BAD};
    screen_put(screen, paints[cause->confidence], confidences[cause->confidence]);
    fputs(": ", screen->out);
    screen_put(screen, PAINT_STRONG, cause->cause_class);
    putc('\n', screen->out);
    put_labelled(screen, "", cause->why);
    for (size_t i = 0; i < cause->evidence_count; i++)
        put_labelled(screen, i == 0 ? "evidence" : "", cause->evidence[i]);
    if (whole)
        put_labelled(screen, "fix", cause->fix);
    for (size_t i = 0; i < cause->command_count && (whole || i == 0); i++)
        put_labelled(screen, i == 0 ? "look" : "", cause->commands[i]);
}

static void put_message(const struct screen *screen, const struct willrun_explanation *explanation)
{
    if (explanation->message == NULL)
        return;
    if (explanation->line > 1)
        fprintf(screen->out, "line %zu, ", explanation->line);
    screen_put(screen, PAINT_NONE, explanation->speaker);
    fputs(explanation->line > 1 ? " says:\n" : ":\n", screen->out);
    screen_pad(screen, 4);
    screen_put(screen, PAINT_DIM, screen_mark(screen, "│ ", "| "));
    screen_put(screen, PAINT_NONE, explanation->message);
    fputs("\n\n", screen->out);
}

/* The target's files decided, or they did not. */
static void put_target(const struct screen *screen, const struct willrun_explanation *explanation)
{
    const struct willrun_result *check = explanation->check;
    if (check == NULL || check->target_count == 0)
        return;
    fputs(explanation->decided ? "decided by the files of " : "the files of ", screen->out);
    screen_put(screen, PAINT_STRONG, check->targets[0].root);
    fputs(explanation->decided ? "\n\n" : " do not decide it\n\n", screen->out);
}

static void explain_text(const struct willrun_explanation *explanation,
                         const struct willrun_style *style, FILE *out)
{
    const struct screen screen = {out, style};
    put_message(&screen, explanation);
    put_target(&screen, explanation);
    for (size_t i = 0; i < explanation->cause_count; i++) {
        put_cause(&screen, &explanation->causes[i], i == 0 || style->verbose);
        putc('\n', out);
    }
    if (explanation->next == NULL)
        return;
    if (explanation->cause_count == 0)
        fputs("not recognised\n", out);
    screen_fold(&screen, 0, 0, explanation->next);
    putc('\n', out);
}

/* ---- for programs ---- */

static void put_texts(struct json *json, const char *key, const char *const *list, size_t count)
{
    json_open(json, key, '[');
    for (size_t i = 0; i < count; i++)
        json_text(json, NULL, list[i]);
    json_close(json, ']');
}

static void put_causes(struct json *json, const struct willrun_explanation *explanation)
{
    json_open(json, "causes", '[');
    for (size_t i = 0; i < explanation->cause_count; i++) {
        const struct willrun_cause *cause = &explanation->causes[i];
        json_open(json, NULL, '{');
        json_text(json, "cause_class", cause->cause_class);
        json_text(json, "confidence", confidences[cause->confidence]);
        json_text(json, "subject", cause->subject);
        json_text(json, "why", cause->why);
        put_texts(json, "evidence", cause->evidence, cause->evidence_count);
        json_text(json, "fix", cause->fix);
        put_texts(json, "commands", cause->commands, cause->command_count);
        json_text(json, "rule", cause->rule);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void explain_json(const struct willrun_explanation *explanation, FILE *out)
{
    struct json json = {.out = out};
    json_open(&json, NULL, '{');
    json_text(&json, "schema", "willrun/explain/1");
    json_bool(&json, "recognised", explanation->cause_count != 0);
    json_text(&json, "message", explanation->message);
    json_size(&json, "line", explanation->line);
    json_text(&json, "speaker", explanation->speaker);
    json_open(&json, "names", '{');
    json_text(&json, "object", explanation->object);
    json_text(&json, "needed_by", explanation->needed_by);
    json_text(&json, "symbol", explanation->symbol);
    json_text(&json, "version", explanation->version);
    json_text(&json, "interpreter", explanation->interpreter);
    json_text(&json, "path", explanation->path);
    json_text(&json, "platform", explanation->platform);
    json_text(&json, "error", explanation->error);
    json_close(&json, '}');
    if (explanation->check != NULL && explanation->check->target_count != 0) {
        json_open(&json, "target", '{');
        json_target_facts(&json, &explanation->check->targets[0]);
        json_close(&json, '}');
    } else {
        json_nothing(&json, "target");
    }
    json_bool(&json, "decided", explanation->decided);
    put_causes(&json, explanation);
    json_text(&json, "next", explanation->next);
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
