#include "check/edits.h"

#include <stdio.h>
#include <string.h>

#include "check/places.h"
#include "dockerfile/image_variant.h"

/* ---- lines ---- */

const char *edit_text(const struct assembly *assembly, size_t number, struct arena *arena)
{
    struct span line = dockerfile_line(assembly->file, number);
    return arena_copy(arena, (const char *)line.data, line.size);
}

/* The byte of column `column`, from 1, of a line in UTF-8. */
static size_t byte_of(const char *line, size_t column)
{
    size_t at = 0;
    for (size_t i = 1; i < column && line[at] != '\0'; i++)
        for (at++; ((unsigned char)line[at] & 0xC0) == 0x80; at++)
            ;
    return at;
}

/* The line on which `range` is, with `text` in its place; NULL where it is on several. */
static const char *with_text(const struct assembly *assembly, const struct text_range *range,
                             const char *text, struct arena *arena)
{
    if (range->begin.line == 0 || range->begin.line != range->end.line)
        return NULL;
    const char *line = edit_text(assembly, range->begin.line, arena);
    size_t begin = byte_of(line, range->begin.column), end = byte_of(line, range->end.column);
    return arena_format(arena, "%.*s%s%s", (int)begin, line, text, line + end);
}

void edit_line(struct willrun_finding *finding, size_t line, const char *text)
{
    if (text != NULL)
        finding->edit = (struct willrun_edit){line, line, text};
}

static void edit_range(const struct assembly *assembly, const struct text_range *range,
                       const char *text, struct arena *arena, struct willrun_finding *finding)
{
    edit_line(finding, range->begin.line, with_text(assembly, range, text, arena));
}

/* `more` behind the last line of an instruction. */
static void edit_behind(const struct assembly *assembly, const struct instruction *at,
                        const char *more, struct arena *arena, struct willrun_finding *finding)
{
    size_t line = at->range.end.line;
    edit_line(finding, line, arena_format(arena, "%s\n%s", edit_text(assembly, line, arena), more));
}

/* The whole instruction becomes `text`. */
static void edit_whole(const struct instruction *at, const char *text,
                       struct willrun_finding *finding)
{
    finding->edit = (struct willrun_edit){at->range.begin.line, at->range.end.line, text};
}

/* ---- bases ---- */

/* The image of a release that one runs on: "debian:12-slim" of debian:12. */
static const char *runtime_of(const char *release, struct arena *arena)
{
    if (release == NULL || strncmp(release, "gcr.io/", 7) == 0)
        return NULL;
    bool debian = strncmp(release, "debian:", 7) == 0 && strstr(release, "slim") == NULL;
    return debian ? arena_format(arena, "%s-slim", release) : release;
}

void edit_from(const struct assembly *assembly, const struct instruction *from, const char *image,
               struct arena *arena, struct willrun_finding *finding)
{
    if (image != NULL && from != NULL && from->arg_count != 0)
        edit_range(assembly, &from->args[0].range, image, arena, finding);
}

/* The target's own image as it is for `release`: node:20-slim, gcr.io/distroless/base-debian13. */
static const char *own_of(const struct built *target, const char *release, struct arena *arena)
{
    struct image_base wanted, own;
    if (strcmp(target->image, "scratch") == 0)
        return NULL;
    image_base_find(release, arena, &wanted);
    const char *glibc = wanted.versions != NULL ? wanted.versions->glibc : NULL;
    if (!target->base.exact) {
        const struct variant_wish wish = {.libc = wanted.libc, .least = glibc, .slim = true};
        return image_variant(target->image, &wish, arena);
    }
    const char *number = strstr(target->image, "-debian");
    if (number == NULL || strncmp(release, "debian:", 7) != 0)
        return NULL;
    const char *image =
        arena_format(arena, "%.*s-debian%.2s%s", (int)(number - target->image), target->image,
                     release + 7, number + 7 + strspn(number + 7, "0123456789"));
    image_base_find(image, arena, &own);
    return base_by_name(image) != NULL && own.libc == wanted.libc ? image
                                                                  : NULL; /* static has none */
}

void edit_base(const struct assembly *assembly, const char *release, struct arena *arena,
               struct willrun_finding *finding)
{
    const struct built *target = &assembly->target;
    if (release == NULL || target->image == NULL)
        return;
    const char *image = own_of(target, release, arena);
    if (image == NULL && (target->base.exact || strcmp(target->image, "scratch") == 0))
        image = runtime_of(release, arena);
    edit_from(assembly, target->from, image, arena, finding);
}

