#include "dockerfile/dockerfile.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/limits.h"
#include "base/text.h"
#include "base/vec.h"
#include "dockerfile/instruction.h"
#include "dockerfile/lines.h"
#include "source/witness.h"


struct instructions VEC(struct instruction);

bool dockerfile_fail(const struct dockerfile *file, struct text_place place, struct err *err,
                     const char *format, ...)
{
    va_list args;
    char sentence[512];
    va_start(args, format);
    vsnprintf(sentence, sizeof sentence, format, args);
    va_end(args);
    return err_set(err, WILLRUN_EINPUT, "%s:%zu:%zu: %s", file->name, place.line, place.column,
                   sentence);
}

/* ---- stages ---- */

static void add_stage(struct dockerfile *file, struct instruction *from)
{
    struct build_stage *stage = &file->stages[file->stage_count++];
    const struct flag *platform = instruction_flag(from, "platform");
    const char *name = from->arg_count == 3 ? from->args[2].text : NULL;
    *stage = (struct build_stage){
        .name = name != NULL ? text_lower(&file->arena, name, strlen(name)) : NULL,
        .base = &from->args[0],
        .platform = platform != NULL && *platform->value != '\0' ? platform->value : NULL,
        .from = from,
        .instructions = from + 1,
    };
}

/* Each instruction to its stage. */
static bool make_stages(struct dockerfile *file, struct err *err)
{
    file->stages = arena_array(&file->arena, file->instruction_count, sizeof *file->stages);
    for (size_t i = 0; i < file->instruction_count; i++) {
        struct instruction *instruction = &file->instructions[i];
        if (!instruction_judge(file, instruction, err))
            return false;
        if (instruction->kind == INSTRUCTION_FROM) {
            add_stage(file, instruction);
        } else if (file->stage_count != 0) {
            file->stages[file->stage_count - 1].instruction_count++;
        } else if (instruction->kind == INSTRUCTION_ARG) {
            file->global_count++;
            continue;
        } else {
            return dockerfile_fail(file, instruction->range.begin, err,
                                   "no build stage in current context: %s stands above the first "
                                   "FROM",
                                   instruction->name);
        }
        instruction->stage = file->stage_count - 1;
    }
    return file->stage_count != 0 || dockerfile_fail(file, (struct text_place){1, 1}, err,
                                                     "dockerfile contains no stages to build");
}

/* ---- reading ---- */

static bool take_all(struct lines *lines, struct instructions *instructions, struct err *err)
{
    for (;;) {
        struct logical_line line;
        enum taken taken = lines_take(lines, &line, err);
        if (taken == TAKEN_ERROR)
            return false;
        if (taken == TAKEN_END)
            break;
        if (!instruction_read(lines, &line, vec_push(instructions), err))
            return false;
    }
    return instructions->count != 0 || dockerfile_fail(lines->file, (struct text_place){1, 1}, err,
                                                       "file with no instructions");
}

static void *keep(struct arena *arena, const void *at, size_t count, size_t size)
{
    void *kept = arena_array(arena, count, size);
    if (count != 0)
        memcpy(kept, at, count * size);
    return kept;
}

static bool read_file(struct dockerfile *file, struct err *err)
{
    struct lines lines = {.file = file};
    struct instructions instructions = {0};
    struct arena *arena = &file->arena;
    bool ok = take_all(&lines, &instructions, err);
    file->instructions =
        keep(arena, instructions.at, instructions.count, sizeof *file->instructions);
    file->instruction_count = instructions.count;
    file->directives =
        keep(arena, lines.directives.at, lines.directives.count, sizeof *file->directives);
    file->directive_count = lines.directives.count;
    file->warnings = keep(arena, lines.warnings.at, lines.warnings.count, sizeof *file->warnings);
    file->warning_count = lines.warnings.count;
    vec_free(&instructions);
    lines_free(&lines);
    return ok && make_stages(file, err);
}

