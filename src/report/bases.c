/* willrun_write_bases: the profiles that ship, and what they are. */
#include <string.h>

#include "report/json_writer.h"
#include "report/screen.h"
#include "source/base.h"
#include "source/profile.h"
#include "willrun/willrun.h"

/* One profile of a base, by its first member. */
struct shipped {
    const char *arch;
    const char *about; /* the member's text */
};

enum { ARCHES = 8 }; /* more than base_arches has */

static size_t find_shipped(const struct base *base, struct arena *arena, struct shipped *shipped)
{
    size_t count = 0;
    for (size_t i = 0; base_arches[i] != NULL && count < ARCHES; i++) {
        const char *path;
        int fd = base_open(base, base_arches[i], arena, &path);
        const char *about = fd >= 0 ? profile_origin(fd, arena) : NULL;
        if (about != NULL)
            shipped[count++] = (struct shipped){base_arches[i], about};
    }
    return count;
}

/* The string at `*at`, as report/json_writer.c writes it, and behind it; NULL
 * where there is none. */
static const char *take_string(const char **at, struct arena *arena)
{
    const char *text = *at;
    size_t length = 0;
    if (*text++ != '"')
        return NULL;
    char *taken = arena_alloc(arena, strlen(text) + 1);
    for (; *text != 0 && *text != '"'; text++) {
        text += *text == '\\' && text[1] != 0;
        taken[length++] = *text;
    }
    *at = text + (*text == '"');
    return taken;
}

/* What follows `"KEY": ` in the member; "" where it has no such key. */
static const char *behind(const struct shipped *shipped, const char *key, struct arena *arena)
{
    const char *mark = arena_format(arena, "\"%s\": ", key);
    const char *at = strstr(shipped->about, mark);
    return at != NULL ? at + strlen(mark) : "";
}

/* A text of the member; NULL where it says none. */
static const char *said(const struct shipped *shipped, const char *key, struct arena *arena)
{
    const char *at = behind(shipped, key, arena);
    return take_string(&at, arena);
}

/* The next of the files that only the original has; NULL: no more. `at` is
 * NULL at first. */
static const char *next_absent(const struct shipped *shipped, const char **at, struct arena *arena)
{
    if (*at == NULL)
        *at = behind(shipped, "absent", arena);
    *at += strspn(*at, "[, \n");
    return take_string(at, arena);
}

static const char *first_name(const char *names, struct arena *arena)
{
    return arena_copy(arena, names, strcspn(names, " "));
}

/* ---- text ---- */

static const char *libc_text(const struct shipped *shipped, struct arena *arena)
{
    const char *kind = said(shipped, "kind", arena), *version = said(shipped, "version", arena);
    return kind == NULL ? "no libc"
                        : arena_format(arena, "%s %s", kind, version != NULL ? version : "?");
}

static void put_detail(const struct screen *screen, const char *text)
{
    screen_pad(screen, 4);
    screen_fold(screen, 4, 6, text);
    putc('\n', screen->out);
}

static void text_detail(const struct base *base, const struct shipped *shipped,
                        const struct screen *screen, struct arena *arena)
{
    const char *blank = strchr(base->names, ' '), *at = NULL, *path, *list = "";
    const char *origin = said(shipped, "origin", arena);
    if (blank != NULL)
        put_detail(screen, arena_format(arena, "also %s", blank + 1));
    if (origin != NULL)
        put_detail(screen, origin);
    while ((path = next_absent(shipped, &at, arena)) != NULL)
        list = arena_format(arena, "%s %s", list, path);
    if (*list != 0)
        put_detail(screen, arena_format(arena, "by name only:%s", list));
}

static void text_base(const struct base *base, const struct willrun_style *style, FILE *out)
{
    struct arena arena = {0};
    struct shipped shipped[ARCHES];
    size_t count = find_shipped(base, &arena, shipped);
    const char *arches = "";
    for (size_t i = 0; i < count; i++)
        arches = arena_format(&arena, "%s%s%s", arches, i != 0 ? " " : "", shipped[i].arch);
    const char *name = first_name(base->names, &arena);
    const char *date = count != 0 ? said(&shipped[0], "date", &arena) : NULL;
    if (count == 0)
        fprintf(out, "  base:%-34s (not installed)\n", name);
    else
        fprintf(out, "  base:%-34s %-11s %-11s %s\n", name, arches, libc_text(&shipped[0], &arena),
                date != NULL ? date : "");
    if (count != 0 && style->verbose)
        text_detail(base, &shipped[0], &(struct screen){out, style}, &arena);
    arena_free(&arena);
}