void edit_without_flag(const struct assembly *assembly, const struct instruction *at,
                       const char *name, struct willrun_finding *finding)
{
    const struct flag *flag = instruction_flag(at, name);
    if (flag == NULL)
        return;
    struct text_range range = flag->range;
    range.end.column++; /* and the blank behind it */
    edit_range(assembly, &range, "", (struct arena *)&assembly->arena, finding);
}

/* The release that the stage of the subject was built on; NULL: not known. */
static const char *release_of_origin(const struct assembly *assembly,
                                     const struct willrun_subject *subject, struct arena *arena)
{
    for (size_t i = 0; subject->origin_stage != NULL && i < assembly->file->stage_count; i++) {
        const struct built *built = assembly->built[i];
        const struct build_origin *origin = &assembly->scope->starts[i].origin;
        if (built == NULL || strcmp(built->name, subject->origin_stage) != 0)
            continue;
        for (size_t hops = 0; origin->kind == ORIGIN_STAGE && hops < assembly->file->stage_count;
             hops++)
            origin = &assembly->scope->starts[origin->stage].origin;
        struct image_base base = {0};
        if (origin->kind == ORIGIN_IMAGE)
            image_base_find(origin->image, arena, &base);
        return base.release;
    }
    return NULL;
}

/* ---- findings of subjects ---- */

static bool is(const struct willrun_finding *finding, enum rule rule)
{
    return strcmp(finding->rule, rule_row(rule)->name) == 0;
}

static void edit_libc(const struct assembly *assembly, const struct willrun_subject *subject,
                      struct arena *arena, struct willrun_finding *finding)
{
    const char *release = release_of_origin(assembly, subject, arena);
    if (release == NULL && is(finding, RULE_INTERPRETER_MISSING) &&
        subject->libc == WILLRUN_LIBC_MUSL)
        release = "alpine:3.22";
    if (release == NULL && is(finding, RULE_INTERPRETER_MISSING) &&
        subject->libc == WILLRUN_LIBC_GLIBC)
        release = "debian:13";
    edit_base(assembly, release, arena, finding);
}

static void edit_mode(const struct assembly *assembly, const struct target *target,
                      const struct willrun_subject *subject, struct arena *arena,
                      struct willrun_finding *finding)
{
    const struct instruction *at =
        copied_by(assembly, target->cwd, finding->object != NULL ? finding->object : subject->path);
    const struct flag *flag = at != NULL ? instruction_flag(at, "chmod") : NULL;
    if (at == NULL || at->kind == INSTRUCTION_RUN)
        return;
    if (flag != NULL)
        edit_range(assembly, &flag->range, "--chmod=755", arena, finding);
    else
        edit_range(assembly, &at->keyword_range, arena_format(arena, "%s --chmod=755", at->keyword),
                   arena, finding);
}

static const char *copy_lines(const struct willrun_finding *finding, struct arena *arena)
{
    const char *text = "";
    for (size_t i = 0; i < finding->copy_count; i++) {
        const struct willrun_copy_line *line = &finding->copies[i];
        text = arena_format(arena, "%s%sCOPY --from=%s", text, i != 0 ? "\n" : "", line->stage);
        for (size_t k = 0; k < line->source_count; k++)
            text = arena_format(arena, "%s %s", text, line->sources[k]);
        text = arena_format(arena, "%s %s", text, line->to);
    }
    return text;
}

/* The library is there, in a folder that the loader does not search. */
static void edit_search(const struct assembly *assembly, const struct willrun_subject *subject,
                        const struct instruction *at, struct arena *arena,
                        struct willrun_finding *finding)
{
    const char *slash = strrchr(subject->path, '/');
    const char *own =
        slash != NULL ? arena_copy(arena, subject->path, (size_t)(slash - subject->path)) : "";
    const char *const folders[] = {"/usr/local/lib",
                                   own,
                                   arena_format(arena, "%s/lib", own),
                                   path_clean("/", arena_format(arena, "%s/../lib", own), arena),
                                   "/app/lib",
                                   "/opt/lib"};
    int error;
    for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
        const char *path = arena_format(arena, "%s/%s", folders[i], finding->object);
        if (*path != '/' ||
            root_lookup(assembly->target.root, NULL, path, NULL, LOOKUP_FOLLOW, &error) == NULL)
            continue;
        edit_behind(assembly, at, arena_format(arena, "ENV LD_LIBRARY_PATH=%s", folders[i]), arena,
                    finding);
        return;
    }
}

static void edit_library(const struct assembly *assembly, const struct target *target,
                         const struct willrun_subject *subject, struct arena *arena,
                         struct willrun_finding *finding)
{
    const struct instruction *at = copied_by(assembly, target->cwd, subject->path);
    if (at != NULL && finding->copy_count != 0)
        edit_behind(assembly, at, copy_lines(finding, arena), arena, finding);
    else if (at != NULL && finding->object != NULL)
        edit_search(assembly, subject, at, arena, finding);
}