struct dockerfile *dockerfile_read(const char *name, struct span text, struct err *err)
{
    struct dockerfile *file = must_alloc(sizeof *file);
    *file = (struct dockerfile){.escape = '\\'};
    file->name = arena_string(&file->arena, name);
    file->text =
        (struct span){(unsigned char *)arena_copy(
                          &file->arena, text.size != 0 ? (const char *)text.data : "", text.size),
                      text.size};
    bool ok = text.size == 0 ? dockerfile_fail(file, (struct text_place){1, 1}, err,
                                               "the Dockerfile cannot be empty")
                             : read_file(file, err);
    if (ok)
        return file;
    dockerfile_free(file);
    return NULL;
}

/* All bytes of a stream; false: more than a Dockerfile can have, or errno says why not. */
static bool take_stream(FILE *stream, struct text *text)
{
    char buffer[64 * 1024];
    size_t got;
    while ((got = fread(buffer, 1, sizeof buffer, stream)) != 0) {
        text_add(text, buffer, got);
        if (text->count > limit_of(LIMIT_DOCKERFILE)) {
            errno = EFBIG;
            return false;
        }
    }
    return ferror(stream) == 0;
}

struct dockerfile *dockerfile_open(const char *path, struct err *err)
{
    bool standard = strcmp(path, "-") == 0;
    if (standard)
        witness_refuse("standard input is read once");
    else
        witness_file(path);
    FILE *stream = standard ? stdin : fopen(path, "re");
    struct text text = {0};
    struct dockerfile *file = NULL;
    if (stream == NULL || !take_stream(stream, &text))
        err_set(err, WILLRUN_EINPUT, "cannot read the Dockerfile %s: %s", path, err_text(errno));
    else
        file = dockerfile_read(standard ? "Dockerfile" : path,
                               (struct span){(const unsigned char *)text.at, text.count}, err);
    if (stream != NULL && !standard)
        fclose(stream);
    vec_free(&text);
    return file;
}

void dockerfile_free(struct dockerfile *file)
{
    if (file == NULL)
        return;
    struct arena arena = file->arena;
    free(file);
    arena_free(&arena);
}

/* ---- asking ---- */

size_t dockerfile_stage_named(const struct dockerfile *file, const char *name, size_t count)
{
    for (size_t i = count; i > 0; i--)
        if (file->stages[i - 1].name != NULL && strcasecmp(file->stages[i - 1].name, name) == 0)
            return i - 1;
    return SIZE_MAX;
}

const struct flag *instruction_flag(const struct instruction *instruction, const char *name)
{
    for (size_t i = instruction->flag_count; i > 0; i--)
        if (strcmp(instruction->flags[i - 1].name, name) == 0)
            return &instruction->flags[i - 1];
    return NULL;
}

bool instruction_flag_on(const struct instruction *instruction, const char *name)
{
    const struct flag *flag = instruction_flag(instruction, name);
    return flag != NULL && (flag->value == NULL || strcasecmp(flag->value, "false") != 0);
}

struct span heredoc_text(const struct heredoc *heredoc, struct arena *arena)
{
    struct span content = heredoc->content;
    if (!heredoc->chomp || content.size == 0)
        return content;
    unsigned char *text = arena_alloc(arena, content.size);
    size_t size = 0;
    bool leading = true;
    for (size_t i = 0; i < content.size; i++) {
        unsigned char byte = content.data[i];
        if (!(leading && byte == '\t'))
            text[size++] = byte;
        leading = byte == '\n' || (leading && byte == '\t');
    }
    return (struct span){text, size};
}

struct span dockerfile_line(const struct dockerfile *file, size_t number)
{
    const unsigned char *at = file->text.data, *end = at + file->text.size;
    for (; number > 1 && at < end; number--) {
        const unsigned char *newline = memchr(at, '\n', (size_t)(end - at));
        at = newline != NULL ? newline + 1 : end;
    }
    const unsigned char *newline = memchr(at, '\n', (size_t)(end - at));
    size_t size = (size_t)((newline != NULL ? newline : end) - at);
    while (size != 0 && at[size - 1] == '\r')
        size--;
    return (struct span){at, size};
}
