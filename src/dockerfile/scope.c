#include "dockerfile/scope.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "dockerfile/depend.h"
#include "dockerfile/docker_platform.h"

/* ---- texts ---- */

const char *build_scope_expand(const struct build_scope *scope, const char *text,
                               struct text_place place, const struct variables *variables,
                               struct names *unset, struct arena *arena, struct err *err)
{
    struct expansion expansion = {.variables = variables, .escape = scope->file->escape};
    struct err inner = {0};
    const char *expanded = words_expand(&expansion, text, arena, &inner);
    if (unset != NULL)
        *unset = expansion.unset;
    else
        vec_free(&expansion.unset);
    if (expanded == NULL)
        dockerfile_fail(scope->file, place, err, "%s", inner.text);
    return expanded;
}

bool build_scope_heredoc(const struct build_scope *scope, const struct heredoc *heredoc,
                         const struct variables *variables, struct span *content,
                         struct arena *arena, struct err *err)
{
    *content = heredoc_text(heredoc, arena);
    if (!heredoc->expand)
        return true;
    if (content->size != 0 && memchr(content->data, '\0', content->size) != NULL)
        return dockerfile_fail(scope->file, heredoc->range.begin, err,
                               "a NUL byte in a heredoc whose variables are to be replaced");
    struct expansion expansion = {.variables = variables, .escape = '\\', .plain_quotes = true};
    struct err inner = {0};
    const char *text = arena_copy(arena, (const char *)content->data, content->size);
    text = words_expand(&expansion, text, arena, &inner);
    vec_free(&expansion.unset);
    if (text == NULL)
        return dockerfile_fail(scope->file, heredoc->range.begin, err, "%s", inner.text);
    *content = (struct span){(const unsigned char *)text, strlen(text)};
    return true;
}

/* ---- ARG and ENV ---- */

static bool within_bounds(const struct build_scope *scope, const struct pair *pair,
                          const struct variables *variables, struct err *err)
{
    return variables->written <= limit_of(LIMIT_VARIABLES) ||
           dockerfile_fail(scope->file, pair->range.begin, err, "the variables take more than %s%s",
                           limit_bytes(LIMIT_VARIABLES).text, limit_hint(LIMIT_VARIABLES));
}

/* A given value comes before the default, and this before the global one. */
static bool apply_arg(const struct build_scope *scope, const struct pair *pair,
                      const struct variables *globals, struct variables *variables,
                      struct arena *arena, struct err *err)
{
    const char *value = variables_get(&scope->request->given, pair->name);
    if (value == NULL && pair->value != NULL) {
        value =
            build_scope_expand(scope, pair->value, pair->range.begin, variables, NULL, arena, err);
        if (value == NULL)
            return false;
    } else if (value == NULL && globals != NULL) {
        value = variables_get(globals, pair->name);
    }
    if (value != NULL)
        variables_set(variables, pair->name, value, false);
    return within_bounds(scope, pair, variables, err);
}

/* The variables of one ENV do not see each other. */
static bool apply_env(const struct build_scope *scope, const struct instruction *instruction,
                      struct variables *variables, struct arena *arena, struct err *err)
{
    struct variables set = {0};
    bool ok = true;
    for (size_t i = 0; ok && i < instruction->pair_count; i++) {
        const struct pair *pair = &instruction->pairs[i];
        struct text_place place = pair->range.begin;
        const char *name =
            build_scope_expand(scope, pair->name, place, variables, NULL, arena, err);
        const char *value = name == NULL ? NULL
                                         : build_scope_expand(scope, pair->value, place, variables,
                                                              NULL, arena, err);
        ok = value != NULL;
        if (ok)
            *vec_push(&set) = (struct variable){.name = name, .value = value};
    }
    for (size_t i = 0; ok && i < set.count; i++) {
        variables_set(variables, set.at[i].name, set.at[i].value, true);
        ok = within_bounds(scope, &instruction->pairs[i], variables, err);
    }
    vec_free(&set);
    return ok;
}

bool build_scope_apply(const struct build_scope *scope, const struct instruction *instruction,
                       struct variables *variables, struct arena *arena, struct err *err)
{
    if (instruction->kind == INSTRUCTION_ENV)
        return apply_env(scope, instruction, variables, arena, err);
    for (size_t i = 0; instruction->kind == INSTRUCTION_ARG && i < instruction->pair_count; i++)
        if (!apply_arg(scope, &instruction->pairs[i], &scope->globals, variables, arena, err))
            return false;
    return true;
}

/* ---- what FROM sees ---- */

static void set_global(struct build_scope *scope, const char *prefix, const char *name,
                       const char *value)
{
    const char *whole = arena_format(&scope->arena, "%s%s", prefix, name);
    const char *given = variables_get(&scope->request->given, whole);
    variables_set(&scope->globals, whole, given != NULL ? given : value, false);
}

/* Of `BUILD` or `TARGET`; false: the platform is none. */
static bool set_platform(struct build_scope *scope, const char *prefix, const char *text,
                         struct err *err)
{
    struct docker_platform platform;
    if (!docker_platform_parse(text, &platform, &scope->arena, err))
        return false;
    set_global(scope, prefix, "PLATFORM", platform.text);
    set_global(scope, prefix, "OS", platform.os);
    set_global(scope, prefix, "OSVERSION", "");
    set_global(scope, prefix, "ARCH", platform.architecture);
    set_global(scope, prefix, "VARIANT", platform.variant);
    return true;
}

