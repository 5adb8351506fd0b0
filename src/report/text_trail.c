/* Where an object was looked for. */
#include <string.h>

#include "report/text_parts.h"
#include "willrun/willrun.h"

const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL && slash[1] != 0 ? slash + 1 : path;
}

const struct willrun_object *missing_object(const struct willrun_subject *subject, const char *name)
{
    for (size_t i = 0; name != NULL && i < subject->object_count; i++) {
        const struct willrun_object *object = &subject->objects[i];
        if (object->path == NULL && object->name != NULL && strcmp(object->name, name) == 0)
            return object;
    }
    return NULL;
}

static const char *via_text(enum willrun_via via)
{
    const char *name = willrun_via_name(via);
    return name != NULL ? name : "";
}

static unsigned via_columns(const struct willrun_object *object)
{
    size_t most = object->path != NULL ? strlen(via_text(object->via)) : 0;
    for (size_t i = 0; i < object->trail_count; i++) {
        size_t length = strlen(via_text(object->trail[i].via));
        most = length > most ? length : most;
    }
    return (unsigned)most;
}

static void write_step(const struct screen *screen, unsigned columns, enum willrun_via via,
                       const char *path, enum paint paint, const char *outcome)
{
    fputs("        ", screen->out);
    screen_put(screen, PAINT_DIM, via_text(via));
    screen_pad(screen, columns - (unsigned)strlen(via_text(via)) + 2);
    screen_put(screen, PAINT_NONE, path);
    fputs(": ", screen->out);
    screen_put(screen, paint, outcome);
    putc('\n', screen->out);
}

void text_trail(const struct screen *screen, const struct willrun_object *object, size_t most)
{
    unsigned columns = via_columns(object);
    size_t shown = most != 0 && object->trail_count > most ? most : object->trail_count;
    for (size_t i = 0; i < shown; i++)
        write_step(screen, columns, object->trail[i].via, object->trail[i].path, PAINT_DIM,
                   object->trail[i].outcome);
    if (shown < object->trail_count)
        fprintf(screen->out, "        %s and %zu more (see --why)\n",
                screen_mark(screen, "…", "..."), object->trail_count - shown);
}

static void write_why(const struct screen *screen, const struct willrun_object *object)
{
    fputs("    ", screen->out);
    screen_put(screen, PAINT_STRONG, object->name);
    if (object->needed_by != NULL) {
        fputs(", needed by ", screen->out);
        screen_put(screen, PAINT_NONE, object->needed_by);
    }
    fputs(", was looked for at:\n", screen->out);
    text_trail(screen, object, 0);
    if (object->path != NULL) {
        write_step(screen, via_columns(object), object->via, object->path, PAINT_GOOD,
                   object->via == WILLRUN_VIA_LOADED ? "loaded already" : "found");
    } else {
        screen_pad(screen, 8);
        screen_put(screen, PAINT_BAD, "not found");
        putc('\n', screen->out);
    }
}

static bool is_named(const struct willrun_object *object, const char *name)
{
    return (object->name != NULL &&
            (strcmp(object->name, name) == 0 || strcmp(last_part(object->name), name) == 0)) ||
           (object->path != NULL &&
            (strcmp(object->path, name) == 0 || strcmp(last_part(object->path), name) == 0));
}

size_t text_why(const struct screen *screen, const struct willrun_subject *subject)
{
    size_t count = 0;
    const char *name = screen->style->why;
    for (size_t i = 0; name != NULL && i < subject->object_count; i++) {
        if (!is_named(&subject->objects[i], name))
            continue;
        write_why(screen, &subject->objects[i]);
        count++;
    }
    return count;
}
