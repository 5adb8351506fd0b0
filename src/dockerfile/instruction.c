#include "dockerfile/instruction.h"

#include <string.h>
#include <strings.h>

#include "dockerfile/arguments.h"
#include "dockerfile/words.h"

static const struct rule {
    const char *name;
    enum shape shape;
    bool expands;
} rules[] = {
#define INSTRUCTION(id, shape, count, order, expands) [INSTRUCTION_##id] = {#id, shape, expands},
#include "dockerfile/instructions.def"
#undef INSTRUCTION
};

/* ---- heredocs ---- */

static size_t quotes_in(const char *text)
{
    size_t count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\'' || *text == '"';
    return count;
}

/* `<<EOF`, `3<<-"EOF"`: the name with its quotes; NULL where `word` is no heredoc. */
static const char *heredoc_name(const char *word, struct heredoc *heredoc)
{
    unsigned descriptor = 0;
    for (; *word >= '0' && *word <= '9'; word++)
        descriptor = descriptor < 100000 ? descriptor * 10 + (unsigned)(*word - '0') : descriptor;
    if (strncmp(word, "<<", 2) != 0)
        return NULL;
    word += 2;
    heredoc->descriptor = descriptor;
    heredoc->chomp = *word == '-';
    word += heredoc->chomp;
    while (*word == ' ' || *word == '\t' || *word == '\r' || *word == '\f')
        word++;
    return *word != '\0' && strchr(word, '<') == NULL ? word : NULL;
}

/* The only word of `text`; NULL: there is none, or more. */
static const char *only_word(const char *text, bool raw_quotes, struct arena *arena,
                             struct err *err)
{
    struct expansion expansion = {.escape = '\\', .raw_quotes = raw_quotes, .keep_unset = true};
    struct words words = {0};
    bool ok = words_split(&expansion, text, &words, arena, err);
    const char *word = ok && words.count == 1 ? words.at[0].text : NULL;
    vec_free(&words);
    vec_free(&expansion.unset);
    return word;
}

/* Is `word` a heredoc? False, too, with an error in `err`. */
static bool parse_heredoc(const char *word, struct heredoc *heredoc, struct arena *arena,
                          struct err *err)
{
    *heredoc = (struct heredoc){0};
    const char *quoted = heredoc_name(word, heredoc);
    if (quoted == NULL)
        return false;
    heredoc->name = only_word(quoted, false, arena, err);
    if (heredoc->name == NULL)
        return false;
    const char *raw = only_word(quoted, true, arena, err);
    if (raw == NULL)
        return false;
    heredoc->expand = quotes_in(raw) == quotes_in(heredoc->name);
    return true;
}

static bool has_heredocs(const struct instruction *instruction)
{
    if (instruction->trigger != NULL)
        instruction = instruction->trigger;
    return (instruction->kind == INSTRUCTION_ADD || instruction->kind == INSTRUCTION_COPY ||
            instruction->kind == INSTRUCTION_RUN) &&
           !instruction->json && strstr(instruction->line, "<<") != NULL;
}

struct heredocs VEC(struct heredoc);

static bool take_heredocs(struct lines *lines, struct logical_line *line, const struct words *words,
                          struct heredocs *heredocs, struct err *err)
{
    struct dockerfile *file = lines->file;
    for (size_t i = 0; i < words->count; i++) {
        const struct word *word = &words->at[i];
        struct slice slice = {line, word->begin, word->end};
        struct heredoc heredoc;
        struct err inner = {0};
        if (parse_heredoc(word->text, &heredoc, &file->arena, &inner)) {
            if (!lines_take_heredoc(lines, slice, &heredoc, err))
                return false;
            *vec_push(heredocs) = heredoc;
        } else if (inner.code != WILLRUN_OK) {
            return dockerfile_fail(file, slice_place(file, slice), err, "%s", inner.text);
        }
    }
    return true;
}

/* The heredocs that the line asks for. One with a quote that is not closed asks for none. */
static bool read_heredocs(struct lines *lines, struct logical_line *line,
                          struct instruction *instruction, struct err *err)
{
    struct dockerfile *file = lines->file;
    struct expansion expansion = {
        .escape = '\\', .raw_quotes = true, .raw_escapes = true, .keep_unset = true};
    struct words words = {0};
    struct heredocs heredocs = {0};
    struct err ignored = {0};
    bool ok = !words_split(&expansion, line->text, &words, &file->arena, &ignored) ||
              take_heredocs(lines, line, &words, &heredocs, err);
    instruction->heredocs = arena_array(&file->arena, heredocs.count, sizeof *heredocs.at);
    instruction->heredoc_count = heredocs.count;
    if (heredocs.count != 0)
        memcpy(instruction->heredocs, heredocs.at, heredocs.count * sizeof *heredocs.at);
    vec_free(&heredocs);
    vec_free(&words);
    vec_free(&expansion.unset);
    return ok;
}

