#include "cli/config_file.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

enum { SIZE_MOST = 1 << 20 }; /* of the file, bytes */

struct reader {
    struct config *config;
    const char *path;
    yaml_document_t *document;
    char *problem;
    size_t problem_size;
};

/* "FILE:LINE:COLUMN: sentence"; returns false. */
__attribute__((format(printf, 3, 4))) static bool wrong(struct reader *reader, yaml_mark_t mark,
                                                        const char *format, ...)
{
    int length = snprintf(reader->problem, reader->problem_size, "%s:%zu:%zu: ", reader->path,
                          mark.line + 1, mark.column + 1);
    va_list args;
    va_start(args, format);
    if (length >= 0 && (size_t)length < reader->problem_size)
        vsnprintf(reader->problem + length, reader->problem_size - (size_t)length, format, args);
    va_end(args);
    return false;
}

static const char *origin_of(struct reader *reader, const yaml_node_t *node)
{
    return arena_format(&reader->config->arena, "%s:%zu", reader->path, node->start_mark.line + 1);
}

/* The text of a scalar; NULL where the node is none, or has a NUL in it. */
static const char *text_of(struct reader *reader, const yaml_node_t *node)
{
    if (node->type != YAML_SCALAR_NODE ||
        memchr(node->data.scalar.value, 0, node->data.scalar.length) != NULL)
        return NULL;
    return arena_copy(&reader->config->arena, (const char *)node->data.scalar.value,
                      node->data.scalar.length);
}

static yaml_node_t *node_at(const struct reader *reader, int index)
{
    return yaml_document_get_node(reader->document, index);
}

/* ---- accepted findings ---- */

static bool read_member(struct reader *reader, struct willrun_acceptance *acceptance,
                        const yaml_node_pair_t *pair)
{
    const yaml_node_t *key = node_at(reader, pair->key), *value = node_at(reader, pair->value);
    const struct {
        const char *name;
        const char **field;
    } fields[] = {{"rule", &acceptance->rule},
                  {"path", &acceptance->path},
                  {"object", &acceptance->object},
                  {"reason", &acceptance->reason},
                  {"expires", &acceptance->expires}};
    const char *name = text_of(reader, key);
    for (size_t i = 0; name != NULL && i < sizeof fields / sizeof *fields; i++) {
        if (strcmp(name, fields[i].name) != 0)
            continue;
        if (*fields[i].field != NULL)
            return wrong(reader, key->start_mark, "\"%s\" stands twice in one acceptance", name);
        *fields[i].field = text_of(reader, value);
        return (*fields[i].field != NULL && **fields[i].field != 0) ||
               wrong(reader, value->start_mark, "\"%s\" takes a text", name);
    }
    return wrong(reader, key->start_mark,
                 "an acceptance has rule, path, object, reason and expires, not \"%s\"",
                 name != NULL ? name : "");
}

static bool read_acceptance(struct reader *reader, const yaml_node_t *node)
{
    struct willrun_acceptance acceptance = {.origin = origin_of(reader, node)};
    if (node->type != YAML_MAPPING_NODE)
        return wrong(reader, node->start_mark,
                     "expected an acceptance: rule, path, object, reason, expires");
    for (const yaml_node_pair_t *pair = node->data.mapping.pairs.start;
         pair < node->data.mapping.pairs.top; pair++)
        if (!read_member(reader, &acceptance, pair))
            return false;
    if (acceptance.rule == NULL || acceptance.reason == NULL)
        return wrong(reader, node->start_mark, "an acceptance needs a %s",
                     acceptance.rule == NULL ? "rule" : "reason: why is it taken as it is?");
    *vec_push(&reader->config->acceptances) = acceptance;
    return true;
}

static bool read_acceptances(struct reader *reader, const yaml_node_t *node)
{
    if (node->type != YAML_SEQUENCE_NODE)
        return wrong(reader, node->start_mark, "\"accept\" takes a list of acceptances");
    for (const yaml_node_item_t *item = node->data.sequence.items.start;
         item < node->data.sequence.items.top; item++)
        if (!read_acceptance(reader, node_at(reader, *item)))
            return false;
    return true;
}

