/* PostgreSQL's configuration (src/backend/utils/misc/guc-file.l, utils/init/miscinit.c): of each
 * setting the last line counts. shared_preload_libraries are loaded in their order when the server
 * starts, local_ and session_preload_libraries with each session, all others when a function of
 * theirs is called. */
#include <string.h>
#include <strings.h>

#include "plugin/order_reading.h"

static const char *const settings[] = {"shared_preload_libraries", "session_preload_libraries",
                                       "local_preload_libraries"};
enum { SETTINGS = sizeof settings / sizeof *settings };

/* What one line says: "key = value" or "key value", the value without quotes and what follows it;
 * false: nothing. */
static bool split(char *line, char **key, char **value)
{
    *key = line + strspn(line, " \t");
    size_t length = strcspn(*key, " \t=\r");
    if (**key == '#' || length == 0)
        return false;
    char *rest = *key + length;
    rest += strspn(rest, " \t");
    rest += *rest == '=';
    rest += strspn(rest, " \t");
    bool quoted = *rest == '\'';
    *value = rest + quoted;
    size_t end = strcspn(*value, quoted ? "'" : "# \t\r");
    (*key)[length] = 0;
    (*value)[end] = 0;
    return true;
}

static const char *beside(struct reading *reading, const char *file)
{
    return *file == '/' ? file : arena_format(reading->arena, "%s/%s", reading->folder, file);
}

static void read_file(struct reading *reading, const char *path);

static void read_conf(struct reading *reading, const char *path)
{
    size_t length = strlen(path);
    if (length > 5 && strcmp(path + length - 5, ".conf") == 0)
        read_file(reading, path);
}

static void take_line(struct reading *reading, const char *key, const char *value, const char *file,
                      unsigned number)
{
    for (unsigned i = 0; i < SETTINGS; i++)
        if (strcasecmp(key, settings[i]) == 0)
            reading->settings[i] =
                (struct setting){arena_string(reading->arena, value), file, number};
    if (strcasecmp(key, "include") == 0 || strcasecmp(key, "include_if_exists") == 0)
        reading_each(reading, beside(reading, value), read_file);
    if (strcasecmp(key, "include_dir") == 0)
        reading_each(reading, beside(reading, value), read_conf);
}

static void read_file(struct reading *reading, const char *path)
{
    char *text = reading_text(reading, path), *rest = text, *key, *value;
    for (unsigned number = 1; rest != NULL; number++) {
        char *line = rest, *end = strchr(line, '\n');
        rest = end != NULL ? end + 1 : NULL;
        if (end != NULL)
            *end = 0;
        if (split(line, &key, &value))
            take_line(reading, key, value, path, number);
    }
}

/* Names apart by commas, in double quotes or not, with ".so" or without. */
static void add_libraries(struct reading *reading, const struct setting *setting)
{
    static const char libdir[] = "$libdir/";
    const char *at = setting->value;
    while (at != NULL && *(at += strspn(at, " \t,\"")) != 0) {
        size_t length = strcspn(at, ",\" \t");
        const char *name = arena_copy(reading->arena, at, length);
        at += length;
        if (strncmp(name, libdir, sizeof libdir - 1) == 0)
            name += sizeof libdir - 1;
        const struct node *node =
            reading_node(reading, arena_format(reading->arena, "%s.so", name));
        reading_add(reading, node != NULL ? node : reading_node(reading, name), setting->file,
                    setting->line);
    }
}

void reading_postgres(struct reading *reading, const char *path)
{
    read_file(reading, path);
    for (unsigned i = 0; i < SETTINGS; i++)
        add_libraries(reading, &reading->settings[i]);
}
