/* What files are and need, for people. */
#include <stdarg.h>
#include <string.h>

#include "report/inspect_parts.h"
#include "willrun/willrun.h"

enum { LABEL = 14, INDENT = LABEL + 2 }; /* columns */
enum { SYMBOLS_SHOWN = 6, OBJECTS_SHOWN = 5, MODULES_SHOWN = 8 };

const char *const scratch_answers[] = {
    [WILLRUN_SCRATCH_NO_PROGRAM] = NULL,
    [WILLRUN_SCRATCH_READY] = "ready",
    [WILLRUN_SCRATCH_WITH_FILES] = "ready with files",
    [WILLRUN_SCRATCH_NOT_STATIC] = "not static",
};

static const char *const floor_titles[WILLRUN_FLOORS] = {
    [WILLRUN_FLOOR_GLIBC] = "glibc",         [WILLRUN_FLOOR_MUSL] = "musl",
    [WILLRUN_FLOOR_LIBSTDCXX] = "libstdc++", [WILLRUN_FLOOR_CXXABI] = "C++ ABI",
    [WILLRUN_FLOOR_LIBGCC] = "libgcc",       [WILLRUN_FLOOR_OPENSSL] = "OpenSSL",
    [WILLRUN_FLOOR_KERNEL] = "kernel",       [WILLRUN_FLOOR_CPU] = "CPU",
};

/* A text that grows; cut where there is no more room. */
struct words {
    char text[4096];
    size_t length;
};

__attribute__((format(printf, 2, 3))) static void say(struct words *words, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int more =
        vsnprintf(words->text + words->length, sizeof words->text - words->length, format, args);
    va_end(args);
    if (more > 0)
        words->length += (size_t)more;
    if (words->length >= sizeof words->text)
        words->length = sizeof words->text - 1;
}

static void say_list(struct words *words, const char *const *texts, size_t count, size_t most)
{
    for (size_t i = 0; i < count && i < most; i++)
        say(words, "%s%s", i != 0 ? ", " : "", texts[i]);
    if (count > most)
        say(words, " and %zu more", count - most);
}

/* "  label         text", folded. */
static void put_line(const struct screen *screen, const char *label, enum paint paint,
                     const char *text)
{
    screen_pad(screen, 2);
    screen_put(screen, PAINT_DIM, label);
    unsigned columns = screen_columns(label);
    screen_pad(screen, columns < LABEL ? LABEL - columns : 1);
    if (paint == PAINT_NONE)
        screen_fold(screen, INDENT, INDENT, text);
    else
        screen_put(screen, paint, text);
    putc('\n', screen->out);
}

static void put_text(const struct screen *screen, const char *label, const char *text)
{
    if (text != NULL)
        put_line(screen, label, PAINT_NONE, text);
}

/* ---- one file ---- */

static void put_title(const struct screen *screen, const struct willrun_inspected *file)
{
    if (file->archive != NULL) {
        screen_put(screen, PAINT_DIM, file->archive);
        screen_put(screen, PAINT_DIM, "/");
    }
    screen_put(screen, PAINT_STRONG, file->path);
    fputs(": ", screen->out);
    struct words words = {0};
    const char *linkage = willrun_linkage_name(file->linkage);
    say(&words, "%s%s%s", linkage != NULL ? linkage : "", linkage != NULL ? " " : "",
        file->kind == WILLRUN_KIND_SHARED_OBJECT ? "shared object" : willrun_kind_name(file->kind));
    if (file->machine != NULL)
        say(&words, ", %s", file->platform != NULL ? file->platform : file->machine);
    say(&words, ", %llu bytes", (unsigned long long)file->size);
    fputs(words.text, screen->out);
    putc('\n', screen->out);
}

static void put_libc(const struct screen *screen, const struct willrun_inspected *file)
{
    struct words words = {0};
    if (file->machine == NULL || file->libc_evidence == NULL)
        return;
    say(&words, "%s: %s", willrun_libc_name(file->libc), file->libc_evidence);
    if (file->static_libc != WILLRUN_LIBC_NONE)
        say(&words, "; %s is linked in", willrun_libc_name(file->static_libc));
    if (file->libc_only)
        say(&words, "; static but for its libc");
    put_text(screen, "libc", words.text);
}

