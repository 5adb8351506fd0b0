/* PHP's configuration (main/php_ini.c): php.ini, then the folder's *.ini in the order of their
 * names. All is read before any is loaded: first the Zend extensions, then the others
 * (php_ini_register_extensions). */
#include <string.h>

#include "plugin/order_reading.h"

/* What one line says: "key = value", the value without quotes and what follows it; false: nothing.
 */
static bool split(char *line, char **key, char **value)
{
    *key = line + strspn(line, " \t");
    char *equals = strchr(*key, '=');
    if (**key == ';' || **key == '[' || equals == NULL)
        return false;
    size_t length = strcspn(*key, " \t=");
    *value = equals + 1 + strspn(equals + 1, " \t");
    bool quoted = **value == '"' || **value == '\'';
    size_t end =
        quoted ? strcspn(*value + 1, **value == '"' ? "\"" : "'") : strcspn(*value, "; \t\r");
    *value += quoted;
    (*key)[length] = 0;
    (*value)[end] = 0;
    return true;
}

/* ext/standard/dl.c, php_load_extension: a path with a slash is taken as it is; else the file of
 * that name, else NAME.so in the folder of extensions. */
static const struct node *extension_node(struct reading *reading, const char *value)
{
    if (strchr(value, '/') != NULL)
        return reading_node(reading, value);
    if (reading->extensions == NULL)
        return NULL;
    const struct node *node =
        reading_node(reading, arena_format(reading->arena, "%s/%s", reading->extensions, value));
    return node != NULL ? node
                        : reading_node(reading, arena_format(reading->arena, "%s/%s.so",
                                                             reading->extensions, value));
}

static const char of_folder[] = "extension_dir";

static void take_line(struct reading *reading, char *line, const char *file, unsigned number,
                      const char *wanted)
{
    char *key, *value;
    if (!split(line, &key, &value))
        return;
    if (strcmp(key, wanted) != 0)
        return;
    if (strcmp(key, of_folder) == 0) {
        if (*value == '/')
            reading->extensions = arena_string(reading->arena, value);
        return;
    }
    reading->gap |= strstr(value, "${") != NULL;
    reading_add(reading, extension_node(reading, value), file, number);
}

/* What the file says of `wanted`. */
static void take_file(struct reading *reading, const char *file, const char *wanted)
{
    char *text = reading_text(reading, file), *rest = text;
    for (unsigned number = 1; rest != NULL; number++) {
        char *line = rest, *end = strchr(line, '\n');
        rest = end != NULL ? end + 1 : NULL;
        if (end != NULL)
            *end = 0;
        if (strncmp(line, "[PATH=", 6) == 0 || strncmp(line, "[HOST=", 6) == 0)
            return; /* for some requests alone */
        take_line(reading, line, file, number, wanted);
    }
}

static bool is_ini(const char *path)
{
    size_t length = strlen(path);
    return length > 4 && strcmp(path + length - 4, ".ini") == 0;
}

static void take_folder(struct reading *reading, const char *file)
{
    if (is_ini(file))
        take_file(reading, file, of_folder);
}

static void take_zend(struct reading *reading, const char *file)
{
    if (is_ini(file))
        take_file(reading, file, "zend_extension");
}

static void take_extension(struct reading *reading, const char *file)
{
    if (is_ini(file))
        take_file(reading, file, "extension");
}

void reading_php(struct reading *reading, const char *path)
{
    static const char *const mains[] = {"php-cli.ini", "php.ini"};
    reading_call *const passes[] = {take_folder, take_zend, take_extension};
    for (size_t pass = 0; pass < sizeof passes / sizeof *passes; pass++) {
        for (size_t i = 0; i < sizeof mains / sizeof *mains; i++) {
            const char *file = arena_format(reading->arena, "%s/%s", reading->folder, mains[i]);
            if (reading_node(reading, file) == NULL)
                continue;
            passes[pass](reading, file);
            break; /* the first that is there */
        }
        reading_each(reading, path, passes[pass]);
    }
}