/* Which heredoc a source of COPY or ADD is; of two with one name, the last. */
static void link_sources(struct dockerfile *file, struct instruction *instruction)
{
    if (instruction->kind != INSTRUCTION_ADD && instruction->kind != INSTRUCTION_COPY)
        return;
    for (size_t i = 0; i < instruction->arg_count; i++) {
        struct heredoc asked;
        struct err ignored = {0};
        if (!parse_heredoc(instruction->args[i].text, &asked, &file->arena, &ignored))
            continue;
        struct heredoc *source = arena_alloc(&file->arena, sizeof *source);
        *source = asked;
        for (size_t j = 0; j < instruction->heredoc_count; j++) {
            if (strcmp(instruction->heredocs[j].name, asked.name) == 0) {
                source->content = instruction->heredocs[j].content;
                source->range = instruction->heredocs[j].range;
            }
        }
        instruction->args[i].heredoc = source;
    }
}

/* ---- reading ---- */

static enum instruction_kind kind_of(const char *keyword)
{
    enum instruction_kind kind = 0;
    while (kind < INSTRUCTION_COUNT && strcasecmp(keyword, rules[kind].name) != 0)
        kind++;
    return kind;
}

static const char *upper_case(struct arena *arena, const char *text)
{
    char *upper = arena_string(arena, text);
    for (char *c = upper; *c != '\0'; c++)
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - ('a' - 'A'));
    return upper;
}

static bool read_slice(struct dockerfile *file, struct slice slice, struct instruction *instruction,
                       struct err *err);

static bool read_trigger(struct dockerfile *file, struct instruction *instruction,
                         struct slice rest, struct err *err)
{
    if (rest.begin == rest.end)
        return true;
    instruction->trigger = arena_alloc(&file->arena, sizeof *instruction->trigger);
    struct slice behind = rest;
    struct slice keyword = arguments_take_field(&behind);
    if (kind_of(slice_text(file, keyword)) == INSTRUCTION_ONBUILD)
        rest = keyword; /* it is refused, so that what stands behind it needs no reading */
    return read_slice(file, rest, instruction->trigger, err);
}

static bool read_slice(struct dockerfile *file, struct slice slice, struct instruction *instruction,
                       struct err *err)
{
    struct slice rest = slice_trim(slice);
    struct slice keyword = arguments_take_field(&rest);
    instruction->keyword = slice_text(file, keyword);
    instruction->keyword_range = slice_range(file, keyword);
    instruction->source.data = file->text.data + slice_offset(keyword);
    instruction->kind = kind_of(instruction->keyword);
    instruction->line = slice_text(file, slice_trim(slice));
    instruction->name = instruction->kind < INSTRUCTION_COUNT
                            ? rules[instruction->kind].name
                            : upper_case(&file->arena, instruction->keyword);
    arguments_take_flags(file, instruction, &rest);
    rest = slice_trim(rest);
    if (instruction->kind == INSTRUCTION_COUNT)
        return true;
    if (instruction->kind == INSTRUCTION_ONBUILD)
        return read_trigger(file, instruction, rest, err);
    return arguments_split(file, instruction, rules[instruction->kind].shape, rest, err);
}

bool instruction_read(struct lines *lines, struct logical_line *line,
                      struct instruction *instruction, struct err *err)
{
    struct dockerfile *file = lines->file;
    *instruction = (struct instruction){
        .comments = line->comments, .comment_count = line->comment_count, .stage = SIZE_MAX};
    if (!read_slice(file, (struct slice){line, 0, line->size}, instruction, err) ||
        (has_heredocs(instruction) && !read_heredocs(lines, line, instruction, err)))
        return false;
    struct instruction *trigger = instruction->trigger;
    instruction->range = (struct text_range){lines_begin(lines, line), lines_end(lines, line)};
    instruction->source = lines_source(lines, line, instruction->heredoc_count != 0);
    if (instruction->heredoc_count != 0)
        instruction->range.end = instruction->heredocs[instruction->heredoc_count - 1].range.end;
    if (trigger != NULL) {
        trigger->heredocs = instruction->heredocs;
        trigger->heredoc_count = instruction->heredoc_count;
        trigger->range = (struct text_range){trigger->keyword_range.begin, instruction->range.end};
        const unsigned char *end = instruction->source.data + instruction->source.size;
        trigger->source.size = (size_t)(end - trigger->source.data);
        link_sources(file, trigger);
    }
    link_sources(file, instruction);
    return true;
}

bool instruction_expands(enum instruction_kind kind)
{
    return kind < INSTRUCTION_COUNT && rules[kind].expands;
}
