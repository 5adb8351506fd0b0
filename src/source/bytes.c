#include <stdlib.h>
#include <sys/mman.h>

#include "source/source.h"

void file_bytes_release(struct file_bytes *bytes)
{
    if (bytes->map != NULL)
        munmap(bytes->map, bytes->span.size);
    free(bytes->heap);
    *bytes = (struct file_bytes){0};
}
