/* Notes of the UAPI Group's "ELF dlopen metadata": a JSON array, of each library that is opened its
 * names, of which one serves, the feature that needs it, and how much depends on it. */
#include "replay/opens.h"

#include <jansson.h>
#include <string.h>

enum { MOST_NAMES = 64 }; /* of one note, and of its alternatives */

struct opening {
    struct replay *replay;
    open_search *search;
    void *loader;
};

static enum open_priority priority_of(const json_t *entry)
{
    const char *text = json_string_value(json_object_get(entry, "priority"));
    if (text != NULL && strcmp(text, "required") == 0)
        return OPEN_REQUIRED;
    if (text != NULL && strcmp(text, "suggested") == 0)
        return OPEN_SUGGESTED;
    return OPEN_RECOMMENDED; /* what it is where none is given */
}

static void add_event(const struct opening *opening, int by, const char *name, const char *path,
                      const char *purpose, enum open_priority priority)
{
    struct event *event = replay_event(opening->replay, EV_OPENS);
    event->by = by;
    event->name = name;
    event->path = path;
    event->origin = purpose;
    event->number = priority;
}

/* The first of its names that is found decides. */
static void open_entry(const struct opening *opening, int by, const json_t *entry)
{
    struct arena *arena = opening->replay->arena;
    const json_t *names = json_object_get(entry, "soname");
    const char *first = NULL, *path = NULL;
    for (size_t i = 0; path == NULL && i < json_array_size(names) && i < MOST_NAMES; i++) {
        const char *name = arena_string(arena, json_string_value(json_array_get(names, i)));
        if (name == NULL || *name == 0)
            continue;
        path = opening->search(opening->loader, by, name);
        first = first == NULL || path != NULL ? name : first;
    }
    const char *purpose = json_string_value(json_object_get(entry, "description"));
    if (purpose == NULL)
        purpose = json_string_value(json_object_get(entry, "feature"));
    if (first != NULL)
        add_event(opening, by, first, path, arena_string(arena, purpose), priority_of(entry));
}

static void open_noted(const struct opening *opening, int by, const char *note)
{
    json_t *entries = json_loads(note, JSON_REJECT_DUPLICATES, NULL);
    for (size_t i = 0; i < json_array_size(entries) && i < MOST_NAMES; i++)
        open_entry(opening, by, json_array_get(entries, i));
    json_decref(entries);
}

void opens_replay(struct replay *replay, const struct process *process, bool dlopen,
                  open_search *search, void *loader)
{
    const struct opening opening = {replay, search, loader};
    for (size_t i = 0; i < replay->objects.count; i++) {
        const struct loaded *object = &replay->objects.at[i];
        bool before = dlopen && i != 0 && object->via == WILLRUN_VIA_LOADED;
        if (object->elf != NULL && object->elf->dlopen_note != NULL && !before)
            open_noted(&opening, (int)i, object->elf->dlopen_note);
    }
    for (const char *const *name = process->opens; name != NULL && *name != NULL; name++)
        add_event(&opening, 0, *name, search(loader, 0, *name), NULL, OPEN_UNKNOWN);
}