static bool set_globals(struct build_scope *scope, struct err *err)
{
    const struct build_request *request = scope->request;
    const struct dockerfile *file = scope->file;
    const char *target = request->target != NULL && *request->target != '\0'
                             ? request->target
                             : file->stages[file->stage_count - 1].name;
    if (!set_platform(scope, "BUILD", request->build_platform, err) ||
        !set_platform(scope, "TARGET", request->target_platform, err))
        return false;
    set_global(scope, "TARGET", "STAGE", target != NULL ? target : "default");
    for (size_t i = 0; i < file->global_count; i++)
        for (size_t j = 0; j < file->instructions[i].pair_count; j++)
            if (!apply_arg(scope, &file->instructions[i].pairs[j], NULL, &scope->globals,
                           &scope->arena, err))
                return false;
    return true;
}

/* ---- FROM ---- */

/* An earlier stage that has just this name, the last of them; case matters here. */
static size_t base_stage(const struct dockerfile *file, const char *base, size_t count)
{
    for (size_t i = count; i > 0; i--)
        if (file->stages[i - 1].name != NULL && strcmp(file->stages[i - 1].name, base) == 0)
            return i - 1;
    return SIZE_MAX;
}

static struct build_origin origin_of(const char *name, size_t stage)
{
    if (stage != SIZE_MAX)
        return (struct build_origin){ORIGIN_STAGE, stage, NULL};
    if (strcmp(name, "scratch") == 0)
        return (struct build_origin){ORIGIN_SCRATCH, SIZE_MAX, NULL};
    return (struct build_origin){ORIGIN_IMAGE, SIZE_MAX, name};
}

static bool start_platform(struct build_scope *scope, const struct build_stage *stage,
                           struct stage_start *start, struct err *err)
{
    if (stage->platform == NULL)
        return true;
    struct text_place place = instruction_flag(stage->from, "platform")->range.begin;
    struct docker_platform platform;
    struct names unset = {0};
    struct err inner = {0};
    const char *text = build_scope_expand(scope, stage->platform, place, &scope->globals, &unset,
                                          &scope->arena, err);
    for (size_t i = 0; i < unset.count; i++)
        *vec_push(&start->unset) = unset.at[i];
    vec_free(&unset);
    if (text == NULL)
        return false;
    if (*text == '\0')
        return dockerfile_fail(scope->file, place, err, "empty platform value from expression %s",
                               stage->platform);
    if (!docker_platform_parse(text, &platform, &scope->arena, &inner))
        return dockerfile_fail(scope->file, place, err, "failed to parse platform %s: %s",
                               stage->platform, inner.text);
    start->platform = platform.text;
    return true;
}

static bool start_stage(struct build_scope *scope, size_t number, struct err *err)
{
    const struct build_stage *stage = &scope->file->stages[number];
    struct stage_start *start = &scope->starts[number];
    const char *base = build_scope_expand(scope, stage->base->text, stage->base->range.begin,
                                          &scope->globals, &start->unset, &scope->arena, err);
    if (base == NULL)
        return false;
    if (*base == '\0')
        return dockerfile_fail(scope->file, stage->base->range.begin, err,
                               "base name (%s) should not be blank", stage->base->text);
    start->origin = origin_of(base, base_stage(scope->file, base, number));
    return start_platform(scope, stage, start, err);
}

/* ---- --from ---- */

/* strconv.Atoi of Go, kept within bounds; false: no number. */
static bool parse_index(const char *text, long *number)
{
    const char *digits = text + (*text == '-' || *text == '+');
    if (*digits == '\0' || digits[strspn(digits, "0123456789")] != '\0' || strlen(digits) > 18)
        return false;
    *number = strtol(text, NULL, 10);
    return true;
}

bool build_scope_from(const struct build_scope *scope, const char *from, struct text_place place,
                      struct build_origin *origin, struct arena *arena, struct err *err)
{
    static const struct variables none = {0};
    const struct dockerfile *file = scope->file;
    long number;
    const char *expanded = build_scope_expand(scope, from, place, &none, NULL, arena, err);
    if (expanded == NULL)
        return false;
    if (strcmp(expanded, from) != 0)
        return dockerfile_fail(file, place, err,
                               "variable expansion is not supported for --from, define a new stage "
                               "with FROM using ARG from global scope as a workaround");
    if (!parse_index(from, &number)) {
        *origin = build_scope_mounted(scope, from);
        return true;
    }
    if (number < 0 || (size_t)number >= file->stage_count)
        return dockerfile_fail(file, place, err, "invalid stage index %ld", number);
    *origin = origin_of(from, (size_t)number);
    return true;
}

struct build_origin build_scope_mounted(const struct build_scope *scope, const char *from)
{
    return origin_of(from, dockerfile_stage_named(scope->file, from, scope->file->stage_count));
}

/* ---- all ---- */

struct build_scope *build_scope_open(const struct dockerfile *file,
                                     const struct build_request *request, struct err *err)
{
    struct build_scope *scope = must_alloc(sizeof *scope);
    *scope = (struct build_scope){.file = file, .request = request};
    scope->starts = arena_array(&scope->arena, file->stage_count, sizeof *scope->starts);
    scope->needed = arena_array(&scope->arena, file->stage_count, sizeof *scope->needed);
    bool ok = set_globals(scope, err);
    for (size_t i = 0; ok && i < file->stage_count; i++)
        ok = start_stage(scope, i, err);
    if (ok && depend_resolve(scope, err))
        return scope;
    build_scope_free(scope);
    return NULL;
}

void build_scope_free(struct build_scope *scope)
{
    if (scope == NULL)
        return;
    for (size_t i = 0; i < scope->file->stage_count; i++)
        vec_free(&scope->starts[i].unset);
    vec_free(&scope->globals);
    arena_free(&scope->arena);
    free(scope);
}
