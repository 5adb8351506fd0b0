/* A plan: for people, for programs, and as a Dockerfile's stage. */
#include <string.h>

#include "report/json_parts.h"
#include "report/names.h"
#include "report/report.h"
#include "report/text_parts.h"
#include "willrun/willrun.h"

enum { SHOWN = 4, NAME_COLUMNS = 38 }; /* bases that do not fit; width of their names */

/* ---- for people ---- */

static void put_size(FILE *out, uint64_t size)
{
    fprintf(out, size < 999500 ? "%6.1f kB" : "%6.1f MB",
            (double)size / (size < 999500 ? 1e3 : 1e6));
}

static size_t count_copies(const struct willrun_candidate *candidate)
{
    size_t count = 0;
    for (size_t i = 0; i < candidate->copy_count; i++)
        count += candidate->copies[i].source_count;
    return count;
}

static void put_candidate(const struct screen *screen, const struct willrun_candidate *candidate)
{
    FILE *out = screen->out;
    unsigned columns = screen_columns(candidate->image);
    screen_put(screen, candidate->fits ? PAINT_GOOD : PAINT_BAD,
               candidate->fits ? screen_mark(screen, "✓", "fits")
                               : screen_mark(screen, "✗", "no  "));
    putc(' ', out);
    screen_put(screen, PAINT_STRONG, candidate->image);
    screen_pad(screen, columns < NAME_COLUMNS ? NAME_COLUMNS - columns : 1);
    put_size(out, candidate->estimated_size);
    if (candidate->unread != NULL)
        fprintf(out, " or more (%s cannot be read)", candidate->unread);
    fprintf(out, "  %s", words_for_libc(candidate->libc));
    if (candidate->libc_version != NULL)
        fprintf(out, " %s", candidate->libc_version);
    fputs(candidate->shell ? ", shell" : "", out);
    size_t copies = count_copies(candidate);
    if (copies != 0)
        fprintf(out, ", %zu cop%s", copies, copies == 1 ? "y" : "ies");
    putc('\n', out);
    if (candidate->fits && candidate->lack_count != 0) {
        fputs("    without ", out);
        for (size_t i = 0; i < candidate->lack_count; i++)
            fprintf(out, "%s%s", i == 0 ? "" : ", ", candidate->lacks[i]);
        putc('\n', out);
    }
    if (candidate->why == NULL)
        return;
    screen_pad(screen, 4);
    screen_fold(screen, 4, 4, candidate->why);
    putc('\n', out);
}

static void put_candidates(const struct screen *screen, const struct willrun_plan *plan)
{
    size_t others = 0;
    for (size_t i = 0; i < plan->candidate_count; i++) {
        const struct willrun_candidate *candidate = &plan->candidates[i];
        if (candidate->fits || others < SHOWN || screen->style->verbose)
            put_candidate(screen, candidate);
        others += !candidate->fits;
    }
    if (others > SHOWN && !screen->style->verbose)
        fprintf(screen->out, "%s and %zu more that do not fit (-v shows all)\n",
                screen_mark(screen, "…", "..."), others - SHOWN);
}

/* What a base with an installer would do in place of copies. */
static void put_packages(const struct willrun_candidate *chosen, const char *dockerfile, FILE *out)
{
    if (chosen->install_count == 0 || strstr(dockerfile, "\nRUN ") != NULL)
        return;
    fputs("\nin place of copies, packages bring the same (--packages):", out);
    for (size_t i = 0; i < chosen->install_count; i++)
        fprintf(out, " %s", chosen->installs[i]);
    putc('\n', out);
}

static void plan_text(const struct willrun_plan *plan, const struct willrun_style *style, FILE *out)
{
    const struct screen screen = {out, style};
    fprintf(out, "bases for %s, the least that fits first:\n\n",
            plan->platform != NULL ? plan->platform : "any platform");
    put_candidates(&screen, plan);
    putc('\n', out);
    if (plan->chosen != NULL) {
        fputs("the runtime stage on ", out);
        screen_put(&screen, PAINT_STRONG, plan->chosen->image);
        fprintf(out, ":\n\n%s", plan->dockerfile);
        put_packages(plan->chosen, plan->dockerfile, out);
    } else if (plan->change != NULL) {
        fputs("nothing fits. The least change: ", out);
        screen_fold(&screen, 32, 2, plan->change);
        putc('\n', out);
    }
}

/* ---- for programs ---- */

static void put_texts(struct json *json, const char *key, const char *const *texts, size_t count)
{
    json_open_flat(json, key, '[');
    for (size_t i = 0; i < count; i++)
        json_text(json, NULL, texts[i]);
    json_close(json, ']');
}

static void put_copies(struct json *json, const struct willrun_candidate *candidate)
{
    json_open(json, "copies", '[');
    for (size_t i = 0; i < candidate->copy_count; i++) {
        const struct willrun_copy_line *line = &candidate->copies[i];
        json_open(json, NULL, '{');
        json_text(json, "stage", line->stage);
        put_texts(json, "sources", line->sources, line->source_count);
        json_text(json, "to", line->to);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void plan_json(const struct willrun_plan *plan, FILE *out)
{
    struct json json = {.out = out};
    json_open(&json, NULL, '{');
    json_text(&json, "schema", "willrun/plan/1");
    json_text(&json, "platform", plan->platform);
    json_open(&json, "candidates", '[');
    for (size_t i = 0; i < plan->candidate_count; i++) {
        const struct willrun_candidate *candidate = &plan->candidates[i];
        json_open(&json, NULL, '{');
        json_text(&json, "base", candidate->image);
        json_text(&json, "source", candidate->source);
        json_bool(&json, "fits", candidate->fits);
        json_text(&json, "verdict", willrun_verdict_name(candidate->verdict));
        json_text(&json, "why", candidate->why);
        json_text(&json, "fix", candidate->fix);
        json_open_flat(&json, "libc", '{');
        json_text(&json, "kind", willrun_libc_name(candidate->libc));
        json_text(&json, "version", candidate->libc_version);
        json_close(&json, '}');
        json_bool(&json, "shell", candidate->shell);
        json_size(&json, "estimated_size", candidate->estimated_size);
        json_text(&json, "unread", candidate->unread);
        put_copies(&json, candidate);
        put_texts(&json, "packages", candidate->packages, candidate->package_count);
        json_text(&json, "installer", candidate->installer);
        put_texts(&json, "lacks", candidate->lacks, candidate->lack_count);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_text(&json, "chosen", plan->chosen != NULL ? plan->chosen->image : NULL);
    json_text(&json, "change", plan->change);
    json_text(&json, "dockerfile", plan->dockerfile);
    json_close(&json, '}');
}

/* ---- as a stage ---- */

static void plan_dockerfile(const struct willrun_plan *plan, FILE *out)
{
    if (plan->chosen != NULL)
        fputs(plan->dockerfile, out);
}

bool willrun_write_plan(const struct willrun_plan *plan, enum willrun_format format,
                        const struct willrun_style *style, FILE *out)
{
    static const struct willrun_style plain = {.width = 80};
    switch (format) {
    case WILLRUN_FORMAT_TEXT:
        plan_text(plan, style != NULL ? style : &plain, out);
        break;
    case WILLRUN_FORMAT_JSON:
        plan_json(plan, out);
        break;
    case WILLRUN_FORMAT_DOCKERFILE:
        plan_dockerfile(plan, out);
        break;
    default:
        return false;
    }
    return fflush(out) == 0 && ferror(out) == 0;
}
