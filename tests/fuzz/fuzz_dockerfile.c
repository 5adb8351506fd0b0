/* libFuzzer target: whatever claims to be a Dockerfile, read, resolved, and each text expanded.
 * Run: build/fuzz/fuzz_dockerfile -max_len=8192 -dict=tests/fuzz/dockerfile.dict CORPUS_FOLDER
 * (tests/dockerfile/reader_cases.py --write CORPUS_FOLDER makes the first files) */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "dockerfile/mount.h"
#include "dockerfile/scope.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A place must be one of the file. */
static void look_at(const struct dockerfile *file, struct text_range range)
{
    if (range.begin.line == 0 || range.begin.column == 0 || range.end.line < range.begin.line)
        abort();
    struct span line = dockerfile_line(file, range.begin.line);
    if (range.begin.column > line.size + 1)
        abort();
}

static void expand(const struct build_scope *scope, const char *text,
                   const struct variables *variables, struct arena *arena)
{
    struct err err = {0};
    struct names unset = {0};
    const char *expanded =
        build_scope_expand(scope, text, (struct text_place){1, 1}, variables, &unset, arena, &err);
    if ((expanded == NULL) != (err.code != WILLRUN_OK))
        abort();
    vec_free(&unset);
}

static void evaluate(const struct build_scope *scope, const struct instruction *instruction,
                     struct variables *variables, struct arena *arena)
{
    struct err err = {0};
    struct span content;
    struct mount mount;
    look_at(scope->file, instruction->range);
    build_scope_apply(scope, instruction, variables, arena, &err);
    for (size_t i = 0; i < instruction->arg_count; i++) {
        look_at(scope->file, instruction->args[i].range);
        expand(scope, instruction->args[i].text, variables, arena);
    }
    for (size_t i = 0; i < instruction->heredoc_count; i++) {
        err = (struct err){0};
        look_at(scope->file, instruction->heredocs[i].range);
        build_scope_heredoc(scope, &instruction->heredocs[i], variables, &content, arena, &err);
    }
    for (size_t i = 0; i < instruction->flag_count; i++) {
        err = (struct err){0};
        look_at(scope->file, instruction->flags[i].range);
        if (instruction->kind == INSTRUCTION_RUN && instruction->flags[i].value != NULL)
            mount_read(scope, &instruction->flags[i], variables, &mount, arena, &err);
    }
    if (instruction->trigger != NULL) {
        err = (struct err){0};
        if (instruction_judge(scope->file, instruction->trigger, &err))
            evaluate(scope, instruction->trigger, variables, arena);
    }
}

static void evaluate_all(const struct dockerfile *file)
{
    struct build_request request = {.build_platform = "linux/amd64",
                                    .target_platform = "linux/arm64"};
    struct err err = {0};
    struct build_scope *scope = build_scope_open(file, &request, &err);
    for (size_t i = 0; scope != NULL && i < file->stage_count; i++) {
        struct arena arena = {0};
        struct variables variables = {0};
        for (size_t j = 0; j < file->stages[i].instruction_count; j++)
            evaluate(scope, &file->stages[i].instructions[j], &variables, &arena);
        vec_free(&variables);
        arena_free(&arena);
    }
    build_scope_free(scope);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct err err = {0};
    unsigned char *bytes = malloc(size + 1);
    if (bytes == NULL)
        return -1;
    memcpy(bytes, data, size);
    struct dockerfile *file = dockerfile_read("Dockerfile", (struct span){bytes, size}, &err);
    free(bytes); /* the document may not need the bytes any more */
    if ((file == NULL) != (err.code != WILLRUN_OK))
        abort();
    if (file != NULL)
        evaluate_all(file);
    dockerfile_free(file);
    return 0;
}
