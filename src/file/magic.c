#include "file/magic.h"

#include <magic.h>
#include <pthread.h>

/* libmagic looks at the beginning alone for nearly all it knows. */
enum { LOOK_AT = 1 << 16 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* a magic_t serves one thread */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static magic_t database; /* NULL: cannot be loaded */

static void load_database(void)
{
    database = magic_open(MAGIC_NO_CHECK_COMPRESS | MAGIC_NO_CHECK_ELF);
    if (database == NULL || magic_load(database, NULL) == 0)
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