static void text_distribution(const struct distribution *row, const struct willrun_style *style,
                              FILE *out)
{
    fprintf(out, "  base:%-30s glibc %-5s", row->image, row->glibc);
    if (row->glibcxx != NULL)
        fprintf(out, " GLIBCXX_%-6s CXXABI_%s", row->glibcxx, row->cxxabi);
    fputs(row->rolling ? " or later\n" : "\n", out);
    if (style->verbose)
        fprintf(out, "      %s\n", row->from);
}

static void write_text(const struct willrun_style *style, FILE *out)
{
    const char *group = "";
    fputs("Profiles that ship, made of packages (-v: of which):\n", out);
    for (const struct base *base = bases; base->file != NULL; base++) {
        if (strcmp(group, base->made_of) != 0)
            fprintf(out, "%s%s:\n", base == bases ? "" : "\n", group = base->made_of);
        text_base(base, style, out);
    }
    fputs("\nNothing at all:\n  scratch\n\nImages whose versions alone are known\n"
          "(where a library of theirs decides, the verdict is unknown):\n",
          out);
    for (const struct distribution *row = distributions; row->family != NULL; row++)
        if (base_by_name(row->image) == NULL)
            text_distribution(row, style, out);
}

/* ---- JSON ---- */

static void json_words(struct json *json, const char *key, const char *words)
{
    struct arena arena = {0};
    json_open_flat(json, key, '[');
    for (const char *at = words; *at != 0; at += strcspn(at, " "), at += *at == ' ')
        json_text(json, NULL, first_name(at, &arena));
    json_close(json, ']');
    arena_free(&arena);
}

static void json_shipped(struct json *json, const struct shipped *shipped, struct arena *arena)
{
    const char *at = NULL, *path;
    json_open(json, NULL, '{');
    json_text(json, "platform", said(shipped, "platform", arena));
    json_text(json, "arch", shipped->arch);
    json_open_flat(json, "libc", '{');
    json_text(json, "kind", said(shipped, "kind", arena));
    json_text(json, "version", said(shipped, "version", arena));
    json_close(json, '}');
    json_text(json, "date", said(shipped, "date", arena));
    json_text(json, "origin", said(shipped, "origin", arena));
    json_open_flat(json, "absent", '[');
    while ((path = next_absent(shipped, &at, arena)) != NULL)
        json_text(json, NULL, path);
    json_close(json, ']');
    json_text(json, "generator", said(shipped, "generator", arena));
    json_close(json, '}');
}

static void json_base(struct json *json, const struct base *base)
{
    struct arena arena = {0};
    struct shipped shipped[ARCHES];
    size_t count = find_shipped(base, &arena, shipped);
    json_open(json, NULL, '{');
    json_text(json, "name", first_name(base->names, &arena));
    json_words(json, "names", base->names);
    json_text(json, "made_of", base->made_of);
    json_open(json, "profiles", '[');
    for (size_t i = 0; i < count; i++)
        json_shipped(json, &shipped[i], &arena);
    json_close(json, ']');
    json_close(json, '}');
    arena_free(&arena);
}

static void json_distribution(struct json *json, const struct distribution *row)
{
    json_open(json, NULL, '{');
    json_text(json, "name", row->image);
    json_words(json, "names", row->aliases);
    json_text(json, "glibc", row->glibc);
    json_text(json, "glibcxx", row->glibcxx);
    json_text(json, "cxxabi", row->cxxabi);
    json_int(json, "x86_64_level", row->cpu_level);
    json_bool(json, "rolling", row->rolling);
    json_text(json, "source", row->from);
    json_close(json, '}');
}

static void write_json(FILE *out)
{
    struct json json = {.out = out};
    json_open(&json, NULL, '{');
    json_text(&json, "schema", "willrun/bases/1");
    json_open(&json, "bases", '[');
    for (const struct base *base = bases; base->file != NULL; base++)
        json_base(&json, base);
    json_close(&json, ']');
    json_open(&json, "versions_only", '[');
    for (const struct distribution *row = distributions; row->family != NULL; row++)
        if (base_by_name(row->image) == NULL)
            json_distribution(&json, row);
    json_close(&json, ']');
    json_close(&json, '}');
    fputc('\n', out);
}

bool willrun_write_bases(enum willrun_format format, const struct willrun_style *style, FILE *out)
{
    if (format == WILLRUN_FORMAT_JSON)
        write_json(out);
    else if (format == WILLRUN_FORMAT_TEXT)
        write_text(style, out);
    else
        return false;
    return ferror(out) == 0;
}