/* The exec form of a command in shell form, where its words are plain: JSON strings. */
static const char *exec_form(const char *text, struct arena *arena)
{
    if (*text == '\0' || strpbrk(text, "$`\"'\\;&|<>(){}*?[]~#=\n") != NULL)
        return NULL;
    const char *list = "[";
    while (*text != '\0') {
        size_t length = strcspn(text, " \t");
        if (length != 0)
            list = arena_format(arena, "%s%s\"%.*s\"", list, list[1] != '\0' ? ", " : "",
                                (int)length, text);
        text += length + strspn(text + length, " \t");
    }
    return arena_format(arena, "%s]", list);
}

static const struct instruction *start_of(const struct assembly *assembly,
                                          const struct asked *asked)
{
    const struct stage_config *config = &assembly->target.config;
    return asked->from == ASKED_HEALTHCHECK  ? config->healthcheck_at
           : asked->from == ASKED_ENTRYPOINT ? config->entrypoint_at
           : asked->from == ASKED_COMMAND    ? config->command_at
                                             : NULL;
}

/* A shell form where there is no shell. */
static void edit_shell_form(const struct assembly *assembly, const struct asked *asked,
                            struct arena *arena, struct willrun_finding *finding)
{
    const struct instruction *at = start_of(assembly, asked);
    if (at == NULL || at->json || at->arg_count == 0 || at->kind == INSTRUCTION_HEALTHCHECK)
        return;
    const char *list = exec_form(at->args[0].text, arena);
    finding->fix = "Write the command in exec form, a JSON list: there is no shell to read it.";
    if (list != NULL)
        edit_whole(at, arena_format(arena, "%s %s", at->keyword, list), finding);
}

static void edit_interpreter(const struct assembly *assembly, const struct target *target,
                             const struct willrun_subject *subject, struct arena *arena,
                             struct willrun_finding *finding)
{
    const struct instruction *from = assembly->target.from;
    const char *bash = finding->object != NULL ? strstr(finding->object, "/bash") : NULL;
    int error;
    (void)subject;
    if (from == NULL || bash == NULL || bash[5] != '\0')
        return;
    if (target->libc.kind == WILLRUN_LIBC_MUSL)
        edit_behind(assembly, from, "RUN apk add --no-cache bash", arena, finding);
    else if (root_lookup(assembly->target.root, NULL, "/usr/bin/apt-get", NULL, LOOKUP_FOLLOW,
                         &error) != NULL)
        edit_behind(assembly, from,
                    "RUN apt-get update && apt-get install -y --no-install-recommends bash", arena,
                    finding);
}

static void edit_line_ends(const struct assembly *assembly, const struct target *target,
                           const struct willrun_subject *subject, struct arena *arena,
                           struct willrun_finding *finding)
{
    const struct instruction *at = copied_by(assembly, target->cwd, subject->path);
    int error;
    if (at != NULL &&
        root_lookup(assembly->target.root, NULL, "/bin/sh", NULL, LOOKUP_FOLLOW, &error) != NULL)
        edit_behind(assembly, at, arena_format(arena, "RUN sed -i 's/\\r$//' %s", subject->path),
                    arena, finding);
}

void edit_finding(const struct assembly *assembly, const struct target *target,
                  const struct asked *asked, const struct willrun_subject *subject,
                  struct arena *arena, struct willrun_finding *finding)
{
    const struct stage_config *config = &assembly->target.config;
    if (is(finding, RULE_INTERPRETER_MISSING) ||
        (is(finding, RULE_VERSION_MISSING) && finding->version != NULL &&
         strncmp(finding->version, "GLIBC_", 6) == 0))
        edit_libc(assembly, subject, arena, finding);
    else if (is(finding, RULE_NOT_EXECUTABLE) || is(finding, RULE_SCRIPT_UNREADABLE))
        edit_mode(assembly, target, subject, arena, finding);
    else if (is(finding, RULE_LIBRARY_MISSING))
        edit_library(assembly, target, subject, arena, finding);
    else if (is(finding, RULE_SHEBANG_MISSING))
        edit_interpreter(assembly, target, subject, arena, finding);
    else if (is(finding, RULE_SHEBANG_CRLF))
        edit_line_ends(assembly, target, subject, arena, finding);
    else if (is(finding, RULE_USER_MISSING) && config->user_at != NULL)
        edit_whole(config->user_at, "USER 65532:65532", finding);
    else if (is(finding, RULE_COMMAND_NOT_FOUND) && strcmp(subject->path, "/bin/sh") == 0)
        edit_shell_form(assembly, asked, arena, finding);
}
