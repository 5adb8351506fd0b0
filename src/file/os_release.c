#include "file/os_release.h"

#include <string.h>

enum { LARGEST = 64 << 10 };

/* The value of `line`, NAME=value, without its quotes. */
static const char *value(const char *line, struct arena *arena)
{
    const char *start = strchr(line, '=') + 1;
    size_t length = strcspn(start, "\n");
    while (length > 0 && strchr(" \t\r", start[length - 1]) != NULL)
        length--;
    if (length >= 2 && (*start == '"' || *start == '\'') && start[length - 1] == *start)
        return arena_copy(arena, start + 1, length - 2);
    return arena_copy(arena, start, length);
}

void os_release_read(struct facts *facts, struct arena *arena, struct os_release *os)
{
    const struct {
        const char *name;
        const char **field;
    } rows[] = {{"ID=", &os->id},
                {"ID_LIKE=", &os->id_like},
                {"VERSION_ID=", &os->version_id},
                {"VERSION_CODENAME=", &os->codename}};
    *os = (struct os_release){0};
    const char *text = facts_text_at(facts, "/etc/os-release", LARGEST, arena);
    if (text == NULL)
        text = facts_text_at(facts, "/usr/lib/os-release", LARGEST, arena);
    for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
        line += *line == '\n';
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
            if (strncmp(line, rows[i].name, strlen(rows[i].name)) == 0)
                *rows[i].field = value(line, arena);
    }
}