static void say_cause(struct words *words, const struct willrun_floor_cause *cause, bool all)
{
    if (cause->version != NULL)
        say(words, "%s of %s", cause->version, cause->library);
    else if (cause->reason != NULL)
        say(words, "%s", cause->reason);
    if (cause->symbol_count != 0) {
        say(words, "%s", cause->version != NULL || cause->reason != NULL ? ": " : "");
        say_list(words, cause->symbols, cause->symbol_count, all ? SIZE_MAX : SYMBOLS_SHOWN);
    }
}

static void put_floors(const struct screen *screen, const struct willrun_inspected *file)
{
    for (size_t i = 0; i < WILLRUN_FLOORS; i++) {
        const struct willrun_floor *floor = &file->floors[i];
        struct words words = {0};
        bool any = i == WILLRUN_FLOOR_CPU &&
                   strcmp(floor->level != NULL ? floor->level : "", "x86-64-v1") == 0;
        if (floor->level == NULL || any)
            continue;
        say(&words, "%s%s (", floor->level, i == WILLRUN_FLOOR_CPU ? "" : " or later");
        for (size_t c = 0; c < floor->cause_count; c++) {
            say(&words, "%s", c != 0 ? "; " : "");
            say_cause(&words, &floor->causes[c], screen->style->verbose);
        }
        say(&words, ")");
        put_text(screen, floor_titles[i], words.text);
    }
    if (file->private_glibc)
        put_text(screen, "glibc", "only the very build that it came with (GLIBC_PRIVATE)");
}

static void put_toolchain(const struct screen *screen, const struct willrun_toolchain *toolchain)
{
    struct words words = {0};
    const char *version = toolchain->version != NULL ? toolchain->version : "";
    bool twice = strncmp(version, toolchain->name, strlen(toolchain->name)) == 0; /* "go1.23" */
    say(&words, "%s%s%s (%s)", twice ? "" : toolchain->name, twice || *version == 0 ? "" : " ",
        version, toolchain->evidence);
    for (size_t i = 0; i < toolchain->setting_count; i++)
        say(&words, "%s%s=%s", i != 0 ? " " : "; ", toolchain->settings[i].name,
            toolchain->settings[i].value);
    put_text(screen, "made by", words.text);
    size_t most = screen->style->verbose ? SIZE_MAX : MODULES_SHOWN;
    for (size_t i = 0; i < toolchain->module_count && i < most; i++) {
        const struct willrun_module *module = &toolchain->modules[i];
        words = (struct words){0};
        say(&words, "%s %s%s%s", module->path, module->version != NULL ? module->version : "",
            module->replaced_by != NULL ? ", replaced by " : "",
            module->replaced_by != NULL ? module->replaced_by : "");
        put_text(screen, i == 0 ? "modules" : "", words.text);
    }
    if (toolchain->module_count > most) {
        words = (struct words){0};
        say(&words, "and %zu more (-v shows all)", toolchain->module_count - most);
        put_text(screen, "", words.text);
    }
}

static void put_list(const struct screen *screen, const char *label, const char *const *texts,
                     size_t count)
{
    struct words words = {0};
    if (count == 0)
        return;
    say_list(&words, texts, count, SIZE_MAX);
    put_text(screen, label, words.text);
}

static void put_warnings(const struct screen *screen, const struct willrun_inspected *file)
{
    struct words words = {0};
    if (file->page_size != 0 && file->page_size < 65536) {
        say(&words, "no larger than %llu bytes, by the alignment of its segments",
            (unsigned long long)file->page_size);
        if (strncmp(file->platform != NULL ? file->platform : "", "linux/arm64", 11) == 0 ||
            screen->style->verbose)
            put_text(screen, "pages", words.text);
    }
    if (file->exec_stack)
        put_line(screen, "stack", PAINT_WARN, "executable");
    if (file->text_relocations)
        put_line(screen, "code", PAINT_WARN, "relocated in place (text relocations)");
}

