/* What a bundle holds, for people and for programs. */
#include "report/json_parts.h"
#include "report/report.h"
#include "report/text_parts.h"
#include "willrun/willrun.h"

enum { SHOWN = 40, NAME_COLUMNS = 60 }; /* entries; width of their names */

/* "1.4 MB": powers of 1000, as docker counts. */
static void put_size(FILE *out, uint64_t size)
{
    static const char *const units[] = {"B", "kB", "MB", "GB", "TB"};
    double number = (double)size;
    size_t unit = 0;
    for (; number >= 999.5 && unit + 1 < sizeof units / sizeof *units; unit++)
        number /= 1000;
    fprintf(out, unit == 0 || number >= 99.5 ? "%.0f %s" : "%.1f %s", number, units[unit]);
}

static size_t count_files(const struct willrun_bundle *bundle)
{
    size_t files = 0;
    for (size_t i = 0; i < bundle->entry_count; i++)
        files += bundle->entries[i].type == WILLRUN_BUNDLE_FILE;
    return files;
}

static void put_entry(const struct screen *screen, const struct willrun_bundle_entry *entry)
{
    unsigned columns = screen_columns(entry->path);
    screen_pad(screen, 2);
    screen_put(screen, PAINT_NONE, entry->path);
    if (entry->type == WILLRUN_BUNDLE_LINK) {
        fputs(screen_mark(screen, " → ", " -> "), screen->out);
        screen_put(screen, PAINT_DIM, entry->target);
    } else {
        screen_pad(screen, columns < NAME_COLUMNS ? NAME_COLUMNS - columns : 1);
        put_size(screen->out, entry->size);
    }
    putc('\n', screen->out);
}

static void put_entries(const struct screen *screen, const struct willrun_bundle *bundle)
{
    size_t shown = 0, left = 0;
    for (size_t i = 0; i < bundle->entry_count; i++) {
        if (bundle->entries[i].type == WILLRUN_BUNDLE_FOLDER)
            continue;
        if (shown == SHOWN && !screen->style->verbose) {
            left++;
            continue;
        }
        put_entry(screen, &bundle->entries[i]);
        shown++;
    }
    if (left != 0)
        fprintf(screen->out, "  %s and %zu more (-v shows all)\n", screen_mark(screen, "…", "..."),
                left);
}

static void bundle_text(const struct willrun_bundle *bundle, const struct willrun_style *style,
                        FILE *out)
{
    const struct screen screen = {out, style};
    if (bundle->written && !style->quiet) {
        size_t files = count_files(bundle);
        fputs("bundle ", out);
        screen_put(&screen, PAINT_STRONG, bundle->to);
        fprintf(out, ": %zu file%s, ", files, files == 1 ? "" : "s");
        put_size(out, bundle->size);
        fputs("\n\n", out);
        put_entries(&screen, bundle);
        putc('\n', out);
    }
    text_check(bundle->check, style, out);
    if (!bundle->written) {
        fputs("\nnothing was written to ", out);
        screen_put(&screen, PAINT_STRONG, bundle->to);
        fputs(" (--partial writes what there is)\n", out);
    }
}

static void put_subjects(struct json *json, const struct willrun_target *target)
{
    json_open(json, "subjects", '[');
    for (size_t i = 0; i < target->subject_count; i++) {
        const struct willrun_subject *subject = &target->subjects[i];
        json_open(json, NULL, '{');
        json_text(json, "path", subject->path);
        json_text(json, "verdict", willrun_verdict_name(subject->verdict));
        json_text(json, "phase", willrun_phase_name(subject->phase));
        json_findings(json, subject->findings, subject->finding_count);
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void bundle_json(const struct willrun_bundle *bundle, FILE *out)
{
    static const char *const types[] = {[WILLRUN_BUNDLE_FOLDER] = "folder",
                                        [WILLRUN_BUNDLE_FILE] = "file",
                                        [WILLRUN_BUNDLE_LINK] = "link"};
    struct json json = {.out = out};
    json_open(&json, NULL, '{');
    json_text(&json, "schema", "willrun/bundle/1");
    json_text(&json, "to", bundle->to);
    json_bool(&json, "written", bundle->written);
    json_size(&json, "size", bundle->size);
    json_open(&json, "entries", '[');
    for (size_t i = 0; i < bundle->entry_count; i++) {
        const struct willrun_bundle_entry *entry = &bundle->entries[i];
        json_open_flat(&json, NULL, '{');
        json_text(&json, "path", entry->path);
        json_text(&json, "type", types[entry->type]);
        json_text(&json, "target", entry->target);
        json_size(&json, "size", entry->size);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    put_subjects(&json, &bundle->check->targets[0]);
    json_summary(&json, bundle->check);
    json_close(&json, '}');
    putc('\n', out);
}

bool willrun_write_bundle(const struct willrun_bundle *bundle, enum willrun_format format,
                          const struct willrun_style *style, FILE *out)
{
    static const struct willrun_style plain = {.width = 80};
    if (format == WILLRUN_FORMAT_TEXT)
        bundle_text(bundle, style != NULL ? style : &plain, out);
    else if (format == WILLRUN_FORMAT_JSON)
        bundle_json(bundle, out);
    else
        return false;
    return fflush(out) == 0 && ferror(out) == 0;
}