/* ---- options ---- */

static bool read_value(struct reader *reader, const char *key, const yaml_node_t *node)
{
    const char *value = text_of(reader, node);
    if (value == NULL)
        return wrong(reader, node->start_mark, "\"%s\" takes a text or a list of texts", key);
    *vec_push(&reader->config->values) = (struct config_value){key, value, origin_of(reader, node)};
    return true;
}

static bool read_pair(struct reader *reader, const yaml_node_pair_t *pair)
{
    const yaml_node_t *node = node_at(reader, pair->key), *value = node_at(reader, pair->value);
    const char *key = text_of(reader, node);
    if (key == NULL)
        return wrong(reader, node->start_mark, "expected an option's name");
    for (size_t i = 0; i < reader->config->values.count; i++)
        if (strcmp(reader->config->values.at[i].key, key) == 0)
            return wrong(reader, node->start_mark, "\"%s\" stands twice", key);
    if (strcmp(key, "accept") == 0)
        return read_acceptances(reader, value);
    if (value->type != YAML_SEQUENCE_NODE)
        return read_value(reader, key, value);
    for (const yaml_node_item_t *item = value->data.sequence.items.start;
         item < value->data.sequence.items.top; item++)
        if (!read_value(reader, key, node_at(reader, *item)))
            return false;
    return true;
}

static bool read_document(struct reader *reader)
{
    const yaml_node_t *top = yaml_document_get_root_node(reader->document);
    if (top == NULL)
        return true; /* nothing but comments */
    if (top->type != YAML_MAPPING_NODE)
        return wrong(reader, top->start_mark,
                     "expected options by their names, as in \"root: base:debian:12-slim\"");
    for (const yaml_node_pair_t *pair = top->data.mapping.pairs.start;
         pair < top->data.mapping.pairs.top; pair++)
        if (!read_pair(reader, pair))
            return false;
    return true;
}

static bool parse(struct reader *reader, const unsigned char *bytes, size_t size)
{
    yaml_parser_t parser;
    yaml_document_t document;
    if (yaml_parser_initialize(&parser) == 0) {
        snprintf(reader->problem, reader->problem_size, "%s: out of memory", reader->path);
        return false;
    }
    yaml_parser_set_input_string(&parser, bytes, size);
    bool read = yaml_parser_load(&parser, &document) != 0;
    if (read) {
        reader->document = &document;
        read = read_document(reader);
        reader->document = NULL;
        yaml_document_delete(&document);
    } else {
        wrong(reader, parser.problem_mark, "no YAML: %s",
              parser.problem != NULL ? parser.problem : "out of memory");
    }
    yaml_parser_delete(&parser);
    return read;
}

bool config_read(struct config *config, const char *path, char *problem, size_t problem_size)
{
    struct reader reader = {
        .config = config, .path = path, .problem = problem, .problem_size = problem_size};
    *config = (struct config){0};
    reader.path = arena_string(&config->arena, path);
    FILE *file = fopen(path, "re");
    unsigned char *bytes = arena_alloc(&config->arena, SIZE_MOST + 1);
    size_t size = file != NULL ? fread(bytes, 1, SIZE_MOST + 1, file) : 0;
    int error = file == NULL || ferror(file) ? errno : 0;
    if (file != NULL)
        fclose(file);
    if (error != 0)
        snprintf(problem, problem_size, "the configuration %s: %s", path, strerror(error));
    else if (size > SIZE_MOST)
        snprintf(problem, problem_size, "the configuration %s is larger than 1 MiB", path);
    else
        return parse(&reader, bytes, size);
    return false;
}

void config_free(struct config *config)
{
    vec_free(&config->values);
    vec_free(&config->acceptances);
    arena_free(&config->arena);
}
