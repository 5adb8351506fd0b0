/* The settings in force, as a configuration file has them, and where each came from. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/complain.h"
#include "cli/config_file.h"
#include "cli/options.h"
#include "cli/output.h"

enum { ORIGIN_COLUMN = 44 };

/* A scalar of YAML: plain where nothing in it can be taken for anything else. */
static size_t put_scalar(FILE *out, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./";
    size_t length = 0;
    bool quoted = *text == 0 || text[strspn(text, plain)] != 0;
    if (quoted)
        length += (size_t)fprintf(out, "\"");
    for (; *text != 0; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\')
            length += (size_t)fprintf(out, "\\%c", byte);
        else if (byte < ' ' || byte == 0x7f)
            length += (size_t)fprintf(out, "\\x%02x", byte);
        else
            length += (size_t)fprintf(out, "%c", byte);
    }
    if (quoted)
        length += (size_t)fprintf(out, "\"");
    return length;
}

static void put_origin(FILE *out, size_t column, const char *origin)
{
    fprintf(out, "%*s # %s\n", column < ORIGIN_COLUMN ? (int)(ORIGIN_COLUMN - column) : 0, "",
            origin);
}

static void put_list(FILE *out, const struct options *options, const struct option *option)
{
    bool named = false;
    for (size_t i = 0; i < options->settings.count; i++) {
        const struct setting *setting = &options->settings.at[i];
        if (setting->option != option)
            continue;
        if (!named)
            fprintf(out, "%s:\n", option->name);
        named = true;
        fputs("  - ", out);
        put_origin(out, 4 + put_scalar(out, setting->value), setting->origin);
    }
}

static void put_single(FILE *out, const struct options *options, const struct option *option)
{
    const char *value = NULL, *origin = NULL;
    for (size_t i = 0; i < options->settings.count; i++)
        if (options->settings.at[i].option == option) {
            value = options->settings.at[i].value;
            origin = options->settings.at[i].origin;
        }
    if (value == NULL && option->kind == OPTION_CHOICE) {
        const struct choice *choice;
        memcpy(&choice, (const char *)options + option->field, sizeof choice);
        value = choice != NULL ? choice->name : NULL;
        origin = "default";
    }
    if (value == NULL)
        return;
    size_t column = (size_t)fprintf(out, "%s: ", option->name);
    put_origin(out, column + put_scalar(out, value), origin);
}

static void put_acceptance(FILE *out, const struct willrun_acceptance *acceptance)
{
    const struct {
        const char *name, *value;
    } members[] = {{"rule", acceptance->rule},
                   {"path", acceptance->path},
                   {"object", acceptance->object},
                   {"reason", acceptance->reason},
                   {"expires", acceptance->expires}};
    for (size_t i = 0; i < sizeof members / sizeof *members; i++) {
        if (members[i].value == NULL)
            continue;
        size_t column = (size_t)fprintf(out, "%s%s: ", i == 0 ? "  - " : "    ", members[i].name);
        column += put_scalar(out, members[i].value);
        if (i == 0)
            put_origin(out, column, acceptance->origin);
        else
            putc('\n', out);
    }
}

int cmd_config(const struct options *options)
{
    struct output output;
    if (options->paths.count != 0)
        return complain_usage("config", "it takes the options of check, and no PATH");
    if (!output_open(&output, NULL))
        return EXIT_TROUBLE;
    for (size_t i = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if ((option->commands & FOR_CHECK) == 0 || strcmp(option->name, "config") == 0 ||
            strcmp(option->name, "help") == 0)
            continue;
        (option->kind == OPTION_LIST ? put_list : put_single)(output.stream, options, option);
    }
    size_t count = options->file != NULL ? options->file->acceptances.count : 0;
    if (count != 0)
        fputs("accept:\n", output.stream);
    for (size_t i = 0; i < count; i++)
        put_acceptance(output.stream, &options->file->acceptances.at[i]);
    return output_keep(&output) ? EXIT_MET : EXIT_TROUBLE;
}
