#include "dockerfile/arguments.h"

#include <string.h>

#include <jansson.h>

#include "base/text.h"
#include "base/utf8.h"

/* ---- fields ---- */

/* What separates fields: the white space of ASCII, but for line ends. */
static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\v' || c == '\f' || c == '\r';
}

struct slice arguments_take_field(struct slice *slice)
{
    const char *text = slice->line->text;
    struct slice field = *slice;
    while (slice->begin < slice->end && !is_blank(text[slice->begin]))
        slice->begin++;
    field.end = slice->begin;
    while (slice->begin < slice->end && is_blank(text[slice->begin]))
        slice->begin++;
    return field;
}

struct argument_list VEC(struct argument);

static void add_argument(struct dockerfile *file, struct argument_list *list, const char *text,
                         struct slice slice)
{
    *vec_push(list) = (struct argument){.text = text, .range = slice_range(file, slice)};
}

static void keep_arguments(struct dockerfile *file, struct instruction *instruction,
                           struct argument_list *list)
{
    instruction->args = arena_array(&file->arena, list->count, sizeof *list->at);
    instruction->arg_count = list->count;
    if (list->count != 0)
        memcpy(instruction->args, list->at, list->count * sizeof *list->at);
    vec_free(list);
}

static void split_fields(struct dockerfile *file, struct instruction *instruction,
                         struct slice rest)
{
    struct argument_list list = {0};
    while (rest.begin < rest.end) {
        struct slice field = arguments_take_field(&rest);
        add_argument(file, &list, slice_text(file, field), field);
    }
    keep_arguments(file, instruction, &list);
}

static void take_text(struct dockerfile *file, struct argument_list *list, struct slice rest)
{
    if (rest.begin < rest.end)
        add_argument(file, list, slice_text(file, rest), rest);
}

/* ---- JSON form ---- */

/* The next string of an array that is well-formed, quotes included. */
static struct slice next_string(struct slice *rest)
{
    const char *text = rest->line->text;
    size_t at = rest->begin;
    while (text[at] != '"')
        at++;
    struct slice string = {rest->line, at++, 0};
    for (; text[at] != '"'; at++)
        at += text[at] == '\\';
    string.end = rest->begin = at + 1;
    return string;
}

enum json_form { JSON_STRINGS, JSON_OTHER, JSON_NONE };

static enum json_form form_of(const json_t *array)
{
    if (!json_is_array(array))
        return JSON_NONE;
    for (size_t i = 0; i < json_array_size(array); i++)
        if (!json_is_string(json_array_get(array, i)))
            return JSON_OTHER;
    return JSON_STRINGS;
}

/* The arguments where the text is an array of strings. One of other things is an error; what is no
 * array is not in JSON form. */
