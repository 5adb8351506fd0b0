#include "source/archive_open.h"

#include "base/must.h"

bool archive_open(struct archive *archive, archive_read_callback *read, void *context)
{
    archive_read_set_read_callback(archive, read);
    if (archive_read_set_callback_data(archive, context) != ARCHIVE_OK)
        must_have(NULL); /* there is no other reason */
    return archive_read_open1(archive) == ARCHIVE_OK;
}

static la_ssize_t give_all(struct archive *archive, void *context, const void **bytes)
{
    struct span *whole = context, given = *whole;
    (void)archive;
    *whole = (struct span){given.data + given.size, 0};
    *bytes = given.data;
    return (la_ssize_t)given.size;
}

bool archive_open_span(struct archive *archive, struct span *whole)
{
    return archive_open(archive, give_all, whole);
}
