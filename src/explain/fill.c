#include "explain/fill.h"

#include <string.h>

static char *append(char *text, size_t *length, const char *more, size_t size, struct arena *arena)
{
    char *longer = arena_alloc(arena, *length + size + 1);
    memcpy(longer, text, *length);
    memcpy(longer + *length, more, size);
    *length += size;
    return longer;
}

/* What stands for "{…}" at `text`, whose length is stored; NULL: it is no capture. */
static const char *value_of(const char *text, const char *const *at, size_t *taken, size_t *size)
{
    size_t end = strcspn(text, "}"), name = strcspn(text + 1, "|}");
    enum capture capture = capture_by_name(text + 1, name);
    if (text[end] != '}' || capture >= CAPTURES_KEPT)
        return NULL;
    *taken = end + 1;
    if (at[capture] != NULL) {
        *size = strlen(at[capture]);
        return at[capture];
    }
    bool otherwise = text[1 + name] == '|';
    *size = otherwise ? end - name - 2 : 0;
    return text + name + 2;
}

const char *fill(const char *text, const char *const *at, const char *target, struct arena *arena)
{
    static const char mark[] = "@TARGET";
    char *filled = arena_copy(arena, "", 0);
    size_t length = 0;
    while (*text != 0) {
        size_t taken = strcspn(text + 1, "{@") + 1, size = taken;
        const char *part = text;
        if (*text == '{' && (part = value_of(text, at, &taken, &size)) == NULL)
            part = text;
        else if (strncmp(text, mark, strlen(mark)) == 0) {
            part = target;
            size = strlen(target);
            taken = strlen(mark);
        }
        filled = append(filled, &length, part, size, arena);
        text += taken;
    }
    return filled;
}
