#include "source/notes.h"

#include <stdarg.h>

void notes_add(struct notes *notes, enum oddity kind, const char *path, const char *sentence, ...)
{
    if (notes->counts[kind]++ >= NOTES_MOST)
        return;
    va_list args;
    va_start(args, sentence);
    const char *text = arena_vformat(&notes->arena, sentence, args);
    va_end(args);
    *vec_push(&notes->list) = (struct source_note){kind, arena_string(&notes->arena, path), text};
}

void notes_free(struct notes *notes)
{
    arena_free(&notes->arena);
    vec_free(&notes->list);
}
