#include "check/builder_edits.h"

#include <ctype.h>
#include <string.h>

#include "dockerfile/image_variant.h"

/* ---- static programs ---- */

/* What a command becomes that is to link statically. */
static const struct {
    const char *command, *becomes;
} statics[] = {
    {"go build", "CGO_ENABLED=0 go build"},
    {"go install", "CGO_ENABLED=0 go install"},
    {"gcc", "gcc -static"},
    {"g++", "g++ -static"},
    {"cc", "cc -static"},
    {"clang", "clang -static"},
    {"clang++", "clang++ -static"},
};

/* Does a command start at `at` of the line: behind RUN, an operator or a variable that is set? */
static bool starts_command(const char *line, const char *at)
{
    while (at != line && isblank((unsigned char)at[-1]))
        at--;
    const char *word = at;
    while (word != line && !isblank((unsigned char)word[-1]))
        word--;
    return at == line || at[-1] == '&' || at[-1] == ';' ||
           (at - word == 3 && strncasecmp(word, "RUN", 3) == 0) ||
           memchr(word, '=', (size_t)(at - word)) != NULL;
}

static const char *find_command(const char *line, const char *command)
{
    size_t length = strlen(command);
    for (const char *at = strstr(line, command); at != NULL; at = strstr(at + 1, command))
        if ((at[length] == '\0' || isblank((unsigned char)at[length])) && starts_command(line, at))
            return at;
    return NULL;
}

static bool replace_in(const struct assembly *assembly, const struct instruction *at,
                       const char *old, const char *new, bool command, struct arena *arena,
                       struct willrun_finding *finding)
{
    for (size_t line = at->range.begin.line; !at->json && line <= at->range.end.line; line++) {
        const char *text = edit_text(assembly, line, arena);
        const char *found = command ? find_command(text, old) : strstr(text, old);
        if (found == NULL || text[strspn(text, " \t")] == '#')
            continue;
        edit_line(
            finding, line,
            arena_format(arena, "%.*s%s%s", (int)(found - text), text, new, found + strlen(old)));
        return true;
    }
    return false;
}

/* CGO_ENABLED=1 in a RUN or an ENV of the stage becomes 0. */
static bool edit_cgo(const struct assembly *assembly, const struct built *builder,
                     struct arena *arena, struct willrun_finding *finding)
{
    for (size_t i = 0; i < assembly->file->instruction_count; i++) {
        const struct instruction *at = &assembly->file->instructions[i];
        if ((at->kind == INSTRUCTION_RUN || at->kind == INSTRUCTION_ENV ||
             at->kind == INSTRUCTION_ARG) &&
            at->stage < assembly->file->stage_count && assembly->built[at->stage] == builder &&
            replace_in(assembly, at, "CGO_ENABLED=1", "CGO_ENABLED=0", false, arena, finding))
            return true;
    }
    return false;
}

static bool edit_static(const struct assembly *assembly, const struct built *builder, bool go,
                        struct arena *arena, struct willrun_finding *finding)
{
    if (edit_cgo(assembly, builder, arena, finding))
        return true;
    for (size_t i = 0; i < builder->runs.count; i++)
        for (size_t k = 0; k < sizeof statics / sizeof *statics; k++)
            if ((!go || strncmp(statics[k].command, "go ", 3) == 0) &&
                replace_in(assembly, builder->runs.at[i].at, statics[k].command, statics[k].becomes,
                           true, arena, finding))
                return true;
    return false;
}

/* ---- images ---- */

static bool edit_builder(const struct assembly *assembly, const struct built *builder,
                         enum willrun_libc libc, const char *most, struct arena *arena,
                         struct willrun_finding *finding)
{
    const struct variant_wish wish = {.libc = libc, .most = most};
    const char *image = image_variant(builder->image, &wish, arena);
    if (image == NULL || builder->from == NULL)
        return false;
    edit_from(assembly, builder->from, image, arena, finding);
    return finding->edit.text != NULL;
}

static bool is_rust(const struct built *builder)
{
    for (size_t i = 0; i < builder->runs.count; i++)
        if (strstr(builder->runs.at[i].text, "cargo ") != NULL ||
            strstr(builder->runs.at[i].text, "rustc ") != NULL)
            return true;
    return false;
}

void edit_together(const struct assembly *assembly, const struct built *builder,
                   enum willrun_libc target, const char *glibc, struct arena *arena,
                   struct willrun_finding *finding)
{
    const struct built *own = &assembly->target;
    bool alike = own->image != NULL && image_is_alike(builder->image, own->image, arena);
    /* what packages of a language bring ready is made for glibc first */
    bool stays = target == WILLRUN_LIBC_NONE || (alike && target == WILLRUN_LIBC_MUSL);
    if (target == WILLRUN_LIBC_NONE &&
        (edit_static(assembly, builder, false, arena, finding) ||
         (is_rust(builder) && /* links musl statically */
          edit_builder(assembly, builder, WILLRUN_LIBC_MUSL, NULL, arena, finding))))
        return;
    if (!stays && edit_builder(assembly, builder, target, glibc, arena, finding))
        return;
    if (builder->base.libc != target && edit_static(assembly, builder, true, arena, finding))
        return;
    edit_base(assembly, builder->base.release, arena, finding);
}
