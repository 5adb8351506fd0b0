/* Prints what a build would make of a Dockerfile, as scope_cases.py compares it:
 *
 *     evaluate_dockerfile FILE PLATFORM TARGET [NAME=VALUE]…
 *
 * TARGET may be empty; NAME=VALUE is a --build-arg. One JSON document: the images that the target
 * needs, the lines of the target's history that have variables replaced (BuildKit's wording), and
 * the environment at the end. Each image has the environment of evaluated.json. The sentence of
 * an error goes to standard error, with status 1. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "dockerfile/mount.h"
#include "dockerfile/scope.h"
#include "report/json_writer.h"

/* One evaluation. */
struct build {
    const struct dockerfile *file;
    const struct build_scope *scope;
    struct names history, images;
    struct variables *variables; /* at the end of each stage */
    struct arena arena;
    struct err err;
};

static const char *expanded(struct build *build, const char *text, struct text_place place,
                            const struct variables *variables)
{
    return build_scope_expand(build->scope, text, place, variables, NULL, &build->arena,
                              &build->err);
}

static void add_image(struct build *build, const struct build_origin *origin, const char *platform)
{
    if (origin->kind == ORIGIN_IMAGE)
        *vec_push(&build->images) =
            arena_format(&build->arena, "%s %s", origin->image,
                         platform != NULL ? platform : build->scope->request->target_platform);
}

static void add(struct text *line, const char *before, const char *text)
{
    text_add(line, before, strlen(before));
    text_add(line, text, strlen(text));
}

/* What an ARG has set; NULL: nothing. */
static const char *arg_value(const struct build *build, const struct pair *pair,
                             const struct variables *after)
{
    bool sets = variables_get(&build->scope->request->given, pair->name) != NULL ||
                pair->value != NULL || variables_get(&build->scope->globals, pair->name) != NULL;
    return sets ? variables_get(after, pair->name) : NULL;
}

static bool add_pairs(struct build *build, const struct instruction *instruction,
                      const struct variables *before, const struct variables *after,
                      struct text *line)
{
    for (size_t i = 0; i < instruction->pair_count; i++) {
        const struct pair *pair = &instruction->pairs[i];
        const char *name = pair->name, *value;
        if (instruction->kind == INSTRUCTION_ARG) {
            value = arg_value(build, pair, after);
        } else {
            name = expanded(build, name, pair->range.begin, before);
            value = name != NULL ? expanded(build, pair->value, pair->range.begin, before) : NULL;
            if (value == NULL)
                return false;
        }
        add(line, " ", name);
        if (value != NULL)
            add(line, "=", value);
    }
    return true;
}

static bool add_args(struct build *build, const struct instruction *instruction,
                     const struct variables *variables, struct text *line)
{
    bool list = instruction->kind == INSTRUCTION_VOLUME;
    for (size_t i = 0; i < instruction->arg_count; i++) {
        const struct argument *argument = &instruction->args[i];
        const char *text = expanded(build, argument->text, argument->range.begin, variables);
        if (text == NULL)
            return false;
        add(line, list && i == 0 ? " [" : " ", text);
    }
    if (list)
        text_add(line, "]", 1);
    return true;
}

/* The line of the history; false: an error. */
static bool add_line(struct build *build, const struct instruction *instruction,
                     const struct variables *before, const struct variables *after)
{
    struct text line = {0};
    bool pairs = instruction->pair_count != 0;
    if (!pairs &&
        (!instruction_expands(instruction->kind) || instruction->kind == INSTRUCTION_EXPOSE))
        return true;
    add(&line, "", instruction->name);
    bool ok = pairs ? add_pairs(build, instruction, before, after, &line)
                    : add_args(build, instruction, before, &line);
    if (ok)
        *vec_push(&build->history) = text_keep(&line, &build->arena);
    vec_free(&line);
    return ok;
}

/* Heredocs and mounts have no line of their own here, but can be wrong. */
static bool look_into(struct build *build, const struct instruction *instruction,
                      const struct variables *variables)
{
    struct span content;
    bool ok = true;
    for (size_t i = 0; ok && i < instruction->arg_count; i++)
        if (instruction->args[i].heredoc != NULL)
            ok = build_scope_heredoc(build->scope, instruction->args[i].heredoc, variables,
                                     &content, &build->arena, &build->err);
    for (size_t i = 0; ok && i < instruction->flag_count; i++) {
        const struct flag *flag = &instruction->flags[i];
        struct mount mount;
        struct build_origin origin;
        if (strcmp(flag->name, "mount") == 0) {
            ok = mount_read(build->scope, flag, variables, &mount, &build->arena, &build->err);
            if (ok && mount.from != NULL) {
                origin = build_scope_mounted(build->scope, mount.from);
                add_image(build, &origin, NULL);
            }
        } else if (strcmp(flag->name, "from") == 0 && *flag->value != '\0') {
            ok = build_scope_from(build->scope, flag->value, flag->range.begin, &origin,
                                  &build->arena, &build->err);
            if (ok)
                add_image(build, &origin, NULL);
        }
    }
    return ok;
}

