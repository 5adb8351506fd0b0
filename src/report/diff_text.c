/* A diff for people. */
#include "report/diff_parts.h"
#include "report/text_parts.h"
#include "willrun/willrun.h"

static const struct {
    const char *unicode, *ascii;
    enum paint paint;
} marks[WILLRUN_CHANGE_KINDS] = {
    [WILLRUN_BREAKS] = {"✗", "fails   ", PAINT_BAD},
    [WILLRUN_WORSE] = {"!", "worse   ", PAINT_WARN},
    [WILLRUN_MENDS] = {"✓", "works   ", PAINT_GOOD},
    [WILLRUN_BETTER] = {"✓", "better  ", PAINT_GOOD},
    [WILLRUN_OTHERWISE] = {"~", "differs ", PAINT_ODD},
    [WILLRUN_VANISHES] = {"-", "gone    ", PAINT_DIM},
    [WILLRUN_APPEARS] = {"+", "new     ", PAINT_DIM},
};

static void put_line(const struct screen *screen, unsigned indent, const char *label,
                     const char *text)
{
    screen_pad(screen, indent);
    screen_put(screen, PAINT_DIM, label);
    screen_fold(screen, indent + screen_columns(label), indent + 2, text);
    putc('\n', screen->out);
}

static void put_reasons(const struct screen *screen, const struct willrun_change *change)
{
    const struct willrun_finding *before = deciding_finding(change->before);
    const struct willrun_finding *after = deciding_finding(change->after);
    if (after != NULL)
        put_line(screen, 4, "now: ", after->message);
    if (before != NULL)
        put_line(screen, 4, "before: ", before->message);
    if (after != NULL && after->fix != NULL)
        put_line(screen, 4, "fix: ", after->fix);
}

static void put_change(const struct screen *screen, const struct willrun_change *change)
{
    screen_put(screen, marks[change->kind].paint,
               screen_mark(screen, marks[change->kind].unicode, marks[change->kind].ascii));
    putc(' ', screen->out);
    screen_put(screen, PAINT_STRONG, change->path);
    fputs("  ", screen->out);
    screen_put(screen, marks[change->kind].paint, change_words[change->kind].says);
    if (change->after != NULL && change->after->verdict != WILLRUN_FAILS && change->before != NULL)
        fprintf(screen->out, " (%s)", willrun_verdict_name(change->after->verdict));
    putc('\n', screen->out);
    if (change_is_listed(change))
        put_reasons(screen, change);
}

static void put_library(const struct screen *screen, const struct willrun_library *library)
{
    char words[256];
    library_words(library, screen_mark(screen, "→", "->"), words, sizeof words);
    screen_pad(screen, 2);
    screen_put(screen, PAINT_STRONG, library->name);
    fputs("  ", screen->out);
    screen_put(screen, library->path == NULL && library->needed ? PAINT_BAD : PAINT_NONE, words);
    if (library->path == NULL && library->needed) {
        fputs(", needed by ", screen->out);
        screen_put(screen, PAINT_NONE, library->users[0]);
        if (library->user_count > 1)
            fprintf(screen->out, " and %zu more", library->user_count - 1);
    }
    for (size_t i = 0; i < library->versions_gone_count; i++) {
        fputs(i == 0 ? "; gone: " : ", ", screen->out);
        screen_put(screen, PAINT_WARN, library->versions_gone[i]);
    }
    putc('\n', screen->out);
}

static void put_root(const struct screen *screen, const char *label,
                     const struct willrun_result *result)
{
    const struct willrun_target *target = &result->targets[0];
    fputs(label, screen->out);
    screen_put(screen, PAINT_STRONG, target->root);
    fprintf(screen->out, " (%s", target->platform != NULL ? target->platform : "any platform");
    if (target->libc != WILLRUN_LIBC_NONE)
        fprintf(screen->out, ", %s %s", willrun_libc_name(target->libc),
                target->libc_version != NULL ? target->libc_version : "");
    fputs(")\n", screen->out);
}

static void put_counts(const struct screen *screen, const struct willrun_diff *diff)
{
    const char *comma = "";
    for (size_t i = 0; i < WILLRUN_CHANGE_KINDS; i++)
        if (diff->counts[i] != 0) {
            fprintf(screen->out, "%s%zu %s", comma, diff->counts[i], change_words[i].name);
            comma = ", ";
        }
    fprintf(screen->out, "%s%zu as before\n", comma, diff->same);
}

void diff_text(const struct willrun_diff *diff, const struct willrun_style *style, FILE *out)
{
    struct screen screen = {out, style};
    put_root(&screen, "from ", diff->before);
    put_root(&screen, "to   ", diff->after);
    bool any = false;
    for (size_t i = 0; i < diff->change_count; i++) {
        const struct willrun_change *change = &diff->changes[i];
        if (!change_is_listed(change) && !style->verbose)
            continue;
        if (!any)
            putc('\n', out);
        any = true;
        put_change(&screen, change);
    }
    if (diff->library_count != 0)
        fputs("\nlibraries that the subjects load:\n", out);
    for (size_t i = 0; i < diff->library_count; i++)
        put_library(&screen, &diff->libraries[i]);
    putc('\n', out);
    put_counts(&screen, diff);
}