static void put_scratch(const struct screen *screen, const struct willrun_scratch *scratch)
{
    static const enum paint paints[] = {[WILLRUN_SCRATCH_READY] = PAINT_GOOD,
                                        [WILLRUN_SCRATCH_WITH_FILES] = PAINT_WARN,
                                        [WILLRUN_SCRATCH_NOT_STATIC] = PAINT_BAD};
    if (scratch->answer == WILLRUN_SCRATCH_NO_PROGRAM)
        return;
    put_line(screen, "scratch", paints[scratch->answer], scratch_answers[scratch->answer]);
    for (size_t i = 0; i < scratch->blocker_count; i++)
        put_text(screen, "", scratch->blockers[i]);
    for (size_t i = 0; i < scratch->file_count; i++) {
        struct words words = {0};
        say(&words, "%s: %s", scratch->files[i].path, scratch->files[i].why);
        put_text(screen, "", words.text);
        put_line(screen, "", PAINT_STRONG, scratch->files[i].copy);
    }
    put_text(screen, "", scratch->fix);
}

static void put_file(const struct screen *screen, const struct willrun_inspected *file)
{
    put_title(screen, file);
    if (file->trouble != NULL)
        put_line(screen, "trouble", PAINT_BAD, file->trouble);
    put_libc(screen, file);
    put_text(screen, "interpreter", file->interpreter);
    put_list(screen, "needs", file->needed, file->needed_count);
    put_text(screen, "soname", file->soname);
    put_text(screen, "rpath", file->rpath);
    put_text(screen, "runpath", file->runpath);
    put_floors(screen, file);
    if (file->libc == WILLRUN_LIBC_NONE && file->runs_on_count != 0)
        put_text(screen, "new enough", "every release");
    else
        put_list(screen, "new enough", file->runs_on, file->runs_on_count);
    put_text(screen, "wheels", file->policy_count != 0 ? file->policies[0] : NULL);
    if (screen->style->verbose)
        put_list(screen, "not wider", file->policy_troubles, file->policy_trouble_count);
    for (size_t i = 0; i < file->toolchain_count; i++)
        put_toolchain(screen, &file->toolchains[i]);
    put_warnings(screen, file);
    put_text(screen, "build id", file->build_id);
    put_text(screen, "package", file->package_note);
    put_text(screen, "may load", file->dlopen_note);
    put_scratch(screen, &file->scratch);
    putc('\n', screen->out);
}

/* ---- all files ---- */

static void put_sum(const struct screen *screen, const struct willrun_inspection *inspection)
{
    fprintf(screen->out, "%zu files; the highest levels:\n", inspection->file_count);
    for (size_t i = 0; i < WILLRUN_FLOORS; i++) {
        const struct willrun_floor_sum *sum = &inspection->floors[i];
        struct words words = {0};
        if (sum->level == NULL)
            continue;
        say(&words, "%s, set by ", sum->level);
        say_list(&words, sum->paths, sum->path_count,
                 screen->style->verbose ? SIZE_MAX : OBJECTS_SHOWN);
        put_text(screen, floor_titles[i], words.text);
    }
}

static void inspect_text(const struct willrun_inspection *inspection,
                         const struct willrun_style *style, FILE *out)
{
    const struct screen screen = {out, style};
    for (size_t i = 0; !style->quiet && i < inspection->file_count; i++)
        put_file(&screen, &inspection->files[i]);
    if (inspection->file_count > 1)
        put_sum(&screen, inspection);
    for (size_t i = 0; i < inspection->trouble_count; i++)
        put_line(&screen, "trouble", PAINT_BAD, inspection->troubles[i]);
}

bool willrun_write_inspection(const struct willrun_inspection *inspection,
                              enum willrun_format format, const struct willrun_style *style,
                              FILE *out)
{
    static const struct willrun_style plain = {.width = 80};
    if (format == WILLRUN_FORMAT_TEXT)
        inspect_text(inspection, style != NULL ? style : &plain, out);
    else if (format == WILLRUN_FORMAT_JSON)
        inspect_json(inspection, out);
    else
        return false;
    return fflush(out) == 0 && ferror(out) == 0;
}