static bool evaluate_one(struct build *build, const struct instruction *instruction,
                         struct variables *variables)
{
    struct variables before;
    variables_copy(&before, variables);
    bool ok = look_into(build, instruction, variables) &&
              build_scope_apply(build->scope, instruction, variables, &build->arena, &build->err);
    ok = ok && add_line(build, instruction, &before, variables);
    vec_free(&before);
    return ok;
}

static bool evaluate_stage(struct build *build, size_t number)
{
    const struct build_stage *stage = &build->file->stages[number];
    const struct stage_start *start = &build->scope->starts[number];
    struct variables *variables = &build->variables[number];
    bool ok = true;
    if (start->origin.kind == ORIGIN_IMAGE) {
        variables_set(variables, "PATH", "/usr/bin:/bin", true);
        variables_set(variables, "FROM_IMAGE", "yes", true);
        add_image(build, &start->origin, start->platform);
    }
    if (start->origin.kind == ORIGIN_STAGE)
        variables_inherit(variables, &build->variables[start->origin.stage]);
    variables_default_path(variables);
    if (start->origin.kind == ORIGIN_STAGE) {
        const struct build_stage *base = &build->file->stages[start->origin.stage];
        for (size_t i = 0; ok && i < base->instruction_count; i++)
            if (base->instructions[i].trigger != NULL)
                ok = instruction_judge(build->file, base->instructions[i].trigger, &build->err) &&
                     evaluate_one(build, base->instructions[i].trigger, variables);
    }
    for (size_t i = 0; ok && i < stage->instruction_count; i++)
        ok = evaluate_one(build, &stage->instructions[i], variables);
    return ok;
}

/* The history is that of the stages which the target starts from. */
static bool evaluate_all(struct build *build)
{
    const struct build_scope *scope = build->scope;
    size_t count = build->file->stage_count;
    struct names *histories = arena_array(&build->arena, count, sizeof *histories);
    bool ok = true;
    build->variables = arena_array(&build->arena, count, sizeof *build->variables);
    for (size_t i = 0; ok && i < count; i++) {
        if (!scope->needed[i])
            continue;
        build->history = (struct names){0};
        if (scope->starts[i].origin.kind == ORIGIN_STAGE)
            for (size_t j = 0; j < histories[scope->starts[i].origin.stage].count; j++)
                *vec_push(&build->history) = histories[scope->starts[i].origin.stage].at[j];
        ok = evaluate_stage(build, i);
        histories[i] = build->history;
    }
    build->history = histories[scope->target];
    for (size_t i = 0; i < count; i++)
        if (i != scope->target)
            vec_free(&histories[i]);
    return ok;
}

static void print_names(struct json *json, const char *key, const struct names *names)
{
    json_open(json, key, '[');
    for (size_t i = 0; i < names->count; i++)
        json_text(json, NULL, names->at[i]);
    json_close(json, ']');
}

static void print_build(struct build *build)
{
    struct json json = {.out = stdout, .compact = true};
    const struct variables *variables = &build->variables[build->scope->target];
    json_open(&json, NULL, '{');
    print_names(&json, "history", &build->history);
    print_names(&json, "images", &build->images);
    json_open(&json, "env", '[');
    for (size_t i = 0; i < variables->count; i++)
        if (variables->at[i].env != NULL)
            json_text(
                &json, NULL,
                arena_format(&build->arena, "%s=%s", variables->at[i].name, variables->at[i].env));
    json_close(&json, ']');
    json_close(&json, '}');
}

int main(int argc, char **argv)
{
    struct build build = {0};
    struct build_request request = {.build_platform = "linux/amd64"};
    if (argc < 4)
        return 2;
    request.target_platform = argv[2];
    request.target = argv[3];
    for (int i = 4; i < argc; i++) {
        char *equals = strchr(argv[i], '=');
        if (equals == NULL)
            return 2;
        *equals = '\0';
        variables_set(&request.given, argv[i], equals + 1, false);
    }
    struct dockerfile *file = dockerfile_open(argv[1], &build.err);
    struct build_scope *scope = file != NULL ? build_scope_open(file, &request, &build.err) : NULL;
    build.file = file;
    build.scope = scope;
    bool ok = scope != NULL && evaluate_all(&build);
    if (ok)
        print_build(&build);
    else
        fprintf(stderr, "%s\n", build.err.text);
    for (size_t i = 0; build.variables != NULL && i < file->stage_count; i++)
        vec_free(&build.variables[i]);
    vec_free(&build.history);
    vec_free(&build.images);
    vec_free(&request.given);
    arena_free(&build.arena);
    build_scope_free(scope);
    dockerfile_free(file);
    return ok ? 0 : 1;
}
