#include "file/magic.h"

#include <magic.h>
#include <pthread.h>
#include <string.h>

#include "base/embedded.h"
#include "source/witness.h"

/* libmagic looks at the beginning alone for nearly all it knows. */
enum { LOOK_AT = 1 << 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* a magic_t serves one thread */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static magic_t database; /* NULL: cannot be loaded */

/* The database that the program carries, or else that of the system. */
static bool load(void)
{
    struct span carried = embedded_find("magic.mgc");
    void *buffers[] = {(void *)carried.data};
    size_t sizes[] = {carried.size};
    return carried.data != NULL ? magic_load_buffers(database, buffers, sizes, 1) == 0
                                : magic_load(database, NULL) == 0;
}

void magic_witness(void)
{
    struct arena arena = {0};
    const char *places = embedded_find("magic.mgc").data == NULL ? magic_getpath(NULL, 0) : NULL;
    while (places != NULL && *places != 0) {
        size_t length = strcspn(places, ":");
        const char *place = arena_copy(&arena, places, length);
        witness_file(place);
        witness_file(arena_format(&arena, "%s.mgc", place));
        places += length + (places[length] == ':');
    }
    arena_free(&arena);
}

static void load_database(void)
{
    database = magic_open(MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_ELF);
    if (database == NULL || load())
        return;
    magic_close(database);
    database = NULL;
}

const char *magic_name(struct span file, struct arena *arena)
{
    pthread_once(&once, load_database);
    if (database == NULL)
        return NULL;
    pthread_mutex_lock(&lock);
    const char *name = magic_buffer(database, file.data, file.size < LOOK_AT ? file.size : LOOK_AT);
    const char *copy = arena_string(arena, name);
    pthread_mutex_unlock(&lock);
    return copy;
}
