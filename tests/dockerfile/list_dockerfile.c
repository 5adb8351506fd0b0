/* Prints what is read of a Dockerfile, as reader_cases.py compares it:
 *
 *     list_dockerfile FILE
 *
 * One JSON document: directives, the ARGs above the first FROM, and each stage with its
 * instructions, the arguments in the shape that BuildKit's parser has them in. The sentence of an
 * error goes to standard error, with status 1. */
#include <stdio.h>
#include <string.h>

#include "dockerfile/dockerfile.h"
#include "report/json_writer.h"

static void print_pairs(struct json *json, const struct instruction *instruction,
                        struct arena *arena)
{
    for (size_t i = 0; i < instruction->pair_count; i++) {
        const struct pair *pair = &instruction->pairs[i];
        if (instruction->kind != INSTRUCTION_ARG) {
            json_text(json, NULL, pair->name);
            json_text(json, NULL, pair->value);
            json_text(json, NULL, pair->spaced ? "" : "=");
        } else {
            json_text(json, NULL,
                      arena_format(arena, "%s%s%s", pair->name, pair->value != NULL ? "=" : "",
                                   pair->value != NULL ? pair->value : ""));
        }
    }
}

static void print_heredocs(struct json *json, const struct instruction *instruction,
                           struct arena *arena)
{
    json_open(json, "heredocs", '[');
    for (size_t i = 0; i < instruction->heredoc_count; i++) {
        const struct heredoc *heredoc = &instruction->heredocs[i];
        json_open(json, NULL, '{');
        json_text(json, "name", heredoc->name);
        json_bool(json, "expand", heredoc->expand);
        json_bool(json, "chomp", heredoc->chomp);
        json_size(json, "descriptor", heredoc->descriptor);
        json_text(json, "content",
                  arena_copy(arena, (const char *)heredoc->content.data, heredoc->content.size));
        json_close(json, '}');
    }
    json_close(json, ']');
}

static void print_place(struct json *json, const char *kind, const char *text,
                        struct text_range range)
{
    json_open(json, NULL, '[');
    json_text(json, NULL, kind);
    json_text(json, NULL, text);
    json_size(json, NULL, range.begin.line);
    json_size(json, NULL, range.begin.column);
    json_size(json, NULL, range.end.line);
    json_size(json, NULL, range.end.column);
    json_close(json, ']');
}

/* Is the argument a string of the JSON form? Before that of HEALTHCHECK stands a word. */
static bool is_json(const struct instruction *instruction, size_t number)
{
    return instruction->json && (instruction->kind != INSTRUCTION_HEALTHCHECK || number != 0);
}

/* Where each part stands, and the text that must stand there. */
static void print_places(struct json *json, const struct instruction *instruction,
                         struct arena *arena)
{
    json_open(json, "places", '[');
    print_place(json, "keyword", instruction->keyword, instruction->keyword_range);
    print_place(json, "source",
                arena_copy(arena, (const char *)instruction->source.data, instruction->source.size),
                instruction->range);
    for (size_t i = 0; i < instruction->flag_count; i++)
        print_place(json, "flag", instruction->flags[i].name, instruction->flags[i].range);
    for (size_t i = 0; i < instruction->arg_count; i++)
        print_place(json, is_json(instruction, i) ? "json" : "argument", instruction->args[i].text,
                    instruction->args[i].range);
    for (size_t i = 0; i < instruction->pair_count; i++)
        print_place(json, "pair", instruction->pairs[i].name, instruction->pairs[i].range);
    for (size_t i = 0; i < instruction->heredoc_count; i++)
        print_place(json, "heredoc",
                    arena_copy(arena, (const char *)instruction->heredocs[i].content.data,
                               instruction->heredocs[i].content.size),
                    instruction->heredocs[i].range);
    json_close(json, ']');
}

static void print_instruction(struct json *json, const char *key,
                              const struct instruction *instruction, struct arena *arena)
{
    json_open(json, key, '{');
    json_text(json, "name", instruction->name);
    json_size(json, "line", instruction->range.begin.line);
    json_size(json, "last", instruction->range.end.line);
    json_text(json, "text", instruction->line);
    json_bool(json, "json", instruction->json);
    json_open(json, "flags", '[');
    for (size_t i = 0; i < instruction->flag_count; i++) {
        const struct flag *flag = &instruction->flags[i];
        json_text(json, NULL,
                  arena_format(arena, "--%s%s%s", flag->name, flag->value != NULL ? "=" : "",
                               flag->value != NULL ? flag->value : ""));
    }
    json_close(json, ']');
    json_open(json, "args", '[');
    for (size_t i = 0; i < instruction->arg_count; i++)
        json_text(json, NULL, instruction->args[i].text);
    print_pairs(json, instruction, arena);
    json_close(json, ']');
    print_heredocs(json, instruction, arena);
    json_open(json, "comments", '[');
    for (size_t i = 0; i < instruction->comment_count; i++)
        json_text(json, NULL, instruction->comments[i]);
    json_close(json, ']');
    print_places(json, instruction, arena);
    if (instruction->trigger != NULL)
        print_instruction(json, "trigger", instruction->trigger, arena);
    json_close(json, '}');
}

static void print_stage(struct json *json, const struct build_stage *stage, struct arena *arena)
{
    json_open(json, NULL, '{');
    json_text(json, "name", stage->name);
    json_text(json, "base", stage->base->text);
    json_text(json, "platform", stage->platform);
    print_instruction(json, "from", stage->from, arena);
    json_open(json, "instructions", '[');
    for (size_t i = 0; i < stage->instruction_count; i++)
        print_instruction(json, NULL, &stage->instructions[i], arena);
    json_close(json, ']');
    json_close(json, '}');
}

static void print_file(const struct dockerfile *file, struct arena *arena)
{
    struct json json = {.out = stdout, .compact = true};
    char escape[2] = {file->escape, '\0'};
    json_open(&json, NULL, '{');
    json_text(&json, "escape", escape);
    json_open(&json, "directives", '[');
    for (size_t i = 0; i < file->directive_count; i++) {
        json_open(&json, NULL, '{');
        json_text(&json, "name", file->directives[i].name);
        json_text(&json, "value", file->directives[i].value);
        json_size(&json, "line", file->directives[i].range.begin.line);
        json_close(&json, '}');
    }
    json_close(&json, ']');
    json_open(&json, "globals", '[');
    for (size_t i = 0; i < file->global_count; i++)
        print_instruction(&json, NULL, &file->instructions[i], arena);
    json_close(&json, ']');
    json_open(&json, "stages", '[');
    for (size_t i = 0; i < file->stage_count; i++)
        print_stage(&json, &file->stages[i], arena);
    json_close(&json, ']');
    json_open(&json, "empty_continuations", '[');
    for (size_t i = 0; i < file->warning_count; i++)
        json_size(&json, NULL, file->warnings[i].place.line);
    json_close(&json, ']');
    json_close(&json, '}');
}

int main(int argc, char **argv)
{
    struct err err = {0};
    struct arena arena = {0};
    if (argc != 2)
        return 2;
    struct dockerfile *file = dockerfile_open(argv[1], &err);
    if (file == NULL) {
        fprintf(stderr, "%s\n", err.text);
        return 1;
    }
    print_file(file, &arena);
    dockerfile_free(file);
    arena_free(&arena);
    return 0;
}