static bool take_json(struct dockerfile *file, struct instruction *instruction,
                      struct argument_list *list, struct slice rest, struct err *err)
{
    const char *text = rest.line->text + rest.begin;
    if (rest.begin == rest.end || *text != '[')
        return true;
    json_t *array =
        json_loadb(text, rest.end - rest.begin, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
    enum json_form form = form_of(array);
    instruction->json = form == JSON_STRINGS;
    struct slice left = rest;
    bool ok = true;
    for (size_t i = 0; ok && form == JSON_STRINGS && i < json_array_size(array); i++) {
        const json_t *string = json_array_get(array, i);
        struct slice slice = next_string(&left);
        const char *value = json_string_value(string);
        if (strlen(value) != json_string_length(string))
            ok = dockerfile_fail(file, slice_place(file, slice), err,
                                 "a NUL in a string, which no argument can have");
        add_argument(file, list, arena_string(&file->arena, value), slice);
    }
    json_decref(array);
    if (form == JSON_OTHER)
        return dockerfile_fail(
            file, slice_place(file, rest), err,
            "when using JSON array syntax, arrays must be comprised of strings only");
    return ok;
}

static bool split_command(struct dockerfile *file, struct instruction *instruction,
                          struct argument_list *list, struct slice rest, struct err *err)
{
    bool ok = take_json(file, instruction, list, rest, err);
    if (ok && !instruction->json)
        take_text(file, list, rest);
    keep_arguments(file, instruction, list);
    return ok;
}

static bool split_list(struct dockerfile *file, struct instruction *instruction, struct slice rest,
                       struct err *err)
{
    struct argument_list list = {0};
    bool ok = take_json(file, instruction, &list, rest, err);
    keep_arguments(file, instruction, &list);
    if (ok && !instruction->json)
        split_fields(file, instruction, rest);
    return ok;
}

/* HEALTHCHECK: its first word ends at any white space. */
static bool split_type(struct dockerfile *file, struct instruction *instruction, struct slice rest,
                       struct err *err)
{
    struct argument_list list = {0};
    struct slice type = rest;
    const char *text = rest.line->text;
    size_t length = 0;
    while (rest.begin < rest.end && space_length(text + rest.begin) == 0)
        rest.begin++;
    type.end = rest.begin;
    while (rest.begin < rest.end && (length = space_length(text + rest.begin)) != 0)
        rest.begin += length;
    take_text(file, &list, type);
    return split_command(file, instruction, &list, rest, err);
}

/* ---- words ---- */

/* The next word of ENV, LABEL and ARG, quotes and escapes in it: white space ends it where neither
 * protects it. An escape at the very end is dropped. False: no more. */
static bool next_word(struct dockerfile *file, struct slice *rest, struct slice *word,
                      const char **content)
{
    const char *text = rest->line->text;
    struct text kept = {0};
    size_t at = rest->begin, length;
    while (at < rest->end && (length = space_length(text + at)) != 0)
        at += length;
    *word = (struct slice){rest->line, at, at};
    for (char quote = '\0'; at < rest->end && (quote != '\0' || space_length(text + at) == 0);) {
        uint32_t character;
        char c = text[at];
        if (quote == '\0' && (c == '\'' || c == '"'))
            quote = c;
        else if (c == quote)
            quote = '\0';
        if (c == file->escape && quote != '\'') {
            if (++at == rest->end)
                break;
            text_add(&kept, &c, 1);
        }
        length = utf8_next(text + at, &character);
        text_add(&kept, text + at, length);
        at += length;
    }
    word->end = rest->begin = at;
    *content = text_keep(&kept, &file->arena);
    bool any = kept.count != 0;
    vec_free(&kept);
    return any;
}

struct pair_list VEC(struct pair);

/* `name=value`; without the `=`, a name alone. */
static struct pair pair_of(struct dockerfile *file, const char *content, struct slice word)
{
    const char *equals = strchr(content, '=');
    struct pair pair = {.name = content, .range = slice_range(file, word)};
    if (equals != NULL) {
        pair.name = arena_copy(&file->arena, content, (size_t)(equals - content));
        pair.value = equals + 1;
    }
    return pair;
}

static void keep_pairs(struct dockerfile *file, struct instruction *instruction,
                       struct pair_list *list)
{
    instruction->pairs = arena_array(&file->arena, list->count, sizeof *list->at);
    instruction->pair_count = list->count;
    if (list->count != 0)
        memcpy(instruction->pairs, list->at, list->count * sizeof *list->at);
    vec_free(list);
}

static void split_words(struct dockerfile *file, struct instruction *instruction, struct slice rest)
{
    struct pair_list list = {0};
    struct slice word;
    const char *content;
    while (next_word(file, &rest, &word, &content))
        *vec_push(&list) = pair_of(file, content, word);
    keep_pairs(file, instruction, &list);
}

/* ENV name value, the value being all that follows. */
static bool split_spaced(struct dockerfile *file, struct instruction *instruction,
                         struct slice rest, struct err *err)
{
    struct slice value = rest;
    struct slice name = arguments_take_field(&value);
    if (value.begin == name.end)
        return dockerfile_fail(file, slice_place(file, rest), err, "%s must have two arguments",
                               instruction->name);
    instruction->pairs = arena_alloc(&file->arena, sizeof *instruction->pairs);
    instruction->pair_count = 1;
    *instruction->pairs = (struct pair){slice_text(file, name), slice_text(file, value), true,
                                        slice_range(file, rest)};
    return true;
}

static bool split_pairs(struct dockerfile *file, struct instruction *instruction, struct slice rest,
                        struct err *err)
{
    struct pair_list list = {0};
    struct slice word, left = rest;
    const char *content;
    bool ok = true;
    while (ok && next_word(file, &left, &word, &content)) {
        struct pair pair = pair_of(file, content, word);
        if (pair.value == NULL && list.count == 0) {
            vec_free(&list);
            return split_spaced(file, instruction, rest, err);
        }
        if (pair.value == NULL)
            ok = dockerfile_fail(
                file, pair.range.begin, err,
                "Syntax error - can't find = in \"%.100s\". Must be of the form: name=value",
                content);
        *vec_push(&list) = pair;
    }
    keep_pairs(file, instruction, &list);
    return ok;
}

/* ---- flags ---- */

/* A byte, as BuildKit writes it: one above 0x7F becomes the Latin-1 character of that number. */
static void add_byte(struct text *text, char byte)
{
    unsigned char value = (unsigned char)byte;
    char two[2] = {(char)(0xC0 | value >> 6), (char)(0x80 | (value & 0x3F))};
    if (value < 0x80)
        text_add(text, &byte, 1);
    else
        text_add(text, two, 2);
}

static bool ends_flag(char byte)
{
    return is_blank(byte) || byte == '\n' || byte == '\x85' || byte == '\xA0';
}

/* One flag, its quotes and escapes resolved. */
static const char *take_flag(struct dockerfile *file, struct slice *rest)
{
    const char *text = rest->line->text;
    struct text kept = {0};
    size_t at = rest->begin;
    for (char quote = '\0'; at < rest->end && (quote != '\0' || !ends_flag(text[at])); at++) {
        char c = text[at];
        if (quote == '\0' ? c == '\'' || c == '"' : c == quote) {
            quote = quote == '\0' ? c : '\0';
            continue;
        }
        if (c == file->escape && ++at == rest->end)
            break;
        add_byte(&kept, text[at]);
    }
    rest->begin = at;
    const char *flag = text_keep(&kept, &file->arena);
    vec_free(&kept);
    return flag;
}

void arguments_take_flags(struct dockerfile *file, struct instruction *instruction,
                          struct slice *rest)
{
    const char *text = rest->line->text;
    struct VEC(struct flag) flags = {0};
    for (;;) {
        while (rest->begin < rest->end && ends_flag(text[rest->begin]))
            rest->begin++;
        if (rest->end - rest->begin < 2 || strncmp(text + rest->begin, "--", 2) != 0)
            break;
        struct slice slice = *rest;
        const char *flag = take_flag(file, rest);
        slice.end = rest->begin;
        if (strcmp(flag, "--") == 0)
            break;
        const char *equals = strchr(flag, '=');
        size_t length = equals != NULL ? (size_t)(equals - flag) : strlen(flag);
        *vec_push(&flags) =
            (struct flag){arena_copy(&file->arena, flag + 2, length - 2),
                          equals != NULL ? equals + 1 : NULL, slice_range(file, slice)};
    }
    instruction->flags = arena_array(&file->arena, flags.count, sizeof *flags.at);
    instruction->flag_count = flags.count;
    if (flags.count != 0)
        memcpy(instruction->flags, flags.at, flags.count * sizeof *flags.at);
    vec_free(&flags);
}

bool arguments_split(struct dockerfile *file, struct instruction *instruction, enum shape shape,
                     struct slice rest, struct err *err)
{
    struct argument_list list = {0};
    switch (shape) {
    case SHAPE_COMMAND:
        return split_command(file, instruction, &list, rest, err);
    case SHAPE_LIST:
        return split_list(file, instruction, rest, err);
    case SHAPE_TYPE:
        return split_type(file, instruction, rest, err);
    case SHAPE_PAIRS:
        return split_pairs(file, instruction, rest, err);
    case SHAPE_WORDS:
        split_words(file, instruction, rest);
        return true;
    case SHAPE_FIELDS:
        split_fields(file, instruction, rest);
        return true;
    case SHAPE_TEXT:
        take_text(file, &list, rest);
        keep_arguments(file, instruction, &list);
        return true;
    case SHAPE_TRIGGER:
        break;
    }
    return true;
}
